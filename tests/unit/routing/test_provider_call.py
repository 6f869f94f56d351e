"""What may be asked of the provider process, and what it refuses before anything is sent."""

from typing import Any

import pytest

from routing.domain.provider_call import CARRIED, LEFT_OUT, CallRefused, parse_call

HEADERS = {
    "x-orchestration-provider": "anthropic",
    "x-orchestration-base-url": "https://api.anthropic.com",
    "x-orchestration-api-key": "secret",
    "x-orchestration-model": "claude",
}
BODY: dict[str, Any] = {"model": "route", "messages": [{"role": "user", "content": "Hello"}]}


def test_the_provider_comes_from_the_headers_and_the_question_from_the_body() -> None:
    call = parse_call(HEADERS, {**BODY, "stream": True, "temperature": 0.5, "seed": 1})

    assert (call.provider, call.model, call.api_key, call.stream) == ("anthropic", "claude", "secret", True)
    assert call.parameters == {"messages": BODY["messages"], "temperature": 0.5}


@pytest.mark.parametrize("name", list(HEADERS))
def test_a_missing_header_is_refused(name: str) -> None:
    with pytest.raises(CallRefused):
        parse_call({**HEADERS, name: ""}, BODY)


@pytest.mark.parametrize("provider", ["openai", "bedrock", "ANTHROPIC"])
def test_only_kinds_that_need_the_process_are_served(provider: str) -> None:
    with pytest.raises(CallRefused, match="does not serve"):
        parse_call({**HEADERS, "x-orchestration-provider": provider}, BODY)


@pytest.mark.parametrize(
    "name", ["api_base", "api_key", "mock_response", "custom_llm_provider", "fallbacks", "extra_headers"]
)
def test_options_of_the_library_are_refused_as_parameters(name: str) -> None:
    with pytest.raises(CallRefused) as caught:
        parse_call(HEADERS, {**BODY, name: "x"})

    assert (caught.value.param, caught.value.code) == (name, "unsupported_parameter")


@pytest.mark.parametrize(("name", "value"), [("n", 2), ("logprobs", True), ("modalities", ["audio"]), ("audio", {})])
def test_what_would_change_the_form_of_the_answer_is_refused(name: str, value: object) -> None:
    with pytest.raises(CallRefused):
        parse_call(HEADERS, {**BODY, name: value})


@pytest.mark.parametrize(("name", "value"), [("n", 1), ("logprobs", False), ("store", True), ("stop", None)])
def test_defaults_and_what_has_no_meaning_there_are_left_out(name: str, value: object) -> None:
    assert name not in parse_call(HEADERS, {**BODY, name: value}).parameters


@pytest.mark.parametrize("url", ["http://example.com/a.png", "file:///etc/passwd", "", 7])
def test_an_image_this_process_would_have_to_fetch_is_refused(url: object) -> None:
    content = [{"type": "image_url", "image_url": {"url": url}}]

    with pytest.raises(CallRefused, match="https address"):
        parse_call(HEADERS, {"messages": [{"role": "user", "content": content}]})


@pytest.mark.parametrize("body", [[], None, {}, {"messages": []}, {"messages": "Hello"}])
def test_a_body_without_messages_is_refused(body: object) -> None:
    with pytest.raises(CallRefused):
        parse_call(HEADERS, body)


def test_no_parameter_is_both_carried_and_left_out() -> None:
    assert not CARRIED & LEFT_OUT

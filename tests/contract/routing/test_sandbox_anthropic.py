"""The official Anthropic client finds in the sandbox what it finds at Anthropic."""

from collections.abc import Iterator

import anthropic
import pytest

from tests.sandbox import SandboxServer

HELLO = [{"role": "user", "content": "Which branch approves a loan of 4 million?"}]
BALANCE = {
    "name": "balance",
    "input_schema": {"type": "object", "properties": {"account": {"type": "string"}}, "required": ["account"]},
}


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=sandbox.url, api_key="any", max_retries=0) as made:
        yield made


def test_a_plain_answer_has_anthropics_usage(client: anthropic.Anthropic, sandbox: SandboxServer):
    answer = client.messages.create(model="sandbox-small", messages=HELLO, max_tokens=100)

    assert answer.content[0].text.startswith("Sandbox answer")
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens == sandbox.counts("sandbox-small")["output_tokens"]


def test_a_stream_accumulates_to_the_plain_answer(client: anthropic.Anthropic):
    plain = client.messages.create(model="sandbox-small", messages=HELLO, max_tokens=100)
    with client.messages.stream(model="sandbox-small", messages=HELLO, max_tokens=100) as stream:
        streamed = stream.get_final_message()

    assert streamed.content[0].text == plain.content[0].text
    assert streamed.usage.output_tokens == plain.usage.output_tokens
    assert streamed.stop_reason == "end_turn"


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_used_with_input_that_fits_its_schema(client: anthropic.Anthropic, stream: bool):
    asked = {"model": "sandbox-small", "messages": HELLO, "max_tokens": 100, "tools": [BALANCE]}
    if stream:
        with client.messages.stream(**asked) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**asked)

    assert answer.stop_reason == "tool_use"
    assert answer.content[0].name == "balance"
    assert isinstance(answer.content[0].input["account"], str)


def test_cached_tokens_are_beside_the_input_tokens(client: anthropic.Anthropic):
    usage = client.messages.create(
        model="sandbox-cached-50+cachewrite-25", messages=[{"role": "user", "content": "x" * 400}], max_tokens=100
    ).usage

    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (25, 50, 25)


@pytest.mark.parametrize(
    ("status", "expected", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (413, anthropic.APIStatusError, "request_too_large"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (529, anthropic.APIStatusError, "overloaded_error"),
    ],
)
def test_a_failing_model_answers_its_status(client: anthropic.Anthropic, status: int, expected: type, kind: str):
    with pytest.raises(expected) as caught:
        client.messages.create(model=f"sandbox-fail-{status}", messages=HELLO, max_tokens=100)

    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == kind
    assert caught.value.request_id == caught.value.body["request_id"]


def test_an_error_event_breaks_a_stream(client: anthropic.Anthropic):
    with (
        pytest.raises(anthropic.APIStatusError, match="failed while it was answering"),
        client.messages.stream(model="sandbox-error-1", messages=HELLO, max_tokens=100) as stream,
    ):
        stream.get_final_message()


def test_a_wrong_key_is_refused(sandbox: SandboxServer):
    with (
        anthropic.Anthropic(base_url=sandbox.url, api_key="bad-key", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        client.messages.create(model="sandbox-small", messages=HELLO, max_tokens=100)
    assert sandbox.counts()["calls"] == 0


def test_a_prompt_beyond_the_window_is_refused_in_anthropics_words(client: anthropic.Anthropic):
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long: 11 tokens > 10 maximum"):
        client.messages.create(
            model="sandbox-context-10", messages=[{"role": "user", "content": "x" * 41}], max_tokens=9
        )


def test_tokens_are_counted_without_a_call(client: anthropic.Anthropic, sandbox: SandboxServer):
    counted = client.messages.count_tokens(model="sandbox-small", messages=[{"role": "user", "content": "x" * 41}])

    assert counted.input_tokens == 11
    assert sandbox.counts()["calls"] == 0

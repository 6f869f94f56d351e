"""A chat completion body at the edge: what is read from it, and how each fault is told in OpenAI's terms."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.features import extract_features
from routing.domain.types import InvalidRequest

SAY_HI: dict[str, Any] = {"model": "bank-chat", "messages": [{"role": "user", "content": "Hi"}]}
TOOL = {"type": "function", "function": {"name": "rate", "parameters": {"type": "object"}}}


def body(**changes: Any) -> dict[str, Any]:
    return {**SAY_HI, **changes}


def message(**fields: Any) -> dict[str, Any]:
    return {"messages": [fields]}


def parts(*items: Any) -> dict[str, Any]:
    return message(role="user", content=list(items))


def test_a_plain_body_asks_for_nothing_special() -> None:
    features = extract_features(SAY_HI)
    assert (features.model, features.stream, features.n, features.max_output_tokens) == ("bank-chat", False, 1, None)
    assert (features.has_tools, features.wants_json, features.has_images, features.unbounded) == (
        False,
        False,
        False,
        (),
    )


def test_null_counts_as_absent() -> None:
    nothing = dict.fromkeys(("stream", "n", "max_tokens", "tools", "tool_choice", "response_format", "stop", "user"))
    assert extract_features(body(**nothing)).input_tokens_bound == extract_features(SAY_HI).input_tokens_bound


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"stream": True, "stream_options": {"include_usage": True}}, "include_usage", True),
        ({"max_tokens": 5}, "max_output_tokens", 5),
        ({"max_completion_tokens": 7}, "max_output_tokens", 7),
        ({"n": 3}, "n", 3),
        ({"tools": [TOOL]}, "has_tools", True),
        ({"tools": []}, "has_tools", False),
        ({"functions": [{"name": "f"}]}, "has_tools", True),
        ({"response_format": {"type": "json_object"}}, "wants_json", True),
        ({"response_format": {"type": "text"}}, "wants_json", False),
        (parts({"type": "image_url", "image_url": {"url": "data:,"}}), "image_count", 1),
        (parts({"type": "image_url", "image_url": {"url": "data:,"}}), "unbounded", ("image",)),
        (parts({"type": "input_audio", "input_audio": {}}), "unbounded", ("audio",)),
        (parts({"type": "file", "file": {}}), "unbounded", ("file",)),
        ({"web_search_options": {}}, "unbounded", ("web_search",)),
        ({"service_tier": "priority"}, "unbounded", ("service_tier",)),
        ({"service_tier": "flex"}, "unbounded", ()),
        ({"modalities": ["text", "audio"]}, "unbounded", ("audio",)),
        ({"top_k": 40, "min_p": 0.1}, "n", 1),
    ],
)
def test_what_the_decision_needs_is_read(changes: dict[str, Any], field: str, expected: Any) -> None:
    assert getattr(extract_features(body(**changes)), field) == expected


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": 3}, "model", "invalid_type"),
        ({"model": ""}, "model", "invalid_value"),
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": "Hi"}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": ["Hi"]}, "messages[0]", "invalid_type"),
        (message(content="Hi"), "messages[0].role", "missing_required_parameter"),
        (message(role="boss", content="Hi"), "messages[0].role", "invalid_value"),
        (message(role=["user"], content="Hi"), "messages[0].role", "invalid_type"),
        (message(role="user"), "messages[0].content", None),
        (message(role="assistant", content=None), "messages[0].content", None),
        (message(role="user", content=7), "messages[0].content", "invalid_type"),
        (message(role="user", content=[]), "messages[0].content", "empty_array"),
        (message(role="user", content="Hi", colour="red"), "messages[0].colour", "unknown_parameter"),
        (message(role="user", content="Hi", name=1), "messages[0].name", "invalid_type"),
        (message(role="tool", content="1"), "messages[0].tool_call_id", "missing_required_parameter"),
        (parts("Hi"), "messages[0].content[0]", "invalid_type"),
        (parts({"text": "Hi"}), "messages[0].content[0].type", "missing_required_parameter"),
        (parts({"type": "video", "video": {}}), "messages[0].content[0].type", "invalid_value"),
        (parts({"type": "text"}), "messages[0].content[0].text", "missing_required_parameter"),
        (parts({"type": "text", "text": "a", "more": 1}), "messages[0].content[0].more", "unknown_parameter"),
        (parts({"type": "image_url", "image_url": {}}), "messages[0].content[0].image_url.url", "invalid_type"),
        ({"colour": "red"}, "colour", "unknown_parameter"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream": 1}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 129}, "n", "integer_above_max_value"),
        ({"n": True}, "n", "invalid_type"),
        ({"n": 1.0}, "n", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": "5"}, "max_tokens", "invalid_type"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_parameter_combination"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": float("nan")}, "temperature", "decimal_above_max_value"),
        ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
        ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
        ({"stop": [1]}, "stop[0]", "invalid_type"),
        ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ({"service_tier": "gold"}, "service_tier", "invalid_value"),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": [TOOL] * 129}, "tools", "array_above_max_length"),
        ({"tools": [{"type": "magic"}]}, "tools[0].type", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "missing_required_parameter"),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"tools": [TOOL], "tool_choice": "maybe"}, "tool_choice", "invalid_value"),
        ({"response_format": "json"}, "response_format", "invalid_type"),
        ({"response_format": {}}, "response_format.type", "missing_required_parameter"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
    ],
)
def test_a_fault_is_told_with_its_parameter_and_code(changes: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        extract_features(body(**changes))
    assert (caught.value.param, caught.value.code) == (param, code)
    assert caught.value.message


@pytest.mark.parametrize("source", [None, [], "Hi", 3])
def test_a_body_that_is_no_object_is_refused(source: Any) -> None:
    with pytest.raises(InvalidRequest):
        extract_features(source)


def test_an_assistant_that_called_a_tool_may_say_nothing() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "rate", "arguments": "{}"}}]
    turns = [
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "1", "content": "4"},
    ]
    assert extract_features(body(messages=turns)).messages == 2


def test_the_prompt_is_measured_only_where_the_route_needs_it() -> None:
    assert extract_features(SAY_HI).prompt is None
    assert extract_features(SAY_HI, difficulty=True).prompt is not None


def test_the_prompt_is_the_last_user_turn_without_reminders() -> None:
    said = {"role": "user", "content": [{"type": "text", "text": "<system-reminder>You are hard</system-reminder>Hi"}]}
    turns = [{"role": "user", "content": "A long first question, with many (many) parts."}, said]
    features = extract_features(body(messages=turns), difficulty=True)
    assert features.prompt == extract_features(SAY_HI, difficulty=True).prompt


def test_a_body_nested_too_deeply_is_a_bad_request() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(InvalidRequest):
        extract_features(body(response_format={"type": "json_schema", "json_schema": deep}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    name=st.sampled_from(["messages", "tools", "stop", "n", "response_format", "stream_options", "prediction"]),
    value=json_values,
)
def test_no_value_does_worse_than_a_bad_request(name: str, value: Any) -> None:
    with suppress(InvalidRequest):
        extract_features(body(**{name: value}), difficulty=True)


@given(json_values)
def test_no_message_does_worse_than_a_bad_request(value: Any) -> None:
    with suppress(InvalidRequest):
        extract_features(body(messages=[value, {"role": "user", "content": value}]))

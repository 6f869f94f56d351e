"""The upper bound of tokens is never below what a tokenizer can make of the text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.bounds import input_bound
from routing.domain.features import extract_features
from tests.unit.routing.deciding import request


def bound(*texts: str, **more: Any) -> int:
    messages = [{"role": "user", "content": text} for text in texts]
    found = input_bound(extract_features({"model": "m", "messages": messages, **more}))
    assert found is not None
    return found


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_every_byte_and_every_message_counts(texts: list[str]) -> None:
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    assert bound(*texts) >= size + 8 * len(texts)


@given(st.text(), st.text(min_size=1))
def test_more_text_never_lowers_the_bound(text: str, more: str) -> None:
    assert bound(text + more) > bound(text)


def test_text_in_parts_counts_like_text() -> None:
    parts = [{"type": "text", "text": "Xin "}, {"type": "text", "text": "chào"}]
    split = extract_features({"model": "m", "messages": [{"role": "user", "content": parts}]})
    assert split.input_tokens_bound == bound("Xin chào")


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "description": "é" * 50}}]},
        {"functions": [{"name": "f", "description": "x" * 100}]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x" * 100}}},
        {"chat_template_kwargs": {"persona": "x" * 100}},
    ],
)
def test_what_the_provider_renders_into_the_prompt_counts(more: dict[str, Any]) -> None:
    assert bound("Hi", **more) >= bound("Hi") + 300


def test_names_and_calls_of_earlier_turns_count() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "x" * 500}}
    turns = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "user", "content": "Hi", "name": "n" * 90},
    ]
    assert extract_features({"model": "m", "messages": turns}).input_tokens_bound > 590


def test_an_image_has_no_bound() -> None:
    assert input_bound(request(unbounded=("image",))) is None


@pytest.mark.parametrize(
    ("text", "low", "high"), [("word " * 400, 380, 600), ("Thành phố " * 100, 250, 600), ("汉字" * 200, 350, 700)]
)
def test_the_estimate_is_near_the_truth_and_below_the_bound(text: str, low: int, high: int) -> None:
    features = extract_features({"model": "m", "messages": [{"role": "user", "content": text}]})
    assert low <= features.input_tokens_estimate <= high
    assert features.input_tokens_estimate < features.input_tokens_bound

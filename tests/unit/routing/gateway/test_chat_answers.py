"""From a stream to a complete answer and back, for the cache."""

import json
from typing import Any

import pytest

from routing.gateway.chat_answers import answer_from_stream, stream_from_answer, usage_object
from routing.ports import UpstreamBroken

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CALL = {"id": "call_1", "type": "function", "function": {"name": "balance", "arguments": '{"account":7}'}}
MESSAGE = {"role": "assistant", "content": "Two words."}
TOOLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}


def answer(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [choice], "usage": USAGE}


@pytest.mark.parametrize("whole", [answer(MESSAGE), answer(TOOLS, "tool_calls")])
def test_an_answer_survives_being_streamed_and_put_together(whole: dict[str, Any]) -> None:
    events = stream_from_answer(json.dumps(whole).encode(), include_usage=True)

    again = answer_from_stream([events], USAGE)

    assert again is not None
    assert json.loads(again) == whole


def test_a_stream_of_pieces_is_put_together() -> None:
    pieces = ["Two ", "words."]
    chunks = [{"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    blocks = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]

    again = answer_from_stream(blocks, None)

    assert again is not None
    assert json.loads(again)["choices"][0]["message"]["content"] == "Two words."


def test_usage_is_streamed_only_if_asked_for() -> None:
    events = stream_from_answer(json.dumps(answer(MESSAGE)).encode(), include_usage=False)

    assert b"usage" not in events
    assert events.endswith(b"data: [DONE]\n\n")


def test_a_stream_without_output_is_not_kept() -> None:
    assert answer_from_stream([b"data: [DONE]\n\n"], None) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error":{"message":"no"}}', b'{"choices":7}'])
def test_what_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        usage_object(body)

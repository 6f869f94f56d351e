"""Streams on their way through: complete events only, usage taken out or left in, the end and errors noticed."""

import json
from typing import Any

import pytest

from routing.gateway.stream import DONE, ChatStream
from routing.ports import UpstreamBroken


def event(**chunk: Any) -> bytes:
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


ROLE = event(**delta(role="assistant", content=""))
WORD = event(**delta(content="word"))
STOP = event(**delta("stop"))
USAGE = event(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 2})
WHOLE = ROLE + WORD + STOP + USAGE + DONE


def test_a_stream_passes_unchanged_but_for_the_usage_nobody_asked_for() -> None:
    stream = ChatStream(wants_usage=False)

    assert stream.feed(WHOLE) == ROLE + WORD + STOP + DONE
    assert stream.done
    assert stream.usage == {"prompt_tokens": 3, "completion_tokens": 2}


def test_usage_stays_for_a_client_that_asked() -> None:
    assert ChatStream(wants_usage=True).feed(WHOLE) == WHOLE


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_however_the_bytes_arrive_the_client_gets_the_same(size: int) -> None:
    stream = ChatStream(wants_usage=False)

    passed = [stream.feed(WHOLE[start : start + size]) for start in range(0, len(WHOLE), size)]

    assert b"".join(passed) == ROLE + WORD + STOP + DONE
    assert all(part.endswith(b"\n\n") for part in passed if part)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_other_line_ends_mean_the_same(size: int) -> None:
    source = WHOLE.replace(b"\n", b"\r\n")
    stream = ChatStream(wants_usage=False)

    passed = [stream.feed(source[start : start + size]) for start in range(0, len(source), size)]

    assert b"".join(passed) == ROLE + WORD + STOP + DONE


def test_null_usage_on_every_chunk_is_taken_out_unless_asked_for() -> None:
    word = event(**delta(content="word"), usage=None)

    assert ChatStream(wants_usage=False).feed(word) == WORD
    assert ChatStream(wants_usage=True).feed(word) == word


def test_text_that_looks_like_usage_is_text() -> None:
    word = event(**delta(content='{"usage":null,"error":1} [DONE]'))
    stream = ChatStream(wants_usage=False)

    assert stream.feed(word + WORD) == word + WORD
    assert not stream.done
    assert stream.error is None


def test_usage_on_a_chunk_with_output_is_noted_and_the_chunk_kept() -> None:
    last = event(**delta("stop"), usage={"prompt_tokens": 1, "completion_tokens": 1})
    stream = ChatStream(wants_usage=False)

    assert stream.feed(last) == last
    assert stream.usage == {"prompt_tokens": 1, "completion_tokens": 1}


def test_the_opening_role_is_no_output_yet() -> None:
    stream = ChatStream(wants_usage=False)

    stream.feed(b": waiting\n\n" + ROLE)
    assert not stream.started
    stream.feed(WORD)
    assert stream.started


def test_a_tool_call_is_output() -> None:
    stream = ChatStream(wants_usage=False)
    stream.feed(event(**delta(tool_calls=[{"index": 0, "function": {"name": "balance", "arguments": ""}}])))

    assert stream.started


def test_an_error_inside_the_stream_is_kept_back_and_ends_it() -> None:
    stream = ChatStream(wants_usage=False)

    assert stream.feed(WORD + event(error={"message": "boom"}) + WORD + DONE) == WORD
    assert stream.error == {"message": "boom"}
    assert not stream.done


def test_what_is_no_chunk_breaks_the_stream() -> None:
    with pytest.raises(UpstreamBroken):
        ChatStream(wants_usage=False).feed(b"data: <html>\n\n")


def test_an_endless_event_breaks_the_stream() -> None:
    stream = ChatStream(wants_usage=False)

    stream.feed(b"x" * 8 * 1024 * 1024)

    with pytest.raises(UpstreamBroken, match="too large"):
        stream.feed(b"x")

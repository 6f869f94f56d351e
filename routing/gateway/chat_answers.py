"""Complete chat answers: what is read from one, and its conversion from and to a stream for the cache. Pure."""

from collections.abc import Iterable
from typing import Any

import msgspec

from routing.gateway.stream import DONE
from routing.ports import UpstreamBroken

_encode = msgspec.json.Encoder().encode
_decode_any = msgspec.json.Decoder().decode


class _Answer(msgspec.Struct):
    choices: list[msgspec.Raw]
    usage: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def usage_object(body: bytes) -> dict[str, Any] | None:
    """The usage object of a complete answer; UpstreamBroken when the body is no answer at all."""
    try:
        return _decode(body).usage
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UpstreamBroken("the answer is not a chat completion") from error


def answer_from_stream(blocks: Iterable[bytes], usage: dict[str, Any] | None) -> bytes | None:
    """The answer that the events of a finished stream add up to; None when one of them has a form we do not know."""
    answer: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    try:
        for chunk in _chunks(blocks):
            for name, value in chunk.items():
                if name not in ("choices", "usage", "obfuscation"):
                    answer.setdefault(name, value)
            for part in chunk.get("choices", ()):
                _merge_choice(choices.setdefault(part.get("index", 0), _new_choice(part)), part)
    except (msgspec.DecodeError, TypeError, KeyError, AttributeError, IndexError):
        return None
    if not choices:
        return None
    answer["object"] = "chat.completion"
    answer["choices"] = [choices[index] for index in sorted(choices)]
    if usage is not None:
        answer["usage"] = usage
    return _encode(answer)


def _chunks(blocks: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    for block in blocks:
        for event in block.split(b"\n\n"):
            data = b"".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
            if data and data != b"[DONE]":
                yield _decode_any(data)


def _new_choice(part: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": None}
    return {"index": part.get("index", 0), "message": message, "logprobs": None, "finish_reason": None}


def _merge_choice(choice: dict[str, Any], part: dict[str, Any]) -> None:
    if part.get("finish_reason"):
        choice["finish_reason"] = part["finish_reason"]
    if part.get("logprobs"):
        _merge_logprobs(choice, part["logprobs"])
    for name, value in (part.get("delta") or {}).items():
        if name == "tool_calls":
            _merge_tools(choice["message"].setdefault("tool_calls", []), value)
        elif isinstance(value, str) and name != "role":
            choice["message"][name] = (choice["message"].get(name) or "") + value
        elif value is not None:
            choice["message"][name] = value


def _merge_logprobs(choice: dict[str, Any], part: dict[str, Any]) -> None:
    merged = choice["logprobs"] = choice["logprobs"] or {}
    for name, values in part.items():
        merged[name] = (merged.get(name) or []) + values if isinstance(values, list) else merged.get(name)


def _merge_tools(calls: list[dict[str, Any]], parts: list[dict[str, Any]]) -> None:
    for part in parts:
        while len(calls) <= part["index"]:
            calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call = calls[part["index"]]
        call["id"] = part.get("id") or call["id"]
        function = part.get("function") or {}
        call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""


def stream_from_answer(body: bytes, *, include_usage: bool) -> bytes:
    """The events of a stream that delivers a complete answer: one chunk a choice, its end, the usage if asked for."""
    answer = _decode_any(body)
    head = {name: value for name, value in answer.items() if name not in ("choices", "usage", "object")}
    head["object"] = "chat.completion.chunk"
    null = {"usage": None} if include_usage else {}
    events = []
    for choice in answer["choices"]:
        for part in _choice_parts(choice):
            events.append(_event(head | {"choices": [part]} | null))
    if include_usage:
        events.append(_event(head | {"choices": [], "usage": answer.get("usage")}))
    return b"".join([*events, DONE])


def _choice_parts(choice: dict[str, Any]) -> list[dict[str, Any]]:
    delta = {name: value for name, value in choice["message"].items() if value is not None}
    for index, call in enumerate(delta.get("tool_calls") or ()):
        call["index"] = index
    opening = {"index": choice["index"], "delta": delta, "logprobs": choice.get("logprobs"), "finish_reason": None}
    return [opening, opening | {"delta": {}, "logprobs": None, "finish_reason": choice.get("finish_reason")}]


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + _encode(chunk) + b"\n\n"

"""Answers of the provider library in the exact shape of OpenAI's chat completions."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Json = dict[str, Any]

_MESSAGE_FIELDS: Final = ("role", "content", "refusal", "tool_calls", "reasoning_content", "thinking_blocks")
_HEAD_FIELDS: Final = ("id", "created", "model", "system_fingerprint")


def completion(answer: Mapping[str, Any]) -> Json:
    """A complete answer."""
    return {
        **_head(answer),
        "object": "chat.completion",
        "choices": [_choice(choice, "message") for choice in answer["choices"]],
        "usage": usage(answer.get("usage")),
    }


def chunk(answer: Mapping[str, Any]) -> Json:
    """One part of a streamed answer; usage comes in a chunk of its own."""
    choices = [_choice(choice, "delta") for choice in answer["choices"]]
    return {**_head(answer), "object": "chat.completion.chunk", "choices": choices, "usage": None}


def says_something(made: Mapping[str, Any]) -> bool:
    """Whether a chunk carries more than its head."""
    return any(choice["delta"] or choice["finish_reason"] for choice in made["choices"])


def usage_chunk(last: Mapping[str, Any], used: Mapping[str, Any]) -> Json:
    """The chunk without choices that ends a stream."""
    return {**_head(last), "object": "chat.completion.chunk", "choices": [], "usage": usage(used)}


def usage(used: Mapping[str, Any] | None) -> Json | None:
    """The usage with all details the provider gave, absent ones left out."""
    if used is None:
        return None
    return {
        name: _present(value.items()) if isinstance(value, Mapping) else value
        for name, value in used.items()
        if value is not None
    }


def _head(answer: Mapping[str, Any]) -> Json:
    return _present((name, answer.get(name)) for name in _HEAD_FIELDS)


def _choice(choice: Mapping[str, Any], member: str) -> Json:
    spoken = choice.get(member) or {}
    said = {name: spoken[name] for name in _MESSAGE_FIELDS if spoken.get(name) is not None}
    if member == "message":
        said = {"role": "assistant", "content": None, "refusal": None} | said
    if said.get("tool_calls"):
        said["tool_calls"] = [_tool_call(call, whole=member == "message") for call in said["tool_calls"]]
    return {
        "index": choice.get("index", 0),
        member: said,
        "logprobs": None,
        "finish_reason": choice.get("finish_reason"),
    }


def _tool_call(call: Mapping[str, Any], *, whole: bool) -> Json:
    function = _present((call.get("function") or {}).items())
    made = _present((name, call.get(name)) for name in ("index", "id", "type"))
    if whole:
        made.pop("index", None)
    elif "id" not in made:
        made.pop("type", None)
    return {**made, "function": function}


def _present(pairs: Iterable[tuple[str, Any]]) -> Json:
    return {name: value for name, value in pairs if value is not None}

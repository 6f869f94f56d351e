"""The messages of a chat completion: their shape, their text for the token bound, and the last thing the user said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.domain.bounds import TextMeter
from routing.domain.parameters import ARRAY, OBJECT, TEXT, missing, unknown, wrong_type, wrong_value
from routing.domain.types import InvalidRequest

ROLES: Final = ("system", "assistant", "user", "function", "tool", "developer")
PART_TYPES: Final = ("text", "image_url", "input_audio", "file", "refusal")
MAX_MESSAGES: Final = 10_000

_TEXT_FIELDS: Final = frozenset({"name", "refusal", "reasoning_content", "reasoning", "tool_call_id"})
_DATA_FIELDS: Final = frozenset({"tool_calls", "function_call"})
_SILENT_FIELDS: Final = frozenset({"role", "content", "cache_control", "annotations", "audio"})
_REMINDER: Final = ("<system-reminder>", "</system-reminder>")


@dataclass(slots=True)
class Conversation:
    """What was met while the messages were read."""

    count: int = 0
    images: int = 0
    audio: int = 0
    files: int = 0
    last_user: Any = None

    @property
    def last_user_text(self) -> str:
        """The text of the last user turn, without the reminders that agents paste into it."""
        content = self.last_user
        if isinstance(content, list):
            content = "\n".join(part["text"] for part in content if part["type"] == "text")
        return _without_reminders(content or "")


def read_messages(messages: Any, meter: TextMeter) -> Conversation:
    """Check every message and count its text, or raise InvalidRequest naming the first fault."""
    if messages is None:
        raise missing("messages")
    if not messages:
        text = "empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise InvalidRequest(f"Invalid 'messages': {text}", "messages", "empty_array")
    if len(messages) > MAX_MESSAGES:
        text = f"array too long. Expected an array with maximum length {MAX_MESSAGES}."
        raise InvalidRequest(f"Invalid 'messages': {text}", "messages", "array_above_max_length")
    conversation = Conversation(count=len(messages))
    for index, message in enumerate(messages):
        _read_message(message, index, conversation, meter)
    return conversation


def _read_message(message: Any, index: int, conversation: Conversation, meter: TextMeter) -> None:
    if type(message) is not dict:
        raise wrong_type(f"messages[{index}]", "an object", message)
    role, content = message.get("role"), message.get("content")
    if role is None:
        raise missing(f"messages[{index}].role")
    if role not in ROLES:
        TEXT(role, f"messages[{index}].role")
        raise wrong_value(f"messages[{index}].role", role, ROLES)
    if type(content) is str:
        meter.text(content)
    elif content is None:
        _require_substitute(message, role, index)
    else:
        _read_parts(content, f"messages[{index}].content", conversation, meter)
    if role == "user":
        conversation.last_user = content
    if len(message) > 2:
        _read_fields(message, f"messages[{index}]", conversation, meter)
    if role == "tool" and message.get("tool_call_id") is None:
        raise missing(f"messages[{index}].tool_call_id")


def _require_substitute(message: Mapping[str, Any], role: str, index: int) -> None:
    """Only an assistant may say nothing, and only where it called a tool, refused or spoke."""
    if role == "assistant" and any(message.get(name) for name in ("tool_calls", "function_call", "refusal", "audio")):
        return
    param = f"messages[{index}].content"
    raise InvalidRequest("Invalid value for 'content': expected a string, got null.", param, None)


def _read_fields(message: Mapping[str, Any], path: str, conversation: Conversation, meter: TextMeter) -> None:
    for name, value in message.items():
        if name in _SILENT_FIELDS:
            conversation.audio += name == "audio" and value is not None
        elif name in _TEXT_FIELDS:
            if value is not None:
                TEXT(value, f"{path}.{name}")
                meter.text(value)
        elif name in _DATA_FIELDS:
            if value is not None:
                _check_calls(value, f"{path}.{name}")
                meter.data(value)
        else:
            raise unknown(f"{path}.{name}")


def _check_calls(value: Any, path: str) -> None:
    if path.endswith("function_call"):
        OBJECT(value, path)
        return
    ARRAY(value, path)
    for index, call in enumerate(value):
        OBJECT(call, f"{path}[{index}]")
        if call.get("id") is None:
            raise missing(f"{path}[{index}].id")


def _read_parts(parts: Any, path: str, conversation: Conversation, meter: TextMeter) -> None:
    if type(parts) is not list:
        raise wrong_type(path, "a string or an array of objects", parts)
    if not parts:
        text = "empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise InvalidRequest(f"Invalid '{path}': {text}", path, "empty_array")
    for index, part in enumerate(parts):
        _read_part(part, f"{path}[{index}]", conversation, meter)


def _read_part(part: Any, path: str, conversation: Conversation, meter: TextMeter) -> None:
    OBJECT(part, path)
    kind = part.get("type")
    if kind is None:
        raise missing(f"{path}.type")
    if kind not in PART_TYPES:
        TEXT(kind, f"{path}.type")
        raise wrong_value(f"{path}.type", kind, PART_TYPES)
    for name in part:
        if name not in ("type", kind, "cache_control"):
            raise unknown(f"{path}.{name}")
    value = part.get(kind)
    if value is None:
        raise missing(f"{path}.{kind}")
    if kind in ("text", "refusal"):
        TEXT(value, f"{path}.{kind}")
        meter.text(value)
        return
    OBJECT(value, f"{path}.{kind}")
    conversation.images += kind == "image_url"
    conversation.audio += kind == "input_audio"
    conversation.files += kind == "file"
    if kind == "image_url":
        TEXT(value.get("url"), f"{path}.image_url.url")


def _without_reminders(text: str) -> str:
    opening, closing = _REMINDER
    if opening not in text:
        return text
    kept, position = [], 0
    while (start := text.find(opening, position)) >= 0:
        end = text.find(closing, start)
        if end < 0:
            break
        kept.append(text[position:start])
        position = end + len(closing)
    return "".join(kept) + text[position:]

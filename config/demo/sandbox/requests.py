"""Reads a chat request of either wire into a `Question`, refusing what the vendor would refuse."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .answers import Question, Tool
from .exchange import WireError

Json = Mapping[str, Any]


def openai_question(body: Json) -> Question:
    """The question in an OpenAI chat body."""
    messages = _messages(body)
    if body.get("stream_options") is not None and not body.get("stream"):
        raise WireError(400, "stream_options may only be set when stream is true.", param="stream_options")
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    tools = [_tool(item.get("function", {}), "parameters") for item in body.get("tools") or []]
    return Question(
        last_user_text=_last_user_text(messages),
        all_text=_all_text(messages, body.get("tools")),
        after_tool_result=messages[-1].get("role") == "tool",
        tool=_chosen(tools, body.get("tool_choice")),
        json_schema=_response_schema(body.get("response_format")),
        max_tokens=_limit(limit),
        choices=_limit(body.get("n"), name="n") or 1,
    )


def anthropic_question(body: Json) -> Question:
    """The question in an Anthropic messages body."""
    messages = _messages(body)
    if body.get("max_tokens") is None:
        raise WireError(400, "max_tokens: Field required")
    tools = [_tool(item, "input_schema") for item in body.get("tools") or []]
    return Question(
        last_user_text=_last_user_text(messages),
        all_text=_text_of(body.get("system")) + _all_text(messages, body.get("tools")),
        after_tool_result=_has_tool_result(messages[-1]),
        tool=_chosen(tools, body.get("tool_choice")),
        json_schema=_output_schema(body),
        max_tokens=_limit(body["max_tokens"]),
    )


def _messages(body: Json) -> Sequence[Json]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise WireError(400, "messages must be a non-empty list of objects.", param="messages")
    return messages


def _limit(value: object, *, name: str = "max_tokens") -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise WireError(400, f"{name} must be an integer of at least 1.", param=name)
    return value


def _tool(function: Json, schema_field: str) -> Tool:
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise WireError(400, "A tool needs a name.", param="tools")
    return Tool(name=name, schema=function.get(schema_field) or {})


def _chosen(tools: Sequence[Tool], choice: object) -> Tool | None:
    """The named tool, else the first; none where the caller forbids tools."""
    if choice == "none" or not tools:
        return None
    name = None
    if isinstance(choice, Mapping):
        if choice.get("type") == "none":
            return None
        name = choice.get("name") or (choice.get("function") or {}).get("name")
    return next((tool for tool in tools if tool.name == name), tools[0])


def _response_schema(wanted: object) -> Json | None:
    if not isinstance(wanted, Mapping) or wanted.get("type") in (None, "text"):
        return None
    if wanted["type"] == "json_schema":
        schema: Json = (wanted.get("json_schema") or {}).get("schema") or {}
        return schema
    return {"type": "object", "properties": {"source": {"const": "sandbox model server"}, "answer": {}}}


def _output_schema(body: Json) -> Json | None:
    wanted = body.get("output_format") or (body.get("output_config") or {}).get("format")
    schema: Json | None = wanted.get("schema") if isinstance(wanted, Mapping) else None
    return schema


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text_of(part) for part in content)
    if isinstance(content, Mapping):
        return _text_of(content.get("text") or content.get("content") or content.get("input_text") or "")
    return ""


def _all_text(messages: Sequence[Json], tools: object) -> str:
    spoken = "".join(_text_of(message.get("content")) for message in messages)
    return spoken + (json.dumps(tools, sort_keys=True) if tools else "")


def _last_user_text(messages: Sequence[Json]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user" and (text := _text_of(message.get("content"))):
            return text
    return _text_of(messages[-1].get("content"))


def _has_tool_result(message: Json) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, Mapping) and part.get("type") == "tool_result" for part in parts)

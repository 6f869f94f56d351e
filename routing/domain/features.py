"""A chat completion body, checked at the edge and reduced to what the decision and the hold need.

`extract_features` refuses a body in OpenAI's terms (`InvalidRequest`), so that nothing deeper sees the JSON. It checks
the parts the gateway relies on: roles, content parts, tools, formats, limits. What only the upstream understands (a
JSON schema, a logit bias) is passed on unread.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from routing.domain.bounds import (
    MESSAGE_OVERHEAD_TOKENS,
    REQUEST_OVERHEAD_TOKENS,
    TOOL_OVERHEAD_TOKENS,
    TOOLS_OVERHEAD_TOKENS,
    TextMeter,
)
from routing.domain.difficulty import prompt_features, script_of
from routing.domain.messages import Conversation, read_messages
from routing.domain.parameters import (
    BOOLEAN,
    OBJECT,
    TEXT,
    check_parameters,
    missing,
    one_of,
    unknown,
    wrong_type,
    wrong_value,
)
from routing.domain.spec import canonical_json
from routing.domain.types import InvalidRequest, RequestFeatures

MAX_TOOLS: Final = 128
_TOOL_TYPES: Final = ("function", "custom")
_FORMATS: Final = ("text", "json_object", "json_schema")
_CHOICES: Final = ("none", "auto", "required")
_DEARER_TIERS: Final = frozenset({"priority", "scale"})  # billed above the catalogue price


def extract_features(body: Any, *, raw: bytes = b"", difficulty: bool = False) -> RequestFeatures:
    """The features of a chat completion, or InvalidRequest naming the first fault.

    `raw` is the body as it arrived, for the input digest; without it the canonical JSON is digested. `difficulty` says
    whether the route needs the prompt's feature values (`RouteSpec.needs_difficulty`).
    """
    if type(body) is not dict:
        raise wrong_type("body", "an object", body)
    try:
        return _extract(body, raw, difficulty)
    except InvalidRequest:
        raise
    except (RecursionError, ValueError) as error:
        raise InvalidRequest("The body is nested too deeply, or holds NaN.", None, "invalid_value") from error


def _extract(body: dict[str, Any], raw: bytes, difficulty: bool) -> RequestFeatures:
    check_parameters(body)
    model = _model(body)
    meter = TextMeter()
    meter.fixed = REQUEST_OVERHEAD_TOKENS
    conversation = read_messages(body.get("messages"), meter)
    meter.fixed += MESSAGE_OVERHEAD_TOKENS * conversation.count
    stream, include_usage = _streaming(body)
    has_tools, wants_json = _tools(body, meter), _wants_json(body, meter)
    if body.get("chat_template_kwargs"):
        meter.data(body["chat_template_kwargs"])  # a template may print them into the prompt
    extra = _predicted_tokens(body)
    prompt = conversation.last_user_text if difficulty else None
    return RequestFeatures(
        model=model,
        stream=stream,
        include_usage=include_usage,
        input_bytes=meter.bytes + meter.schema,
        input_tokens_bound=meter.bound,
        input_tokens_estimate=meter.estimate,
        max_output_tokens=_max_output(body),
        extra_output_tokens=extra,
        n=body.get("n") or 1,
        messages=conversation.count,
        has_tools=has_tools,
        wants_json=wants_json,
        image_count=conversation.images,
        file_count=conversation.files,
        unbounded=_unbounded(body, conversation),
        script=script_of(prompt) if prompt else "none",
        prompt=prompt_features(prompt) if prompt else None,
        input_digest=hashlib.sha256(raw or canonical_json(body)).hexdigest(),
    )


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if model is None:
        raise InvalidRequest("you must provide a model parameter", "model", "missing_required_parameter")
    if not model or len(model) > 256:
        raise InvalidRequest("Invalid 'model': expected a name of 1 to 256 characters.", "model", "invalid_value")
    return str(model)


def _streaming(body: Mapping[str, Any]) -> tuple[bool, bool]:
    stream, options = bool(body.get("stream")), body.get("stream_options")
    if options is None:
        return stream, False
    if not stream:
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise InvalidRequest(text, "stream_options", "invalid_value")
    for name, value in options.items():
        if name not in {"include_usage", "include_obfuscation"}:
            raise unknown(f"stream_options.{name}")
        if value is not None:
            BOOLEAN(value, f"stream_options.{name}")
    return stream, bool(options.get("include_usage"))


def _max_output(body: Mapping[str, Any]) -> int | None:
    """The output asked for; both names at once are refused, as there is no telling which one the upstream obeys."""
    older, newer = body.get("max_tokens"), body.get("max_completion_tokens")
    if older is not None and newer is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise InvalidRequest(text, "max_tokens", "invalid_parameter_combination")
    return older if newer is None else newer


def _tools(body: Mapping[str, Any], meter: TextMeter) -> bool:
    tools, functions = body.get("tools") or (), body.get("functions") or ()
    for index, tool in enumerate(tools):
        _check_tool(tool, f"tools[{index}]")
    for index, function in enumerate(functions):
        _check_function(function, f"functions[{index}]")
    count = len(tools) + len(functions)
    if count > MAX_TOOLS:
        text = f"array too long. Expected an array with maximum length {MAX_TOOLS}, but got {count} instead."
        raise InvalidRequest(f"Invalid 'tools': {text}", "tools", "array_above_max_length")
    _check_choice(body, bool(count))
    if not count:
        return False
    meter.fixed += TOOLS_OVERHEAD_TOKENS + TOOL_OVERHEAD_TOKENS * count
    meter.data([tools, functions])
    return True


def _check_tool(tool: Any, path: str) -> None:
    OBJECT(tool, path)
    if tool.get("type") is None:
        raise missing(f"{path}.type")
    one_of(*_TOOL_TYPES)(tool["type"], f"{path}.type")
    kind = tool["type"]
    for name in tool:
        if name not in {"type", kind, "cache_control"}:
            raise unknown(f"{path}.{name}")
    if tool.get(kind) is None:
        raise missing(f"{path}.{kind}")
    _check_function(tool[kind], f"{path}.{kind}")


def _check_function(function: Any, path: str) -> None:
    OBJECT(function, path)
    if function.get("name") is None:
        raise missing(f"{path}.name")
    TEXT(function["name"], f"{path}.name")


def _check_choice(body: Mapping[str, Any], any_tools: bool) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise wrong_value("tool_choice", choice, _CHOICES)
    else:
        OBJECT(choice, "tool_choice")
    if not any_tools and choice != "none":
        text = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        raise InvalidRequest(text, "tool_choice", None)


def _wants_json(body: Mapping[str, Any], meter: TextMeter) -> bool:
    wanted = body.get("response_format")
    if wanted is None:
        return bool(body.get("guided_json") or body.get("structured_outputs"))
    kind = wanted.get("type")
    if kind is None:
        raise missing("response_format.type")
    one_of(*_FORMATS)(kind, "response_format.type")
    if kind == "json_schema":
        schema = wanted.get("json_schema")
        if schema is None:
            raise missing("response_format.json_schema")
        OBJECT(schema, "response_format.json_schema")
        meter.data(schema)
    return bool(kind != "text")


def _predicted_tokens(body: Mapping[str, Any]) -> int:
    prediction = body.get("prediction")
    if prediction is None:
        return 0
    meter = TextMeter()
    meter.data(prediction)
    return meter.schema * int(body.get("n") or 1)


def _unbounded(body: Mapping[str, Any], conversation: Conversation) -> tuple[str, ...]:
    """What can be billed beyond any count of text: media, searches, dearer service tiers."""
    audio = body.get("audio") is not None or "audio" in (body.get("modalities") or ())
    found = {
        "image": conversation.images > 0,
        "audio": audio or conversation.audio > 0,
        "file": conversation.files > 0,
        "web_search": body.get("web_search_options") is not None,
        "service_tier": body.get("service_tier") in _DEARER_TIERS,
    }
    return tuple([name for name, is_present in found.items() if is_present])

"""An answer in the shape of Anthropic's messages, whole or as events, and its errors."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .answers import Answer, Usage, digest
from .dialects import BAD_KEY, bearer, sse
from .exchange import Exchange, WireError

_STOP: Final = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
_ERROR_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class AnthropicWire:
    """Writes one answer."""

    def __init__(self, *, model: str, call_id: str) -> None:
        self._model = model
        self._id = f"msg_{call_id}"

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The complete message."""
        reason = _STOP[answer.finish]
        return self._message(usage=self.usage(answer.usage), content=[self._block(answer)], stop_reason=reason)

    def opening(self, answer: Answer) -> bytes:
        """The message without content, the start of its one block, and a ping."""
        usage = self.usage(answer.usage) | {"output_tokens": 1}
        start = {"type": "message_start", "message": self._message(usage=usage, content=[], stop_reason=None)}
        empty: dict[str, Any] = {"input": {}} if answer.tool_name else {"text": ""}
        block = self._block(answer) | empty
        return (
            sse(start, event="message_start")
            + sse({"type": "content_block_start", "index": 0, "content_block": block}, event="content_block_start")
            + sse({"type": "ping"}, event="ping")
        )

    def piece(self, answer: Answer, text: str) -> bytes:
        """One piece of the text, or of the tool's input."""
        delta = {"type": "text_delta", "text": text}
        if answer.tool_name:
            delta = {"type": "input_json_delta", "partial_json": text}
        return sse({"type": "content_block_delta", "index": 0, "delta": delta}, event="content_block_delta")

    def closing(self, answer: Answer) -> bytes:
        """The end of the block, the stop reason with the output usage, the end of the message."""
        delta = {"stop_reason": _STOP[answer.finish], "stop_sequence": None}
        usage = self.usage(answer.usage)
        return (
            sse({"type": "content_block_stop", "index": 0}, event="content_block_stop")
            + sse({"type": "message_delta", "delta": delta, "usage": usage}, event="message_delta")
            + sse({"type": "message_stop"}, event="message_stop")
        )

    def fault(self) -> bytes:
        """An error in the middle of a stream that began as a success."""
        error = {"type": "overloaded_error", "message": "The sandbox model failed while it was answering."}
        return sse({"type": "error", "error": error}, event="error")

    def too_long(self, tokens: int, window: int) -> WireError:
        """The error of a prompt that does not fit, in Anthropic's words."""
        return WireError(400, f"prompt is too long: {tokens} tokens > {window} maximum")

    def usage(self, usage: Usage) -> dict[str, Any]:
        """Anthropic's usage object, where the input tokens exclude what went through the cache."""
        return {
            "input_tokens": usage.input - usage.cached_input - usage.cache_write,
            "cache_creation_input_tokens": usage.cache_write,
            "cache_read_input_tokens": usage.cached_input,
            "output_tokens": usage.output,
            "output_tokens_details": {"thinking_tokens": usage.reasoning},
        }

    def _message(self, *, usage: Mapping[str, Any], content: Sequence[Any], stop_reason: str | None) -> dict[str, Any]:
        return {"id": self._id, "type": "message", "role": "assistant", "model": self._model, "content": content,
                "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}  # fmt: skip

    def _block(self, answer: Answer) -> dict[str, Any]:
        if answer.tool_name:
            name, made = answer.tool_name, json.loads(answer.text)
            return {"type": "tool_use", "id": f"toolu_{digest(self._id)}", "name": name, "input": made}
        return {"type": "text", "text": answer.text}


def authenticate(exchange: Exchange) -> None:
    """Anthropic wants a key and the version of its API."""
    key = exchange.headers.get("x-api-key", "") or bearer(exchange)
    if not key or key == BAD_KEY:
        raise WireError(401, "invalid x-api-key")
    if "anthropic-version" not in exchange.headers:
        raise WireError(400, "anthropic-version: header is required")


def error_body(error: WireError, request_id: str) -> dict[str, Any]:
    """Anthropic's error object."""
    kind = _ERROR_TYPES.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": request_id}


def models(names: Sequence[str]) -> dict[str, Any]:
    """The list of models."""
    created = "1970-01-01T00:00:00Z"
    data = [{"type": "model", "id": name, "display_name": name, "created_at": created} for name in names]
    return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}

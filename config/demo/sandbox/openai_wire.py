"""An answer in the shape of OpenAI's chat completions, whole or as chunks, and embeddings."""

import base64
import hashlib
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .answers import Answer, Usage, count_tokens, digest
from .dialects import Dialect, openai_error, sse
from .exchange import WireError

DEFAULT_DIMENSIONS: Final = 64
MAX_DIMENSIONS: Final = 4096
DONE: Final = b"data: [DONE]\n\n"
_FILTERED: Final = {
    "hate": {"filtered": False, "severity": "safe"},
    "violence": {"filtered": False, "severity": "safe"},
}


class OpenAIWire:
    """Writes one answer for one dialect."""

    def __init__(self, dialect: Dialect, *, model: str, call_id: str, created: int, include_usage: bool) -> None:
        self._dialect = dialect
        self._include_usage = include_usage
        self._base = {"id": f"chatcmpl-{call_id}", "created": created, "model": model,
                      "system_fingerprint": "sandbox"}  # fmt: skip
        self._tool_call_id = f"call_{digest(call_id)}"

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The complete answer."""
        message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
        if answer.tool_name:
            message |= {"content": None, "tool_calls": [self._tool_call(answer, answer.text)]}
        choices = [self._choice(index, "message", message, answer.finish) for index in range(answer.choices)]
        if self._dialect.filter_chunk_first:
            choices = [{**choice, "content_filter_results": _FILTERED} for choice in choices]
        return {**self._base, "object": "chat.completion", "choices": choices, "usage": self.usage(answer.usage)}

    def opening(self, answer: Answer) -> bytes:
        """What comes before the text: the role, or the tool call's name."""
        delta: dict[str, Any] = {"role": "assistant", "content": None if answer.tool_name else ""}
        if answer.tool_name:
            delta["tool_calls"] = [{"index": 0, **self._tool_call(answer, "")}]
        first = b""
        if self._dialect.filter_chunk_first:
            prompt = {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _FILTERED}]}
            first = sse({**self._base, "object": "chat.completion.chunk", "choices": [], **prompt})
        return first + self._delta(answer, delta)

    def piece(self, answer: Answer, text: str) -> bytes:
        """One piece of the text, or of the tool call's arguments."""
        if answer.tool_name:
            return self._delta(answer, {"tool_calls": [{"index": 0, "function": {"arguments": text}}]})
        return self._delta(answer, {"content": text})

    def closing(self, answer: Answer) -> bytes:
        """The finish reason, the usage where it was asked for, and the end mark."""
        usage = self.usage(answer.usage)
        if self._dialect.usage_always:
            return self._delta(answer, {}, finish=answer.finish, usage=usage) + DONE
        end = self._delta(answer, {}, finish=answer.finish)
        if self._include_usage:
            end += sse({**self._base, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        return end + DONE

    def fault(self) -> bytes:
        """An error in the middle of a stream that began as a success."""
        return sse(openai_error(WireError(500, "The sandbox model failed while it was answering.")))

    def too_long(self, tokens: int, window: int) -> WireError:
        """The error of a prompt that does not fit, in OpenAI's words."""
        limit = f"This model's maximum context length is {window} tokens."
        message = f"{limit} However, your messages resulted in {tokens} tokens."
        return WireError(400, message, code="context_length_exceeded", param="messages")

    def usage(self, usage: Usage) -> dict[str, Any]:
        """OpenAI's usage object, where the details are parts of the wholes."""
        return {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "prompt_tokens_details": {
                "cached_tokens": usage.cached_input,
                "cache_write_tokens": usage.cache_write,
                "audio_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": usage.reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _tool_call(self, answer: Answer, arguments: str) -> dict[str, Any]:
        function = {"name": answer.tool_name, "arguments": arguments}
        return {"id": self._tool_call_id, "type": "function", "function": function}

    def _choice(self, index: int, member: str, value: Mapping[str, Any], finish: str | None) -> dict[str, Any]:
        return {"index": index, member: value, "logprobs": None, "finish_reason": finish}

    def _delta(
        self, answer: Answer, delta: Mapping[str, Any], *, finish: str | None = None, usage: Any = None
    ) -> bytes:
        chunk: dict[str, Any] = {**self._base, "object": "chat.completion.chunk"}
        if usage is not None or (self._include_usage and self._dialect.usage_null):
            chunk["usage"] = usage
        choices = range(answer.choices)
        return b"".join(sse({**chunk, "choices": [self._choice(index, "delta", delta, finish)]}) for index in choices)


def embeddings(body: Mapping[str, Any]) -> tuple[dict[str, Any], Usage]:
    """Vectors derived from the digest of each text, and the usage."""
    texts = _inputs(body.get("input"))
    dimensions = body.get("dimensions", DEFAULT_DIMENSIONS)
    if not isinstance(dimensions, int) or not 1 <= dimensions <= MAX_DIMENSIONS:
        raise WireError(400, f"dimensions must be between 1 and {MAX_DIMENSIONS}.", param="dimensions")
    as_text = body.get("encoding_format") == "base64"
    vectors = [_vector(text, dimensions) for text in texts]
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if as_text else vector}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(map(count_tokens, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "data": data, "model": body.get("model"), "usage": usage}
    return answer, Usage(input=tokens, cached_input=0, cache_write=0, output=0, reasoning=0)


def models(names: Sequence[str]) -> dict[str, Any]:
    """The list of models."""
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": "sandbox"} for name in names]
    return {"object": "list", "data": listed}


def _inputs(value: object) -> list[str]:
    given: list[object] = value if isinstance(value, list) else [value]
    texts = [text for text in given if isinstance(text, str) and text]
    if not texts or len(texts) != len(given):
        raise WireError(400, "input must be a text or a list of texts, none of them empty.", param="input")
    return texts


def _vector(text: str, dimensions: int) -> list[float]:
    """A unit vector that only depends on the text."""
    raw = hashlib.shake_128(text.encode()).digest(dimensions)
    centred = [byte - 127.5 for byte in raw]
    length = sum(part * part for part in centred) ** 0.5
    return [round(part / length, 6) for part in centred]


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

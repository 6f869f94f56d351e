"""Server-sent events of a chat completion on their way through: bytes in, bytes out, and what must be learnt from them.

Most blocks pass unread. Only those that may hold usage, an error or the end are parsed. When the client did not ask for
usage, the usage that was requested for our own accounting is taken out again.
"""

import re
from typing import Any, Final

import msgspec

from routing.ports import UpstreamBroken

DONE: Final = b"data: [DONE]\n\n"
MAX_EVENT_BYTES: Final = 8 * 1024 * 1024

_NULL_USAGE: Final = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,')


class _Chunk(msgspec.Struct):
    choices: list[dict[str, Any]] = []
    usage: dict[str, Any] | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class ChatStream:
    """Follows one stream. `feed` takes what arrived and returns what may be passed on."""

    __slots__ = ("_rest", "_wants_usage", "blocks", "done", "error", "keep", "started", "usage")

    def __init__(self, *, wants_usage: bool, keep: bool = False) -> None:
        self.started = False  # something other than the opening role was produced
        self.done = False
        self.usage: dict[str, Any] | None = None
        self.error: Any = None
        self.keep = keep
        self.blocks: list[bytes] = []
        self._wants_usage = wants_usage
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the complete events of what has arrived so far, cleaned; empty while none is complete."""
        block = self._complete(data)
        if not block:
            return b""
        if b'"usage"' in block and not self._wants_usage:
            block = _NULL_USAGE.sub(b"", block)
        if not self.started or b"[DONE]" in block or b'"error"' in block or b'"usage"' in block:
            block = b"".join([self._event(event) for event in block.split(b"\n\n") if event.strip()])
        if self.keep:
            self.blocks.append(block)
        return block

    def _complete(self, data: bytes) -> bytes:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        if b"\r" in data:
            if data.endswith(b"\r"):
                self._rest, data = data[-1:], data[:-1]
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if data.endswith(b"\n\n"):
            return data
        end = data.rfind(b"\n\n") + 2
        if end == 1:
            end = 0
        self._rest = data[end:] + self._rest
        if len(self._rest) > MAX_EVENT_BYTES:
            raise UpstreamBroken("an event of the stream is too large")
        return data[:end]

    def _event(self, event: bytes) -> bytes:
        """One event as it may be passed on; empty when it is for us alone."""
        if self.done or self.error is not None:
            return b""
        data = b"\n".join([line[5:].lstrip() for line in event.split(b"\n") if line.startswith(b"data:")])
        if not data:
            return event + b"\n\n"
        if data == b"[DONE]":
            self.done = True
            return DONE
        return self._chunk(event, data)

    def _chunk(self, event: bytes, data: bytes) -> bytes:
        try:
            chunk = _decode(data)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise UpstreamBroken("the stream holds something that is not a chunk") from error
        if chunk.error is not None:
            self.error = chunk.error
            return b""
        self.started = self.started or any(_produces(choice) for choice in chunk.choices)
        if chunk.usage is None:
            return event + b"\n\n"
        self.usage = chunk.usage
        return event + b"\n\n" if self._wants_usage or chunk.choices else b""


def _produces(choice: dict[str, Any]) -> bool:
    """Whether a choice holds output; the opening event only names the role."""
    if choice.get("finish_reason"):
        return True
    delta = choice.get("delta")
    return isinstance(delta, dict) and any(value for name, value in delta.items() if name != "role")

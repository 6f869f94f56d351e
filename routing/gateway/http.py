"""The HTTP side of one request over ASGI: its headers and bounded body in, one answer or a stream out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from routing.gateway.errors import (
    Header,
    WireError,
    body_timeout,
    body_too_large,
    invalid_request,
    unsupported_media_type,
)

MAX_BODY_BYTES = 10 * 1024 * 1024
BODY_SECONDS = 30.0

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON_TYPE: Header = (b"content-type", b"application/json")
STREAM_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class HttpRequest:
    """One HTTP request; header names are lower case."""

    __slots__ = (
        "_late", "_receive", "_send", "_task", "headers", "method", "path", "reading_since", "request_id", "started",
    )  # fmt: skip

    def __init__(self, scope: Message, receive: Receive, send: Send, *, request_id: bytes) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id: Header = (b"x-request-id", request_id)
        self.started = False
        self.reading_since = 0.0  # monotonic seconds while the body is awaited, else 0
        self._late = False
        self._task: asyncio.Task[Any] | None = None
        self._receive = receive
        self._send = send

    def header(self, name: bytes) -> bytes:
        """The value of a header, empty when absent."""
        return self.headers.get(name, b"")

    async def json_body(self) -> bytes:
        """The body of a JSON request within size and time; a WireError otherwise."""
        kind = self.header(b"content-type").partition(b";")[0].strip().lower()
        if kind not in (b"application/json", b"") or self.header(b"content-encoding") not in (b"", b"identity"):
            raise unsupported_media_type()
        declared = self.header(b"content-length")
        if declared and (not declared.isdigit() or int(declared) > MAX_BODY_BYTES):
            raise body_too_large(MAX_BODY_BYTES)
        self._task = asyncio.current_task()
        self.reading_since = time.monotonic()
        try:
            return await self._body()
        except asyncio.CancelledError as error:
            if not self._late or self._task is None:
                raise
            self._task.uncancel()
            raise body_timeout() from error
        finally:
            self.reading_since = 0.0

    def end_late_body(self, now: float) -> None:
        """Refuse a body that takes too long; called now and then, which is cheaper than a timer per request."""
        if self.reading_since and now - self.reading_since > BODY_SECONDS and self._task is not None:
            self._late = True
            self._task.cancel()

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part = message.get("body", b"")
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise body_too_large(MAX_BODY_BYTES)
            if not message.get("more_body"):
                break
            parts.append(part)
        if not parts and not part:
            raise invalid_request("We could not parse the JSON body of your request: it is empty.")
        return b"".join([*parts, part]) if parts else part

    async def gone(self) -> None:
        """Return when the client has closed the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def answer(
        self, status: int, body: bytes, headers: Sequence[Header] = (), *, kind: Header = JSON_TYPE
    ) -> None:
        """Send a complete answer."""
        fields = [kind, (b"content-length", b"%d" % len(body)), self.request_id, *headers]
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})

    async def refuse(self, error: WireError) -> None:
        """Send an error in the caller's protocol."""
        await self.answer(error.status, error.body(), error.headers)

    async def begin_stream(self, headers: Sequence[Header]) -> None:
        """Send the head of an event stream."""
        self.started = True
        fields = [*STREAM_HEADERS, self.request_id, *headers]
        await self._send({"type": "http.response.start", "status": 200, "headers": fields})

    async def stream(self, data: bytes) -> None:
        """Send a part of the stream."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end_stream(self, data: bytes = b"") -> None:
        """Send the last part."""
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

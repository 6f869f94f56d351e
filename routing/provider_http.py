"""The little of HTTP that the provider process needs over ASGI: a bounded JSON body in, JSON or events out."""

import json
from collections.abc import Mapping
from typing import Any, Final

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
DONE: Final = b"data: [DONE]\n\n"


class CallerGone(Exception):
    """The caller closed the connection before its request was complete."""


class Exchange:
    """A request and the means to answer it."""

    def __init__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        self.target = f"{scope['method']} {scope['path']}"
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.started = False
        self._receive = receive
        self._send = send

    async def json_body(self) -> object:
        """The decoded body; ValueError when it is too large or not JSON."""
        parts, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise CallerGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY_BYTES:
                raise ValueError("The request body is too large.")
            more = message.get("more_body", False)
        return json.loads(b"".join(parts))

    async def caller_gone(self) -> None:
        """Returns when the caller has closed the connection or the answer is complete."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def answer(self, payload: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] = {}) -> None:
        """A complete JSON answer."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        await self._start(status, {"content-type": "application/json", "content-length": str(len(body)), **headers})
        await self._send({"type": "http.response.body", "body": body})

    async def event(self, payload: Mapping[str, Any]) -> None:
        """One event of a stream, which the first one starts."""
        if not self.started:
            await self._start(200, {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"})
        data = b"data: %s\n\n" % json.dumps(payload, ensure_ascii=False).encode()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, *, complete: bool) -> None:
        """Ends a stream; only a complete one gets the end mark."""
        await self._send({"type": "http.response.body", "body": DONE if complete else b""})

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.started = True
        named = {"x-request-id": self.headers.get("x-request-id", ""), **headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items() if value]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

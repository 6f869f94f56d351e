"""One HTTP exchange over ASGI, with just what the sandbox needs: a bounded body, JSON out, a stream that can be cut."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
SERVER: Final = "sandbox model server"


class WireError(Exception):
    """An error to be put in the shape of the caller's wire."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param


class ConnectionDropped(Exception):
    """The model's behaviour is to drop the connection here."""


class Exchange:
    """A request and the means to answer it."""

    def __init__(self, scope: Mapping[str, Any], receive: Any, send: Any, *, request_id: str) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        self.request_id = request_id
        self.body = b""
        self._receive = receive
        self._send = send

    async def read_body(self) -> None:
        """Reads the whole body into `body`."""
        parts, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionDropped
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY_BYTES:
                raise WireError(413, "The request body is larger than the sandbox accepts.")
            more = message.get("more_body", False)
        self.body = b"".join(parts)

    async def disconnected(self) -> None:
        """Returns when the caller has gone, or when the exchange is over."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def send_json(self, payload: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """A complete JSON answer."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        described = {"content-type": "application/json", "content-length": str(len(body))}
        await self.start(status, {**described, **(headers or {})})
        await self._send({"type": "http.response.body", "body": body})

    async def send_half(self, payload: Any) -> None:
        """Promises a whole JSON answer, sends half of it and drops the connection."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        await self.start(200, {"content-type": "application/json", "content-length": str(len(body))})
        await self.write(body[: len(body) // 2])
        raise ConnectionDropped

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Sends the status line and the headers."""
        named = {"server": SERVER, "x-request-id": self.request_id, "request-id": self.request_id, **headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes) -> None:
        """Sends a part of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """Ends the body cleanly."""
        await self._send({"type": "http.response.body", "body": b""})

    def parsed(self) -> dict[str, Any]:
        """The body as a JSON object."""
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise WireError(400, f"The request body is not valid JSON: {error}") from error
        if not isinstance(value, dict):
            raise WireError(400, "The request body must be a JSON object.")
        return value

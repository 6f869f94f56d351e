"""Streams in tests: the real ASGI handler, asked as a server would ask it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import Client

from studio.live.serving import LiveHandler

SECONDS = 8.0


@dataclass(frozen=True)
class Told:
    """One message as a browser reads it."""

    id: str
    event: str
    data: str


def told(text: str) -> list[Told]:
    """The messages in what has arrived."""
    found = []
    for part in text.split("\n\n")[:-1]:
        lines = [line.partition(": ")[::2] for line in part.split("\n")]
        values: dict[str, list[str]] = {}
        for name, value in lines:
            values.setdefault(name, []).append(value)
        found.append(Told(*("".join(values.get(name, [])) for name in ("id", "event")), "\n".join(values["data"])))
    return found


@dataclass
class Stream:
    """An open request: what the server has sent, and a way to leave."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    is_over: bool = False
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: bool = False

    @property
    def messages(self) -> list[Told]:
        return told(self.text)

    @property
    def events(self) -> list[str]:
        """Names of the messages but signs of life; those with markup are called `html`."""
        return [one.event or "html" for one in self.messages if one.event not in {"hello", "beat"}]

    @property
    def html(self) -> str:
        return "\n".join(one.data for one in self.messages if not one.event)

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message.get("body", b"").decode()
            self.is_over = not message.get("more_body", False)

    async def until(self, what: Any) -> None:
        """Wait for something to become true of it."""
        async with asyncio.timeout(SECONDS):
            while not what(self):  # noqa: ASYNC110  # what has arrived is a text, not an event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(handler: LiveHandler, client: Client, path: str, **headers: str) -> AsyncIterator[Stream]:
    """A stream, left at the end."""
    stream = Stream()
    task = asyncio.create_task(handler(_scope(client, path, headers), stream.receive, stream.send))
    try:
        await stream.until(lambda one: one.status or task.done())
        if task.done():
            task.result()
        yield stream
    finally:
        stream.leave.set()
        await asyncio.wait_for(task, SECONDS)


def _scope(client: Client, path: str, headers: dict[str, str]) -> dict[str, Any]:
    address, _, query = path.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": address, "raw_path": address.encode(), "query_string": query.encode(), "root_path": "",
        "headers": list(_headers(client, headers)), "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip


def _headers(client: Client, more: dict[str, str]) -> Iterator[tuple[bytes, bytes]]:
    yield b"host", b"testserver"
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie is not None:
        yield b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie.value}".encode()
    for name, value in more.items():
        yield name.replace("_", "-").encode(), value.encode()

"""The ASGI side of live pages: Django answers as ever, and what it admits as a watcher is streamed from here.

Inside Django's handler a request keeps a thread of its own until its answer has been sent. A stream may last for hours,
so it begins only when the handler has returned.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpRequest, HttpResponseBase

from studio.live.hub import Hub, Watcher
from studio.live.response import LiveResponse

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
ADMITTED = "studio.live"
NO_ROOM = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), (b"retry-after", b"10")]


class LiveHandler(ASGIHandler):
    """Django's handler that also serves streams."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request; stay with it if it is a stream."""
        await super().__call__(scope, receive, send)
        response = scope.get(ADMITTED)
        if response is None:
            return
        watcher = self.hub.enter(response.ticket)
        if watcher is None:
            await _refuse(send)
            return
        try:
            await _stream(self.hub, watcher, response, receive=receive, send=send)
        finally:
            self.hub.leave(watcher)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Note what was admitted; middleware has had its say by now."""
        response: HttpResponseBase = await super().run_get_response(request)
        if isinstance(response, LiveResponse) and isinstance(request, ASGIRequest):
            cast("dict[str, Any]", request.scope)[ADMITTED] = response
        return response

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Send an answer; that of a stream is sent when the request is over."""
        if not isinstance(response, LiveResponse):
            await super().send_response(response, send)


async def _stream(hub: Hub, watcher: Watcher, response: LiveResponse, *, receive: Receive, send: Send) -> None:
    """Send what there is until it ends or the other side goes."""
    del response["Content-Length"]  # middleware has measured the empty body
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    sending = asyncio.create_task(_send_all(hub, watcher, send))
    leaving = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        sending.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_all(hub: Hub, watcher: Watcher, send: Send) -> None:
    async with aclosing(hub.follow(watcher)) as parts:  # type: ignore[type-var]  # an async generator
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": NO_ROOM})
    await send({"type": "http.response.body", "body": b"Too many live pages are open."})

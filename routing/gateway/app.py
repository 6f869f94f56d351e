"""The ASGI application: paths to surfaces, faults to answers, start and stop."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from routing.gateway.config_cache import ConfigCache
from routing.gateway.errors import Header, WireError, internal_error, method_not_allowed, shutting_down, unknown_path
from routing.gateway.exchange import Exchange
from routing.gateway.http import ClientGone, HttpRequest, Message, Receive, Send
from routing.gateway.metrics import Metrics
from routing.gateway.open_streams import OpenStreams
from routing.gateway.stopping import stop_with_parent, when_stopped
from routing.gateway.surfaces.openai_chat import ChatCompletions
from routing.gateway.surfaces.openai_models import Models
from tenants.ids import uuid7

STOP_SECONDS = 10.0
SWEEP_SECONDS = 1.0
TEXT: Header = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")

_log = logging.getLogger(__name__)


class Openable(Protocol):
    """Anything that connects ahead of the first request, and may refuse to."""

    async def open(self) -> None: ...


class Closable(Protocol):
    """Anything to be closed when the process stops."""

    async def close(self) -> None: ...


class Flushable(Protocol):
    """A ledger that writes what is waiting before it closes."""

    async def close(self, *, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the composition root built; the application owns it from then on."""

    chat: ChatCompletions
    models: Models
    configs: ConfigCache
    streams: OpenStreams
    ledger: Flushable
    closing: tuple[Closable, ...]
    gauges: Callable[[], Mapping[str, float]]
    ready: Callable[[], bool]
    opening: tuple[Openable, ...]


class GatewayApp:
    """Plain ASGI; `build` runs inside the event loop at start."""

    def __init__(self, build: Callable[[], Parts]) -> None:
        self._build = build
        self._parts: Parts | None = None
        self._metrics = Metrics()
        self._running: set[HttpRequest] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._sweeper: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection event of the server."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    # Requests

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        request_id = uuid7()
        http = HttpRequest(scope, receive, send, request_id=str(request_id).encode())
        http.path = _with_version(http.path)
        self._running.add(http)
        self._idle.clear()
        try:
            if http.path == "/v1/chat/completions":
                await self._chat(http, Exchange(request_id, datetime.now(UTC), began))
            else:
                await self._other(http)
        except WireError as error:
            await http.refuse(error)
        except ClientGone:
            _log.info("the client left before its request was complete")
        except Exception:
            _log.exception("request %s failed", request_id)
            if not http.started:
                await http.refuse(internal_error())
        finally:
            self._running.discard(http)
            if not self._running:
                self._idle.set()

    async def _chat(self, http: HttpRequest, exchange: Exchange) -> None:
        if http.method != "POST":
            raise method_not_allowed(http.method, "POST")
        await self._serving().chat.serve(http, exchange)
        self._metrics.observe(exchange)

    async def _other(self, http: HttpRequest) -> None:
        path = http.path
        if path in ("/healthz", "/readyz", "/metrics"):
            _only_get(http)
            await self._probe(http)
        elif path == "/v1/models":
            _only_get(http)
            await self._serving().models.list(http)
        elif path.startswith("/v1/models/"):
            _only_get(http)
            await self._serving().models.show(http, path.removeprefix("/v1/models/"))
        else:
            raise unknown_path(path[:200])

    def _serving(self) -> Parts:
        if self._parts is None or self._stopping:
            raise shutting_down()
        return self._parts

    async def _probe(self, http: HttpRequest) -> None:
        if http.path == "/metrics":
            gauges = dict(self._parts.gauges()) if self._parts is not None else {}
            await http.answer(200, self._metrics.render({"running": len(self._running)} | gauges), kind=TEXT)
        elif http.path == "/healthz" or (not self._stopping and self._parts is not None and self._parts.ready()):
            await http.answer(200, b'{"status":"ok"}')
        else:
            await http.answer(503, b'{"status":"not ready"}')

    # Life cycle

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._start(send)
            else:
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _start(self, send: Send) -> None:
        try:
            self._parts = self._build()
            for part in self._parts.opening:
                await part.open()
            self._parts.configs.start()
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())
            when_stopped(self._begin_stop)
            stop_with_parent()
            _spare_the_collector()
        except Exception as error:
            _log.exception("the gateway cannot start")
            await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
        else:
            await send({"type": "lifespan.startup.complete"})

    def _begin_stop(self) -> None:
        """From now on nothing new is served, and open streams end."""
        self._stopping = True
        if self._parts is not None:
            self._parts.streams.end_all()

    async def _stop(self) -> None:
        self._begin_stop()
        parts = self._parts
        if parts is None:
            return
        until = time.monotonic() + STOP_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._idle.wait()
        if self._sweeper is not None:
            self._sweeper.cancel()
        await parts.configs.stop()
        await parts.ledger.close(seconds=max(until - time.monotonic(), 2.0))
        for part in parts.closing:
            with contextlib.suppress(Exception):
                await part.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for http in list(self._running):
                http.end_late_body(now)
            if self._parts is not None:
                self._parts.streams.end_stalled(now)


def _with_version(path: str) -> str:
    """Clients may be given the gateway's address with or without `/v1`."""
    return f"/v1{path}" if path.startswith(("/chat/", "/models")) else path


def _spare_the_collector() -> None:
    """What was loaded stays for ever, and requests leave few cycles: look at less, less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _only_get(http: HttpRequest) -> None:
    if http.method not in ("GET", "HEAD"):
        raise method_not_allowed(http.method, "GET")

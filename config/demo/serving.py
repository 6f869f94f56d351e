"""Serving one of the demo's made-up servers from one process, so that there is one count of everything."""

import asyncio
import signal
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server


def serve(app: Any, host: str, port: int, *, backpressure: int) -> None:
    """Serve an ASGI application, at most `backpressure` requests at once, until SIGINT or SIGTERM."""
    uvloop.run(_serve(app, host, port, backpressure))


async def _serve(app: Any, host: str, port: int, backpressure: int) -> None:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=backpressure,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()

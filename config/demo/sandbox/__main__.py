"""`python -m config.demo.sandbox --port N`: runs the sandbox model server until it is told to stop."""

import argparse
import asyncio
import signal
import sys

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from config.demo.sandbox import app


def main() -> None:
    """Serves on one address, in one process, so that there is one count."""
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Sandbox model server: answers, counts, costs nothing."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    print(f"sandbox model server on http://{options.host}:{options.port}", file=sys.stderr, flush=True)
    uvloop.run(serve(options.host, options.port))


async def serve(host: str, port: int) -> None:
    """Runs the server until SIGINT or SIGTERM."""
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=100_000,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


if __name__ == "__main__":
    main()

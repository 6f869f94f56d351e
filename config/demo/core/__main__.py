"""`python -m config.demo.core --port N --file PATH`: runs the demo core until it is told to stop."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from config.demo.core.app import DemoCore


def main() -> None:
    """Serves on one address, in one process, so that there is one count."""
    parser = argparse.ArgumentParser(prog="demo core", description="Demo core: a made-up core banking system.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True, help="where its books are kept")
    options = parser.parse_args()
    core = DemoCore(options.file)
    print(f"demo core on http://{options.host}:{options.port}", file=sys.stderr, flush=True)
    uvloop.run(serve(core, options.host, options.port))


async def serve(core: DemoCore, host: str, port: int) -> None:
    """Runs the server until SIGINT or SIGTERM."""
    server = Server(
        core,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=10_000,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


if __name__ == "__main__":
    main()

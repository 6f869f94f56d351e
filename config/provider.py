"""The provider process: `python -m config.provider` serves `app` on PROVIDER_SOCKET, for its own user only."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from config.env import ConfigError, env_assign, env_list
from config.variables import provider_socket
from tenants.egress import EgressPolicy, parse_allow

# litellm reads these while it is imported: no price map from the network, no .env file of the working directory.
env_assign({"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"})

from routing.adapters.guarded_sessions import GuardedSessions  # noqa: E402
from routing.provider import ProviderProcess  # noqa: E402

app = ProviderProcess(GuardedSessions(EgressPolicy(parse_allow(env_list("EGRESS_ALLOW")))).session_for)


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    if not provider_socket():
        raise ConfigError("PROVIDER_SOCKET is not set; the provider process listens on a Unix socket only")
    path = Path(provider_socket())
    os.umask(0o177)
    _remove_stale(path)
    uvloop.run(serve(path))
    path.unlink(missing_ok=True)


async def serve(path: Path) -> None:
    """Runs the server on a socket that only this user may open."""
    server = Server(
        app,
        uds=path,
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


def _remove_stale(path: Path) -> None:
    """Removes the socket of a process that was killed; a live one is left, so that binding fails."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()


if __name__ == "__main__":
    main()

"""Starting the private Valkey: a Unix socket, a password, memory only. It may lose everything at any time."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import IO

from config.embedded.place import Place

SOCKET = "valkey.sock"


def start(place: Place, socket_dir: Path, password: str, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the server; its configuration goes through standard input, so that no password is on a command line."""
    (socket_dir / SOCKET).unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": f'"{socket_dir / SOCKET}"',
        "unixsocketperm": "700",
        "requirepass": password,
        "save": '""',
        "appendonly": "no",
        "dir": f'"{socket_dir}"',
        "maxmemory": "256mb",
        # never evict broker messages; cached answers carry a time to live
        "maxmemory-policy": "volatile-lru",
        "loglevel": "warning",
        "daemonize": "no",
    }
    process = subprocess.Popen(
        place.command(place.valkey, "-", death_signal=signal.SIGTERM),
        stdin=subprocess.PIPE, stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )  # fmt: skip
    assert process.stdin is not None
    with process.stdin as pipe:
        pipe.write("".join(f"{name} {value}\n" for name, value in settings.items()).encode())
    return process


def ready(socket_dir: Path) -> bool:
    """Whether it accepts connections."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(socket_dir / SOCKET))
        except OSError:
            return False
    return True

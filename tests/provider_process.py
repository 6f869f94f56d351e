"""Runs the provider process for tests, on a Unix socket in a short private directory."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def running_provider_process(*, egress_allow: str) -> Iterator[Path]:
    """The socket of a provider process that may call these private addresses; killed at the end."""
    with tempfile.TemporaryDirectory(prefix="pp", dir="/tmp") as folder:
        path = Path(folder, "s")
        process = start_provider_process(path, egress_allow=egress_allow)
        try:
            yield path
        finally:
            process.kill()
            process.wait()


def start_provider_process(path: Path, *, egress_allow: str) -> subprocess.Popen[bytes]:
    """Starts a provider process and returns when it listens."""
    environment = {**os.environ, "PROVIDER_SOCKET": str(path), "EGRESS_ALLOW": egress_allow}
    command = [sys.executable, "-m", "config.provider"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_listens(path, process)
    except BaseException:
        process.kill()
        raise
    return process


def _wait_until_it_listens(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the process ended with {process.returncode}"
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
                return
            except OSError:
                time.sleep(0.1)
    raise AssertionError("the provider process does not listen")

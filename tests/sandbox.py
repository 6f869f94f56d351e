"""Runs the sandbox model server for tests, in a process of its own."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class SandboxServer:
    """A running sandbox model server."""

    url: str
    process: subprocess.Popen[bytes]

    def counts(self, model: str = "") -> dict[str, Any]:
        """The server's own counts of one model, or of all of them together."""
        counted = self._call("GET", "/sandbox/counts")
        if not model:
            return counted["total"]
        return counted["models"].get(model, dict.fromkeys(counted["total"], 0))

    def requests(self) -> list[dict[str, Any]]:
        """The requests it received since the last reset, credentials left out."""
        return self._call("GET", "/sandbox/requests")

    def reset(self) -> None:
        """Forgets counts and brings every model up."""
        self._call("POST", "/sandbox/reset")

    def take_down(self, model: str) -> None:
        self._call("POST", f"/sandbox/models/{model}/down")

    def bring_up(self, model: str) -> None:
        self._call("POST", f"/sandbox/models/{model}/up")

    def _call(self, method: str, path: str) -> Any:
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_sandbox() -> Iterator[SandboxServer]:
    """A sandbox model server on a free port, killed at the end."""
    port = free_port()
    command = [sys.executable, "-m", "config.demo.sandbox", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield SandboxServer(url=f"http://127.0.0.1:{port}", process=process)
    finally:
        process.kill()
        process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, seconds: float = 20, host: str = "127.0.0.1") -> None:
    """Returns when something listens on the port; fails when the process ends or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the process ended with {process.returncode}"
        try:
            socket.create_connection((host, port), timeout=0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")

"""Runs the demo core for tests, in a process of its own that can be killed and started again on the same books."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.sandbox import ROOT, free_port, wait_for_port


class DemoCoreServer:
    """A demo core on a port of its own."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "config.demo.core", "--port", str(self.port)]
        self._command += ["--file", str(directory / "core.sqlite")]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=ROOT, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def kill(self) -> None:
        """As `kill -9`."""
        self.process.kill()
        self.process.wait()

    def status(self) -> dict[str, Any]:
        """What the core counts itself."""
        found: dict[str, Any] = self._ask("GET", "/demo/status")
        return found

    def effects(self, operation: str) -> dict[str, int]:
        """How often an operation took effect, by its key."""
        counts: dict[str, int] = {}
        for one in self._ask("GET", "/demo/effects"):
            if one["operation"] == operation:
                counts[one["key"]] = counts.get(one["key"], 0) + 1
        return counts

    def switch(self, operation: str, mode: str, **more: Any) -> None:
        """Change how an operation behaves."""
        self._ask("PUT", f"/demo/switches/{operation}", {"mode": mode, **more})

    def reset(self) -> None:
        """Back to the opening balances."""
        self._ask("POST", "/demo/reset")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def running_core(directory: Path) -> Iterator[DemoCoreServer]:
    """A demo core with its books in `directory`, killed at the end."""
    server = DemoCoreServer(directory)
    try:
        yield server
    finally:
        server.kill()

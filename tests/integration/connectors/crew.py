"""Worker processes that call the demo core for tests of permits; they begin together when told."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cast import Cast
from tests.integration.connectors.kit import worker_environment

WORKER = Path(__file__).with_name("worker.py")
Process = subprocess.Popen[str]


class Crew:
    """Workers on the database of this test, killed at its end."""

    def __init__(self, cast: Cast, settings: Any) -> None:
        self._tenant = str(cast.tenant_a.id)
        self._environment = os.environ | worker_environment(settings)
        self._started: list[Process] = []

    def hire(self, *, calls: int, threads: int) -> Process:
        """A worker that waits for the word."""
        process = subprocess.Popen(
            [sys.executable, str(WORKER), self._tenant, str(calls), str(threads)],
            env=self._environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def go(self) -> None:
        """Let all of them begin."""
        for process in self._started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

    def dismiss(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()

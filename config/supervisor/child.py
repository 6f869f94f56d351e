"""One supervised process: started in its own group, its lines forwarded, restarted with growing pauses."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from config.supervisor.plan import Process
from config.supervisor.terminal import Terminal

PROJECT = Path(__file__).resolve().parent.parent.parent
LAUNCHER = PROJECT / "config" / "embedded" / "launch.py"
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 20.0


class Child:
    """Knows whether its process should run, and makes it so on each `tend`."""

    def __init__(self, process: Process, terminal: Terminal) -> None:
        self.name = process.name
        self.on_demand = process.on_demand
        self.later = process.later
        self._process = process
        self._terminal = terminal
        self._running: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = FIRST_PAUSE_SECONDS
        self._start_after = 0.0

    @property
    def group(self) -> int | None:
        """The process group, which has the number of its first process."""
        return None if self._running is None else self._running.pid

    def tend(self, *, wanted: bool, now: float) -> None:
        """Start, restart or end the process as wanted."""
        if self._running is not None and self._running.poll() is not None:
            self._ended(now)
        if wanted and self._running is None and now >= self._start_after:
            self._start(now)
        if not wanted and self._running is not None:
            self.end(signal.SIGTERM)

    def end(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self._running is not None:
            signal_group(self._running.pid, number)

    def finished(self) -> bool:
        return self._running is None or self._running.poll() is not None

    def _start(self, now: float) -> None:
        # the launcher asks the kernel to end the process when this one ends, however that happens
        death = (str(int(signal.SIGTERM)), str(os.getpid()))
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), "keep", "0", *death, str(PROJECT)]
        self._running = subprocess.Popen(
            [*launcher, *self._process.command],
            env={**self._process.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started = now
        threading.Thread(target=self._forward, args=(self._running,), name=f"{self.name} lines", daemon=True).start()

    def _ended(self, now: float) -> None:
        assert self._running is not None
        signal_group(self._running.pid, signal.SIGKILL)  # workers that outlived their parent
        if now - self._started > HEALTHY_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        self._terminal.line(self.name, f"ended with {self._running.returncode}; starts again in {self._pause:.1f} s")
        self._running = None
        self._start_after = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _forward(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._terminal.line(self.name, line.decode(errors="replace").rstrip())


def signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def end_all(children: list[Child], *, grace_seconds: float) -> None:
    """Ask all at once, wait once for all, then insist."""
    for child in children:
        child.end(signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and not all(child.finished() for child in children):
        time.sleep(0.02)
    for child in children:
        child.end(signal.SIGKILL)

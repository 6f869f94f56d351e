"""The loop of `up`: tends the children, looks whether the provider is needed, stops everything when told."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from config.supervisor.child import Child, end_all
from config.supervisor.plan import Process
from config.supervisor.terminal import Terminal

TICK_SECONDS = 0.1
CHECK_SECONDS = 3.0
GRACE_SECONDS = 4.0


class Supervisor:
    """Runs the processes of a plan until SIGINT or SIGTERM; setting `ready` starts those that come later."""

    def __init__(
        self,
        processes: tuple[Process, ...],
        *,
        terminal: Terminal,
        needed: Callable[[], bool],
        tend_services: Callable[[], None],
        sockets: Path | None = None,
    ) -> None:
        self.children = [Child(process, terminal) for process in processes]
        self._needed = needed
        self._tend_services = tend_services
        self.ready = threading.Event()
        self._stop = threading.Event()
        self._demand = False
        self._sockets = () if sockets is None else (str(sockets),)
        self._guardian: subprocess.Popen[str] | None = None
        self._told = ""

    def run(self, *, started: Callable[[], None]) -> None:
        """Start everything, call `started` in a thread of its own, return when all has ended."""
        self._listen()
        self._guardian = self._start_guardian()
        threading.Thread(target=self._look, name="checks", daemon=True).start()
        threading.Thread(target=started, name="announce", daemon=True).start()
        try:
            while not self._stop.wait(TICK_SECONDS):
                self._tend(time.monotonic())
        finally:
            end_all(self.children, grace_seconds=GRACE_SECONDS)
            self._dismiss_guardian()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def _listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)

    def _tend(self, now: float) -> None:
        for child in self.children:
            child.tend(wanted=self._wanted(child), now=now)
        groups = " ".join(str(child.group) for child in self.children if child.group)
        if groups != self._told:
            self._tell(groups)

    def _wanted(self, child: Child) -> bool:
        if child.later and not self.ready.is_set():
            return False
        return self._demand or not child.on_demand

    def _look(self) -> None:
        """Slow checks, away from the loop, so that a frozen database cannot delay a stop."""
        self._demand = self._needed()
        while not self._stop.wait(CHECK_SECONDS):
            self._tend_services()
            self._demand = self._needed()

    def _tell(self, groups: str) -> None:
        assert self._guardian is not None
        assert self._guardian.stdin is not None
        try:
            self._guardian.stdin.write(groups + "\n")
            self._guardian.stdin.flush()
            self._told = groups
        except BrokenPipeError:
            self._guardian.wait()
            self._guardian = self._start_guardian()

    def _dismiss_guardian(self) -> None:
        assert self._guardian is not None
        self._tell("")
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        self._guardian.wait()

    def _start_guardian(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guardian.py")), *self._sockets]
        return subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)

"""Workers of a running installation that die where a test says; the installation's own worker can be stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system import ROOT, Up, alive

NURSERY = Path(__file__).with_name("nursery.py")


class Ward:
    """Starts workers with failpoints, knows whether they live, and says how they ended."""

    def __init__(self, up: Up) -> None:
        self._up = up
        [self._own] = up.pids("celery", "worker")
        self.environment = environment_of(self._own)
        self._nursery = subprocess.Popen(
            [sys.executable, str(NURSERY)],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def close(self) -> None:
        """End the workers that are left."""
        self._nursery.communicate(timeout=20)

    def freeze_own(self) -> None:
        """Stop the installation's own worker in whatever it does."""
        os.kill(self._own, signal.SIGSTOP)

    def thaw_own(self) -> None:
        """Let it go on, with the stale hints it was given."""
        os.kill(self._own, signal.SIGCONT)

    @property
    def log(self) -> Path:
        """What the workers print."""
        return self._up.data_dir.parent / "ward.log"

    def work(self, failpoints: str = "", *, gateway: str = "") -> int:
        """A worker; its process id."""
        return int(self._ask(f"work {self.log} {failpoints} {gateway}"))

    def ended_by(self, pid: int) -> int:
        """The signal that ended a worker, once it has ended."""
        return int(self._ask(f"end {pid}"))

    def kill(self, pid: int) -> None:
        """As `kill -9`, if it still lives."""
        if alive(pid):
            os.kill(pid, signal.SIGKILL)

    def hint(self, tenant: str, run: str) -> None:
        """What the sweeper does within seconds."""
        self._ask(f"hint {tenant} {run}")

    def _ask(self, command: str) -> str:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(command + "\n")
        self._nursery.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._nursery.stdout is not None
        return self._nursery.stdout.readline().strip()


@contextmanager
def ward_of(up: Up) -> Iterator[Ward]:
    """A ward, closed at the end."""
    ward = Ward(up)
    try:
        yield ward
    finally:
        ward.thaw_own()
        ward.close()


def environment_of(pid: int) -> dict[str, str]:
    """The variables a process was started with."""
    text = (Path("/proc") / str(pid) / "environ").read_bytes().decode()
    return dict(pair.split("=", 1) for pair in text.split("\0") if "=" in pair)

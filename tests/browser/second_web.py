"""A second console on the running installation, which a test may stop, kill and start again while all others go on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.system import ROOT, System
from tests.sandbox import free_port, wait_for_port

ASGI = ("--interface", "asginl", "--http", "1", "--no-ws", "--loop", "uvloop", "--workers", "1")


class SecondWeb:
    """One console of its own: the same database, another port."""

    def __init__(self, system: System, host: str) -> None:
        self.host, self.port = host, free_port()
        self.base_url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._environment = _environment_of(_first_web(system))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        address = ("--host", self.host, "--port", str(self.port))
        command = [sys.executable, "-m", "granian", *ASGI, *address, "config.asgi:application"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, start_new_session=True)
        wait_for_port(self.port, self._process, host=self.host)

    def freeze(self) -> None:
        """It takes connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, which)  # granian and its worker


@contextmanager
def second_web(system: System, *, host: str = "127.0.0.1") -> Iterator[SecondWeb]:
    """Running when it is handed out, gone afterwards. Its visitors have the address of `host`."""
    web = SecondWeb(system, host)
    web.start()
    try:
        yield web
    finally:
        web.kill()


def _first_web(system: System) -> int:
    """The console that runs on this data directory."""
    mark, deadline = f"DATA_DIR={system.data_dir}".encode(), time.monotonic() + 5
    while time.monotonic() < deadline:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if b"config.asgi" in (entry / "cmdline").read_bytes() and mark in (entry / "environ").read_bytes():
                    return int(entry.name)
            except OSError:  # it ended meanwhile, or is somebody else's
                continue
    raise AssertionError(f"no console runs on {system.data_dir}")


def _environment_of(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/environ").read_bytes().decode()
    return dict(pair.split("=", 1) for pair in text.split("\0") if "=" in pair)

"""The whole system for browser tests, as `make run` starts it: services, demo tenant, gateway, sandbox, worker.

The processes of one pytest-xdist session share it: the first that asks starts it, the last that leaves stops it.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.traffic import make_traffic
from tests.sandbox import free_port
from tests.system import KEPT

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
REUSE = "BROWSER_DATA_DIR"  # the data directory of a running `manage.py up` to test against instead

_started: list["subprocess.Popen[bytes]"] = []  # kept, since the one who stops it may be another test process


@dataclass(frozen=True)
class System:
    """Addresses and logins of the running system."""

    data_dir: Path
    base_url: str
    gateway_url: str
    sandbox_url: str
    slug: str
    virtual_key: str
    api_token: str
    logins: dict[str, tuple[str, str]]

    def page(self, path: str = "") -> str:
        """Address of a page of the demo tenant."""
        return f"{self.base_url}/t/{self.slug}/{path}"

    def mails(self) -> str:
        """Every mail sent so far."""
        return "\n".join(path.read_text() for path in sorted((self.data_dir / "mail").glob("*")))

    def django(self, code: str) -> str:
        """What `manage.py shell` prints for some code."""
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        return subprocess.check_output(command, cwd=ROOT, env=_environment(self.data_dir), text=True)


def system_at(data_dir: Path) -> System:
    """The system that runs on `data_dir`."""
    known: dict[str, Any] = {**_read(data_dir / "demo.json"), **_read(data_dir / "addresses.json")}
    return System(
        data_dir=data_dir,
        base_url=known["base_url"],
        gateway_url=known["gateway_url"],
        sandbox_url=known["sandbox_model_url"],
        slug=known["tenant"],
        virtual_key=known["virtual_key"],
        api_token=known["api_token"],
        logins={user["role"]: (user["email"], user["password"]) for user in known["users"]},
    )


@contextmanager
def shared_system(session_dir: Path) -> Iterator[System]:
    """The system of this test session; `session_dir` is the same in all its processes."""
    if os.environ.get(REUSE):
        yield system_at(Path(os.environ[REUSE]))
        return
    state = session_dir / "browser-system.json"
    with _locked(session_dir):
        running = _read(state) if state.exists() else _start()
        state.write_text(json.dumps(running | {"users": running["users"] + 1}))
    try:
        yield system_at(Path(running["data_dir"]))
    finally:
        with _locked(session_dir):
            running = _read(state)
            running["users"] -= 1
            state.write_text(json.dumps(running))
            if not running["users"]:
                state.unlink()
                _stop(running)


def _start() -> dict[str, Any]:
    data_dir = Path(tempfile.mkdtemp(prefix="orchestration-browser-"))
    with (data_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=_environment(data_dir) | _ports(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    deadline = time.monotonic() + START_SECONDS
    while b"Ctrl-C stops everything" not in (data_dir / "up.log").read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError("the system did not start:\n" + (data_dir / "up.log").read_text())
        time.sleep(0.2)
    make_traffic(system_at(data_dir))
    return {"data_dir": str(data_dir), "pid": process.pid, "users": 0}


def _stop(running: dict[str, Any]) -> None:
    """As Ctrl-C would. It may be a child of another test process, so its end is seen by asking for it."""
    pid = running["pid"]
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 30
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    if _alive(pid):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(running["data_dir"], ignore_errors=True)


def _alive(pid: int) -> bool:
    for process in _started:
        process.poll()  # collects it when it is ours
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


def _environment(data_dir: Path) -> dict[str, str]:
    """Nothing of the test session, whose database and settings are others."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"DATA_DIR": str(data_dir)}


def _ports() -> dict[str, str]:
    names = ("PORT", "GATEWAY_PORT", "SANDBOX_PORT")
    return {name: str(port) for name, port in zip(names, {free_port() for _ in range(9)}, strict=False)}


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@contextmanager
def _locked(session_dir: Path) -> Iterator[None]:
    with (session_dir / "browser-system.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

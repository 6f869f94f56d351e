"""What other processes call: `ensure`, `stop`, `alive`."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config import bootstrap
from config.embedded import secrets, valkey
from config.embedded.errors import EmbeddedError
from config.embedded.paths import Paths, acquire, held, read_private

PROJECT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Services:
    """Addresses of the running servers, passwords included. `admin_url` is for making roles and databases only."""

    database_url: str
    owner_url: str
    gateway_url: str
    relay_url: str
    auditor_url: str
    admin_url: str
    redis_url: str

    def variables(self) -> dict[str, str]:
        """The same as environment variables, for the processes of this installation."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "DATABASE_GATEWAY_URL": self.gateway_url,
            "DATABASE_RELAY_URL": self.relay_url,
            "DATABASE_AUDITOR_URL": self.auditor_url,
            "REDIS_URL": self.redis_url,
        }


_attached: dict[Path, IO[bytes]] = {}


def ensure(data_dir: Path, *, durable: bool = True, say: Callable[[str], None] = lambda _: None) -> Services:
    """Start the servers of `data_dir`, or attach to the running ones; this process then keeps them alive.

    `durable=False` turns fsync off: only for data that may be thrown away. `say` hears about slow or unusual steps.
    """
    paths = Paths.of(data_dir)
    paths.make()
    starting = acquire(paths.start_lock, fcntl.LOCK_EX, timeout_seconds=START_SECONDS)
    if starting is None:
        raise EmbeddedError(f"another process has been starting the services of {data_dir} for a minute")
    with starting:
        _attach(paths)
        if not _answering(paths):
            _start_keeper(paths, durable=durable, say=say)
        return _with_roles(paths)


def alive(data_dir: Path) -> bool:
    """Whether the servers of `data_dir` are up."""
    return _answering(Paths.of(data_dir))


def stop(data_dir: Path) -> bool:
    """Let go of the servers and wait for their end; False when other processes still use them."""
    paths = Paths.of(data_dir)
    attached = _attached.pop(paths.root, None)
    if attached is not None:
        attached.close()
    _ask_keeper_to_stop(paths)
    deadline = time.monotonic() + STOP_SECONDS
    sightings = 0  # one may be the keeper just looking
    while paths.keeper_lock.exists() and held(paths.keeper_lock):
        sightings += _used_by_others(paths)
        if sightings > 2 or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _attach(paths: Paths) -> None:
    if paths.root in _attached:
        return
    lock = acquire(paths.users_lock, fcntl.LOCK_SH, timeout_seconds=START_SECONDS)
    if lock is None:
        raise EmbeddedError(f"the services of {paths.root.parent} are still stopping; try again")
    _attached[paths.root] = lock


def _answering(paths: Paths) -> bool:
    state = read_private(paths.state)
    if not state or not paths.keeper_lock.exists() or not held(paths.keeper_lock):
        return False
    return _accepts(Path(state["socket_dir"], ".s.PGSQL.5432")) and valkey.ready(Path(state["socket_dir"]))


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _start_keeper(paths: Paths, *, durable: bool, say: Callable[[str], None]) -> None:
    if paths.keeper_lock.exists() and held(paths.keeper_lock):
        _wait_for_restart(paths)
        return
    command = [sys.executable, "-m", "config.embedded.keeper", str(paths.root.parent), "durable" if durable else "fast"]
    keeper = subprocess.Popen(
        command,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        },
    )
    assert keeper.stdout is not None
    keeper.wait()
    with keeper.stdout as lines:
        for line in lines:
            message = json.loads(line)
            if "note" in message:
                say(message["note"])
            if "error" in message:
                raise EmbeddedError(message["error"])
            if "ready" in message:
                return
    raise EmbeddedError(f"the keeper of the private servers ended early; see {paths.log}")


def _wait_for_restart(paths: Paths) -> None:
    """The keeper lives but a server is down: it is being restarted."""
    deadline = time.monotonic() + START_SECONDS
    while not _answering(paths):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the private servers do not come back; see {paths.log}")
        time.sleep(0.05)


def _with_roles(paths: Paths) -> Services:
    known = secrets.load(paths)
    services = _services(read_private(paths.state)["socket_dir"], known)
    digest = bootstrap.digest(known.roles)
    if not paths.roles.exists() or paths.roles.read_text(encoding="ascii") != digest:
        bootstrap.apply(services.admin_url, known.roles)
        paths.roles.write_text(digest, encoding="ascii")
    return services


def _services(socket_dir: str, known: secrets.Secrets) -> Services:
    owner, app, gateway, relay, auditor = (
        bootstrap.socket_url(role, known.roles[role], socket_dir) for role in bootstrap.ROLES
    )
    return Services(
        database_url=app,
        owner_url=owner,
        gateway_url=gateway,
        relay_url=relay,
        auditor_url=auditor,
        admin_url=bootstrap.socket_url("postgres", known.postgres, socket_dir, "postgres"),
        redis_url=f"unix://:{known.redis}@{socket_dir}/{valkey.SOCKET}?db=0",
    )


def _ask_keeper_to_stop(paths: Paths) -> None:
    keeper = read_private(paths.state).get("keeper")
    if keeper and held(paths.keeper_lock):
        try:
            os.kill(keeper, signal.SIGTERM)
        except ProcessLookupError:
            return


def _used_by_others(paths: Paths) -> bool:
    """Others share the lock; a keeper that is stopping has it alone."""
    shared = acquire(paths.users_lock, fcntl.LOCK_SH, timeout_seconds=0)
    if shared is None:
        return False
    shared.close()
    alone = acquire(paths.users_lock, fcntl.LOCK_EX, timeout_seconds=0)
    if alone is not None:
        alone.close()
    return alone is None

"""Our side of the engine benchmark: private services under .bench, one tenant, and the worker that `up` would start."""

import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.gateway.peers import WORK
from config.supervisor.plan import Layout, processes

DATA = WORK / "engine"
DRIVER = "bench.engine.driver"


@dataclass(frozen=True, slots=True)
class Services:
    """The private PostgreSQL and Valkey: `admin` is the address of its administrator."""

    environment: dict[str, str]
    admin: str = field(repr=False)

    def dsn(self, database: str) -> str:
        """The address of a fresh database on the same server."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(f"create database {database}".encode())
        return urlunsplit(urlsplit(self.admin)._replace(path=f"/{database}"))

    def transactions(self) -> int:
        """How many transactions have written something since the server was made."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            row = connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def services() -> Iterator[Services]:
    """Start them with fsync on, migrate, make the tenant; a child process keeps them until the end."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    environment = {
        "DATA_DIR": str(DATA),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": secrets.token_hex(32),
        "VAULT_ROOT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    with _kept(environment) as (addresses, admin):
        found = Services(environment | addresses, admin)
        _ran(found, "manage.py", "migrate", "-v", "0")
        _ran(found, "-m", DRIVER, "prepare")
        yield found


@contextmanager
def _kept(environment: dict[str, str]) -> Iterator[tuple[dict[str, str], str]]:
    script = "import sys, json; from pathlib import Path; from config import embedded\n"
    script += f"found = embedded.ensure(Path({str(DATA)!r}))\n"
    script += "print(json.dumps([found.variables(), found.admin_url]), flush=True); sys.stdin.read()\n"
    script += f"embedded.stop(Path({str(DATA)!r}))"  # waits: the next run makes the folder anew
    keeper = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        addresses, admin = json.loads(keeper.stdout.readline())
        yield addresses, admin
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=30)


@contextmanager
def worker(found: Services, *, threads: int) -> Iterator[None]:
    """One worker process as the supervisor starts it, with a step that does nothing added to its functions."""
    layout = Layout("127.0.0.1", 0, 0, 0, "", gateway_workers=1, worker_threads=threads, sandbox=False)
    [planned] = [one for one in processes(layout, {**os.environ, **found.environment}) if one.name == "worker"]
    command = ["bench.engine.worker" if word == "config" else word for word in planned.command]
    with (WORK / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=dict(planned.environment), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def drive(found: Services, *, runs: int, steps: int) -> float:
    """Seconds from the commit that stores `runs` runs until the last of them is over."""
    answer = json.loads(_ran(found, "-m", DRIVER, "drive", str(runs), str(steps)).splitlines()[-1])
    if answer["completed"] != runs:
        raise RuntimeError(f"{answer['completed']} of {runs} runs completed; see {WORK / 'worker.log'}")
    return float(answer["seconds"])


def _ran(found: Services, *arguments: str) -> str:
    environment: dict[str, Any] = {**os.environ, **found.environment}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=300
    )
    return done.stdout

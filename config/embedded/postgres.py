"""Making, starting and cleaning up after the private PostgreSQL."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from config.embedded.errors import EmbeddedError
from config.embedded.place import NOBODY, Place, chown_tree

READY_LINE = 7  # of postmaster.pid, see pg_ctl.c
MAX_CONNECTIONS = 250


def initialise(place: Place, password: str, *, durable: bool) -> None:
    """Make the cluster unless it exists. The version file is written last, so a half-made one is made anew."""
    data = Path(place.data)
    if (data / "global" / "pg_control").exists() and (data / "PG_VERSION").exists() and not _unfinished(data).exists():
        return
    _unfinished(data).touch()
    _remove(data)
    # initdb wants a user with a name; in a namespace and as nobody there is one
    user = NOBODY if place.mode == "setuid" else None
    if user:
        chown_tree(data.parent.parent, user)
    _initdb(place, password, durable=durable, uid=user)
    place.own(data.parent.parent)
    _unfinished(data).unlink()


def start(place: Place, socket_dir: Path, log: IO[bytes], *, durable: bool) -> "subprocess.Popen[bytes]":
    """Start the server after clearing what a killed one left behind."""
    data = Path(place.data)
    clear_leftovers(data)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": str(MAX_CONNECTIONS),
        "shared_buffers": "128MB",
        "log_min_messages": "warning",
        "log_checkpoints": "off",
        "cluster_name": "orchestration",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = place.command(f"{place.postgres}/bin/postgres", "-D", place.data, *options, death_signal=signal.SIGINT)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(place))


def ready(place: Place, process: "subprocess.Popen[bytes]") -> bool:
    """As pg_ctl finds out: the server writes `ready` into its pid file."""
    try:
        lines = Path(place.data, "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, PermissionError):
        return False
    return len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready" and lines[0].strip() == str(process.pid)


def clear_leftovers(data: Path) -> None:
    """End servers that still work on `data` after their keeper was killed, then drop their pid file.

    A stale pid file alone would stop the next start when its number now belongs to another process.
    """
    deadline = time.monotonic() + 5
    action = signal.SIGQUIT
    while leftovers := _processes_in(data):
        for pid in leftovers:
            _signal(pid, action)
        if time.monotonic() > deadline - 2:
            action = signal.SIGKILL
        if time.monotonic() > deadline:
            raise EmbeddedError(f"servers of an earlier start do not end: {leftovers}")
        time.sleep(0.02)
    if Path("/proc/self").exists():
        (data / "postmaster.pid").unlink(missing_ok=True)


def _initdb(place: Place, password: str, *, durable: bool, uid: int | None) -> None:
    password_file = Path(place.data).with_name("postgres.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="ascii")
    if uid:
        os.chown(password_file, uid, uid)
    options = [
        "-U",
        "postgres",
        "--pwfile",
        str(password_file),
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--no-instructions",
    ]
    # the server's own C.UTF-8 does not depend on which locales this machine has
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = place.command(
        f"{place.postgres}/bin/initdb", "-D", place.data, *options, *locale, *([] if durable else ["--no-sync"]),
        death_signal=signal.SIGKILL, uid=uid,
    )  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment(place))
    password_file.unlink()
    if result.returncode != 0:
        raise EmbeddedError(f"PostgreSQL could not make its data directory: {result.stderr.strip()[-800:]}")


def _environment(place: Place) -> dict[str, str]:
    """Nothing inherited: PGDATA, PGOPTIONS and the like of the caller are not meant for this server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": f"{place.postgres}/lib", "TZ": "UTC"}


def _unfinished(data: Path) -> Path:
    return data.with_name("postgres.unfinished")


def _remove(data: Path) -> None:
    """Put a half-made directory aside rather than delete what a person might want to look at."""
    if data.exists() and any(data.iterdir()):
        data.rename(data.with_name(f"postgres.broken-{int(time.time())}"))


def _processes_in(data: Path) -> list[int]:
    """Every PostgreSQL process has its data directory as working directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_postgres = (entry / "exe").readlink().name.startswith("postgres")
            if is_postgres and (entry / "cwd").readlink() == data.resolve():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return

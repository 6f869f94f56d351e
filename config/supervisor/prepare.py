"""What `up` does before Django is loaded: refuse what cannot work, start the embedded services, set addresses."""

import atexit
import fcntl
import shutil
import socket
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config import embedded
from config.embedded.paths import acquire
from config.env import ConfigError, env_all, env_assign, env_is_set
from config.supervisor.terminal import Terminal
from config.variables import (
    bind_address,
    data_dir,
    demo_core_port,
    environment_name,
    gateway_port,
    sandbox_port,
    web_port,
)


class CannotStart(RuntimeError):
    """`up` cannot run here; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the rest of `up` needs to know; the lock says that this data directory has its `up`."""

    terminal: Terminal
    embedded: bool
    sandbox: bool
    sockets: Path | None
    started: float
    lock: IO[bytes]


_prepared: Prepared | None = None


def prepare() -> None:
    """Called by manage.py for `up`; ends the process with a plain message when it cannot start."""
    global _prepared  # noqa: PLW0603 - handed from before Django is loaded to the command
    try:
        _prepared = _prepare(Terminal())
    except (CannotStart, ConfigError, embedded.EmbeddedError) as error:
        sys.exit(f"cannot start: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped before everything ran")


def prepared() -> Prepared:
    if _prepared is None:
        raise CannotStart("run it as `manage.py up`")
    return _prepared


def _prepare(terminal: Terminal) -> Prepared:
    started = time.monotonic()
    directory = data_dir()
    first = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = acquire(directory / "up.lock", fcntl.LOCK_EX, timeout_seconds=0)
    if lock is None:
        raise CannotStart(f"another `up` runs with {directory}; stop it, or set DATA_DIR to another directory")
    sandbox = environment_name() != "production"
    _check_ports(sandbox=sandbox)
    terminal.write("First start: this takes a little longer." if first else "Starting.")
    own = not env_is_set("DATABASE_URL")
    if own:
        with terminal.step("private PostgreSQL and Valkey"):
            services = embedded.ensure(directory, say=lambda text: terminal.write(f"    {text}"))
        env_assign(services.variables())
    if sandbox:
        allowed = env_all().get("EGRESS_ALLOW", "")
        own_servers = f"127.0.0.1:{sandbox_port()},127.0.0.1:{demo_core_port()}"
        env_assign({"EGRESS_ALLOW": f"{allowed},{own_servers}".lstrip(",")})
        if not env_is_set("SANDBOX_URL"):
            env_assign({"SANDBOX_URL": f"http://127.0.0.1:{sandbox_port()}"})
    sockets = None if env_is_set("PROVIDER_SOCKET") else _private_directory()
    if sockets is not None:
        env_assign({"PROVIDER_SOCKET": str(sockets / "provider.sock")})
    return Prepared(terminal=terminal, embedded=own, sandbox=sandbox, sockets=sockets, started=started, lock=lock)


def _private_directory() -> Path:
    """Short, because a socket address holds about a hundred characters; gone when this process ends."""
    directory = tempfile.mkdtemp(prefix="orchestration-up-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Path(directory)


def _check_ports(*, sandbox: bool) -> None:
    ports = {"PORT": web_port(), "GATEWAY_PORT": gateway_port()}
    if sandbox:
        ports |= {"SANDBOX_PORT": sandbox_port(), "DEMO_CORE_PORT": demo_core_port()}
    if len(set(ports.values())) < len(ports):
        raise CannotStart(f"{', '.join(f'{name}={port}' for name, port in ports.items())}: use different ports")
    for name, port in ports.items():
        host = "127.0.0.1" if name in {"SANDBOX_PORT", "DEMO_CORE_PORT"} else bind_address()
        _check_port(name, host, port)


def _check_port(name: str, host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"{host}:{port} cannot be used ({error.strerror}); set {name} to a free port") from error

"""Which processes run, with which command and which part of the environment. Pure."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

# nobody but migrations gets these
_OWNER_ONLY = ("DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")
_GATEWAY_HIDDEN = ("DATABASE_URL", "DATABASE_RELAY_URL", "DATABASE_AUDITOR_URL", "SECRET_KEY")
_SECRET_FILES = (*_OWNER_ONLY, *_GATEWAY_HIDDEN, "DATABASE_GATEWAY_URL", "REDIS_URL", "VAULT_ROOT_KEY")
HEADER_TIMEOUT_MS = "5000"
STREAM_GRACE_SECONDS = "2"
SPARE_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Process:
    """One process to run: `on_demand` only while something needs it, `later` once people can sign in."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    on_demand: bool = False
    later: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Addresses and sizes of one machine."""

    bind: str
    web_port: int
    gateway_port: int
    sandbox_port: int
    provider_socket: str
    gateway_workers: int
    worker_threads: int
    sandbox: bool
    demo_core_port: int = 0
    demo_core_file: str = ""


def processes(layout: Layout, environment: Mapping[str, str]) -> tuple[Process, ...]:
    """Everything `up` runs. `environment` holds the addresses of all roles; each process gets what it uses."""
    runtime = without(environment, *_OWNER_ONLY)
    django = without(runtime, "DATABASE_GATEWAY_URL")
    gateway = without(runtime, *_GATEWAY_HIDDEN)
    bare = without(gateway, "DATABASE_GATEWAY_URL", "REDIS_URL", "VAULT_ROOT_KEY")
    manage = (sys.executable, "manage.py")
    pool = {"DATABASE_POOL_SIZE": str(layout.worker_threads + SPARE_CONNECTIONS)}  # every thread may need one at once
    found = [
        Process(
            "web",
            (*_granian("config.asgi:application", "asginl", workers=1), *_tcp(layout.bind, layout.web_port)),
            django,
        ),
        Process(
            "gateway",
            (
                *_granian("config.gateway:app", "asgi", workers=layout.gateway_workers),
                *_tcp(layout.bind, layout.gateway_port),
            ),
            gateway,
        ),
        Process(
            "provider",
            (sys.executable, "-m", "config.provider"),
            {**bare, "PROVIDER_SOCKET": layout.provider_socket},
            on_demand=True,
        ),
        Process("worker", (*_celery(), "-c", str(layout.worker_threads)), {**pool, **django}, later=True),
        Process("beat", (*manage, "beat"), django, later=True),
    ]
    if layout.sandbox and layout.demo_core_port:
        found.append(_demo_core(layout, bare))
    if layout.sandbox:
        port = str(layout.sandbox_port)
        found.append(Process("sandbox", (sys.executable, "-m", "config.demo.sandbox", "--port", port), bare))
    return tuple(found)


def _demo_core(layout: Layout, environment: Mapping[str, str]) -> Process:
    where = ("--port", str(layout.demo_core_port), "--file", layout.demo_core_file)
    return Process("demo core", (sys.executable, "-m", "config.demo.core", *where), environment)


def without(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    """A copy without the named variables and the files that could give them."""
    hidden = {*names, *(f"{name}_FILE" for name in names)}
    return {name: value for name, value in environment.items() if name not in hidden}


def with_secrets(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """A copy with resolved values; the files they came from are dropped, since both at once is refused."""
    files = {f"{name}_FILE" for name in (*_SECRET_FILES, *values)}
    return {**{name: value for name, value in environment.items() if name not in files}, **values}


def _granian(target: str, interface: str, *, workers: int) -> tuple[str, ...]:
    options = ("--interface", interface, "--http", "1", "--no-ws", "--loop", "uvloop", "--workers", str(workers))
    limits = ("--http1-header-read-timeout", HEADER_TIMEOUT_MS, "--workers-kill-timeout", STREAM_GRACE_SECONDS)
    again = ("--respawn-failed-workers", "--respawn-interval", "0.5")
    return (sys.executable, "-m", "granian", *options, *limits, *again, "--log-level", "warning", target)


def _tcp(host: str, port: int) -> tuple[str, ...]:
    return ("--host", host, "--port", str(port))


def _celery() -> tuple[str, ...]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return (
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "-P",
        "threads",
        "-l",
        "warning",
        *quiet,
    )

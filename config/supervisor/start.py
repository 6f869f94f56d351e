"""The steps of `up` once Django is loaded: tables, static files, demo, then the processes."""

import hashlib
import http.client
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from config import embedded
from config.demo import info
from config.env import env_all, env_int, env_url
from config.supervisor.loop import Supervisor
from config.supervisor.plan import Layout, processes, with_secrets
from config.supervisor.prepare import Prepared
from config.supervisor.terminal import Terminal
from config.variables import (
    bind_address,
    data_dir,
    demo_core_port,
    gateway_port,
    provider_socket,
    sandbox_port,
    web_port,
)
from routing.domain.providers import KINDS

READY_SECONDS = 60.0
# a second API browser and the browsable API, which no page uses: half of the time that compressing takes
UNSERVED = ("drf_spectacular_sidecar/redoc/*", "rest_framework/*")
PROVIDER_NEEDED = """
select exists (select from routing_deployment d join routing_provider p on p.id = d.provider_id
               where d.enabled and p.kind = any(%s))
"""


def run(prepared: Prepared) -> None:
    """Prepare the database and files, then run every process until told to stop."""
    terminal = prepared.terminal
    if "owner" in connections:
        with terminal.step("database tables"):
            call_command("migrate", verbosity=0)
    _collect_static(terminal)
    if prepared.embedded:
        with terminal.step("demo tenant"):
            call_command("demo_load", refresh=True, verbosity=0)
    for connection in connections.all(initialized_only=True):
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()  # type: ignore[attr-defined]
    _run_processes(prepared)


def _run_processes(prepared: Prepared) -> None:
    layout = _layout(sandbox=prepared.sandbox)
    gateway_url = env_url("DATABASE_GATEWAY_URL", schemes=("postgresql", "postgres"))
    supervisor = Supervisor(
        processes(layout, _child_environment()),
        terminal=prepared.terminal,
        needed=lambda: provider_needed(gateway_url),
        tend_services=_tend_embedded(prepared),
        sockets=prepared.sockets,
    )
    info.write_addresses(data_dir(), layout)
    try:
        supervisor.run(started=lambda: _announce(prepared, layout, supervisor))
    finally:
        prepared.terminal.write("Stopping.")
        if prepared.embedded:
            embedded.stop(data_dir())


def provider_needed(gateway_url: str) -> bool:
    """Whether an enabled deployment belongs to a provider that the provider process serves."""
    kinds = [name for name, kind in KINDS.items() if kind.wire == "provider"]
    try:
        with psycopg.connect(gateway_url, connect_timeout=2) as connection:
            row = connection.execute(PROVIDER_NEEDED, (kinds,)).fetchone()
    except psycopg.Error:
        return False  # asked again in a few seconds; without a database there is nothing to serve
    return bool(row and row[0])


def _layout(*, sandbox: bool) -> Layout:
    return Layout(
        bind=bind_address(),
        web_port=web_port(),
        gateway_port=gateway_port(),
        sandbox_port=sandbox_port(),
        provider_socket=provider_socket(),
        gateway_workers=env_int("GATEWAY_WORKERS", 1, minimum=1, maximum=256),
        worker_threads=env_int("WORKER_THREADS", 32, minimum=1, maximum=1024),
        sandbox=sandbox,
        demo_core_port=demo_core_port(),
        demo_core_file=str(data_dir() / "demo-core.sqlite"),
    )


def _child_environment() -> dict[str, str]:
    values = {
        "SECRET_KEY": settings.SECRET_KEY,
        "VAULT_ROOT_KEY": settings.VAULT_ROOT_KEY,
        "DATA_DIR": str(data_dir()),
        "PORT": str(web_port()),
        "GATEWAY_PORT": str(gateway_port()),
        "SANDBOX_PORT": str(sandbox_port()),
        "DEMO_CORE_PORT": str(demo_core_port()),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return with_secrets(env_all(), values)


def _tend_embedded(prepared: Prepared) -> Callable[[], None]:
    """Start the private servers again if even their keeper was killed; the addresses stay the same."""

    def tend() -> None:
        if prepared.embedded and not embedded.alive(data_dir()):
            prepared.terminal.write("The private servers are down; starting them again.")
            embedded.ensure(data_dir())

    return tend


def _collect_static(terminal: Terminal) -> None:
    """Only when a source file changed since the last time: compressing takes seconds."""
    stamp, digest = data_dir() / "static.stamp", _static_digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest and Path(settings.STATIC_ROOT).is_dir():
        return
    with terminal.step("static files"):
        call_command("collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=list(UNSERVED))
    stamp.write_text(digest, encoding="ascii")


def _static_digest() -> str:
    state = hashlib.sha256(repr(UNSERVED).encode())
    for finder in get_finders():
        for name, storage in finder.list(list(UNSERVED)):
            status = Path(storage.path(name)).stat()
            state.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _announce(prepared: Prepared, layout: Layout, supervisor: Supervisor) -> None:
    addresses = {"web": (layout.web_port, "/accounts/login/"), "gateway": (layout.gateway_port, "/healthz")}
    deadline = time.monotonic() + READY_SECONDS
    while (
        waiting := [name for name, address in addresses.items() if not _answers(*address)]
    ) and not supervisor.stopping:
        if time.monotonic() > deadline:
            prepared.terminal.write(
                f"Not ready after {READY_SECONDS:.0f} s: {', '.join(waiting)}. See the lines above."
            )
            supervisor.ready.set()
            return
        time.sleep(0.1)
    supervisor.ready.set()
    if not supervisor.stopping:
        prepared.terminal.write(f"  ready after {time.monotonic() - prepared.started:.1f} s")
        prepared.terminal.write(info.text(info.read(data_dir())))


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

"""Live connections: whatever runs is connected with a run-time role, and nothing starts with any other."""

import subprocess
import sys

import pytest

from tests.system import ROOT, Desk, Up, call, eventually

ROLES = {"orchestration_app", "orchestration_gateway", "orchestration_relay", "orchestration_auditor"}
CONNECTED = """
select distinct a.usename, r.rolsuper, r.rolbypassrls,
       exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm'))
from pg_stat_activity a join pg_roles r on r.rolname = a.usename
where a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
"""
GRANIAN = ("-m", "granian", "--loop", "uvloop", "--http", "1", "--no-ws", "--host", "127.0.0.1", "--port", "0")
PROCESSES = {
    "web": (*GRANIAN, "--interface", "asginl", "config.asgi:application"),
    "gateway": (*GRANIAN, "--interface", "asgi", "config.gateway:app"),
    "worker": ("-m", "celery", "-A", "config", "worker", "-P", "threads", "-c", "2"),
    "beat": ("manage.py", "beat"),
}


def test_everything_that_runs_is_connected_with_a_role_that_row_security_binds(desk: Desk, up: Up) -> None:
    with desk.signed_in("owner") as browser:
        for page in ("", "usage/", "requests/", "audit/", "status/"):
            desk.page(browser, page)
    call(desk.info["gateway_url"], desk.info["virtual_key"], "assistant-cheap")
    wanted = {"orchestration_app", "orchestration_gateway", "orchestration_relay"}
    seen = eventually(lambda: (rows := desk.rows(CONNECTED)) and wanted <= {row[0] for row in rows} and rows)
    assert {name for name, *_ in seen} <= ROLES
    assert [row for row in seen if any(row[1:])] == []


@pytest.mark.faults
@pytest.mark.parametrize("role", ["admin_url", "owner_url"])
@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_starts_with_a_role_that_could_ignore_row_security(up: Up, process: str, role: str) -> None:
    services = up.services()
    unsafe = getattr(services, role).replace("/postgres?", "/orchestration?")
    names = ("DATABASE_URL", "DATABASE_GATEWAY_URL", "DATABASE_RELAY_URL", "DATABASE_AUDITOR_URL")
    environment = {**up.environment, **services.variables(), **dict.fromkeys(names, unsafe)}
    environment.pop("DATABASE_OWNER_URL")
    ended = subprocess.run(
        [sys.executable, *PROCESSES[process]], cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert b"use the run-time roles that `manage.py bootstrap_sql` makes" in ended.stdout + ended.stderr

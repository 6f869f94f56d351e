"""Every process that has a database refuses to start with a role that row-level security does not bind."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connections

from config.supervisor.plan import Layout, processes

PROJECT = Path(__file__).resolve().parents[3]
URLS = ("DATABASE_URL", "DATABASE_RELAY_URL", "DATABASE_AUDITOR_URL", "DATABASE_GATEWAY_URL")
LAYOUT = Layout(
    bind="127.0.0.1", web_port=18471, gateway_port=18472, sandbox_port=18473, provider_socket="/nonexistent/p.sock",
    gateway_workers=1, worker_threads=1, sandbox=False,
)  # fmt: skip


def plan(url: str):
    """What `up` runs, with one database address for all."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    return processes(LAYOUT, environment | dict.fromkeys(URLS, url))


def with_database() -> list[str]:
    return [one.name for one in plan("x") if any(name in one.environment for name in URLS)]


def refusal(command: tuple[str, ...], environment: dict[str, str]) -> str:
    """Run until it ends by itself; what it said."""
    process = subprocess.Popen(
        command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.terminate()
        said, _ = process.communicate(timeout=15)
        raise AssertionError(f"it went on running: {said[-2000:]}") from None
    assert process.returncode != 0
    return said


@pytest.mark.slow
@pytest.mark.parametrize("name", with_database())
def test_a_superuser_is_refused(db, name):
    url = os.environ["DATABASE_ADMIN_URL"]
    process = next(one for one in plan(url) if one.name == name)
    assert "is superuser" in refusal(process.command, dict(process.environment))


@pytest.mark.slow
def test_a_check_of_the_database_refuses_it_too(db):
    url = os.environ["DATABASE_ADMIN_URL"]
    environment = dict(plan(url)[0].environment)
    assert "is superuser" in refusal((sys.executable, "manage.py", "check", "--database", "default"), environment)


@pytest.mark.slow
def test_an_owner_of_tables_is_refused(db):
    parts = urlsplit(os.environ["DATABASE_OWNER_URL"])
    url = urlunsplit(parts._replace(path=f"/{connections['owner'].settings_dict['NAME']}"))
    environment = dict(plan(url)[0].environment)
    assert "owns tables" in refusal((sys.executable, "-c", "import config.asgi"), environment)

"""One private PostgreSQL and Valkey per session (started by the test settings), one database per xdist worker."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from hypothesis import Phase
from hypothesis import settings as examples
from psycopg.conninfo import make_conninfo

from config.bootstrap import create_database, database_statements

pytest_plugins = ["tests.cast", "tests.servers", "tests.turns"]

TEMPLATE = "test_template"

# A failing example is told as it was found, since a search for a smaller one may take minutes. For that search:
# --hypothesis-profile=default, after .hypothesis with what was found is removed.
examples.register_profile("suite", phases=(Phase.explicit, Phase.reuse, Phase.generate))
examples.load_profile("suite")

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    # the processes that tests start keep it for this session: without any a start takes three times as long
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(settings.DATA_DIR) / "pycache"))


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any) -> None:
    """Migrate one template with the owner role, then copy it for this worker; roles as in production."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    with django_db_blocker.unblock(), (Path(settings.DATA_DIR) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(TEMPLATE):
            _make_template()
        _create(f"test_{worker}", template=TEMPLATE)
        _use(f"test_{worker}")


@pytest.fixture
def owner_connection(transactional_db: None) -> Iterator["psycopg.Connection[Any]"]:
    """A connection of the owner role beside Django's, for what no run-time role may do."""
    with psycopg.connect(**connections["owner"].get_connection_params(), autocommit=True) as connection:
        yield connection


def _make_template() -> None:
    _create(TEMPLATE, template="template1")
    _use(TEMPLATE)
    try:
        call_command("migrate", verbosity=0)
    except BaseException:
        connections.close_all()
        with _admin() as admin:
            admin.execute(f"drop database {TEMPLATE}")
        raise
    connections.close_all()


def _create(name: str, *, template: str) -> None:
    with _admin() as admin:
        create_database(admin, name, template=template)
    with _admin(name) as admin:
        for statement in database_statements(name):
            admin.execute(statement.encode())


def _exists(name: str) -> bool:
    with _admin() as admin:
        return admin.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is not None


def _use(name: str) -> None:
    """Point every alias at one database, each with its own role."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _admin(dbname: str = "postgres") -> "psycopg.Connection[Any]":
    return psycopg.connect(make_conninfo(os.environ["DATABASE_ADMIN_URL"], dbname=dbname), autocommit=True)

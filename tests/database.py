"""The databases of the suite, as a pytest plugin: a private PostgreSQL (started by the test settings), one migrated
template, and a copy of it for each test process, in which the roles are those of production.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.bootstrap import create_database, database_statements
from config.management.commands.flush import KEPT

TEMPLATE = "test_template"
# One round trip, and a hundred times faster than truncating every table. Each table is let go at once, since a gateway
# that still settles locks them in an order of its own.
EMPTY = """
do $$ declare name text; begin
    for name in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
        and pg_relation_size(oid) > 0 and relname <> all({kept})
    loop execute format('delete from %I', name); commit; end loop;
end $$
"""


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """Migrate one template with the owner role, then copy it for this worker."""
    name = f"test_{getattr(request.config, 'workerinput', {}).get('workerid', 'main')}"
    with django_db_blocker.unblock(), (Path(settings.DATA_DIR) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(TEMPLATE):
            _make_template()
        _create(name, template=TEMPLATE)
        _use(name)
    with _emptied_quickly(name):
        yield


@pytest.fixture
def owner_connection(transactional_db: None) -> Iterator["psycopg.Connection[Any]"]:
    """A connection of the owner role beside Django's, for what no run-time role may do."""
    with psycopg.connect(**connections["owner"].get_connection_params(), autocommit=True) as connection:
        yield connection


@contextmanager
def _emptied_quickly(name: str) -> Iterator[None]:
    """After a test that commits: what holds something is emptied, and connections that still work are kept.

    Django would call `flush` for each alias, though all lead to one database, and connect anew for every test. Only a
    superuser may put row security and foreign keys aside.
    """
    empty = sql.SQL(EMPTY).format(kept=sql.Literal(sorted(KEPT)))
    with _admin(name) as admin, pytest.MonkeyPatch.context() as patch:
        admin.execute("set session_replication_role = replica")
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: admin.execute(empty))
        patch.setattr(TransactionTestCase, "_should_reload_connections", lambda case: _close_broken())
        yield


def _close_broken() -> bool:
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.is_usable():
            connection.close()
    return False


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

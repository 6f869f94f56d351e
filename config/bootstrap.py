"""Database roles and the database: the one place that makes them, for the embedded server and for others. No Django.

Made by the supervisor or `manage.py bootstrap_sql`, never by a migration. Every statement may run again. No role is
superuser, bypasses row-level security, may create roles or databases; only `orchestration_owner` owns tables, and no
running process uses it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import psycopg

OWNER = "orchestration_owner"
RUNTIME_ROLES = ("orchestration_app", "orchestration_gateway", "orchestration_relay", "orchestration_auditor")
ROLES = (OWNER, *RUNTIME_ROLES)
DATABASE = "orchestration"


def role_statements(passwords: Mapping[str, str]) -> Iterator[str]:
    """Cluster-wide: the roles; one without a password here keeps the one it has."""
    for role in ROLES:
        yield (
            f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then "
            f"create role {role} login noinherit; end if; end $$"
        )
        if password := passwords.get(role):
            yield f"alter role {role} password {_literal(password)}"
    # a managed server's administrator is no superuser and must be a member to give the database away
    superuser = "(select rolsuper from pg_roles where rolname = current_user)"
    grant = f"execute format('grant {OWNER} to %I', current_user)"
    yield f"do $$ begin if not {superuser} then {grant}; end if; end $$"


def database_statements(database: str) -> Iterator[str]:
    """Inside the database: who may connect, and that only the owner creates anything."""
    name = _identifier(database)
    yield f"revoke all on database {name} from public"
    yield f"grant connect on database {name} to {', '.join(RUNTIME_ROLES)}"
    yield "revoke all on schema public from public"
    yield f"grant usage on schema public to {', '.join(RUNTIME_ROLES)}"
    yield f"grant usage, create on schema public to {OWNER}"


def script(passwords: Mapping[str, str], database: str = DATABASE) -> str:
    """Everything as one psql script, for an administrator to read and run."""
    create = f"create database {_identifier(database)} owner {OWNER}"
    absent = f"not exists (select from pg_database where datname = {_literal(database)})"
    return "\n".join(
        (
            *(f"{statement};" for statement in role_statements(passwords)),
            f"select {_literal(create)} where {absent} \\gexec",
            f"\\connect {_identifier(database)}",
            *(f"{statement};" for statement in database_statements(database)),
            "",
        )
    )


def apply(admin_url: str, passwords: Mapping[str, str], database: str = DATABASE) -> None:
    """Run everything through an administrator's address."""
    import psycopg

    with psycopg.connect(admin_url, autocommit=True) as connection:
        _run(connection, role_statements(passwords))
        create_database(connection, database)
    with psycopg.connect(admin_url, dbname=database, autocommit=True) as connection:
        _run(connection, database_statements(database))


def create_database(
    connection: "psycopg.Connection[tuple[object, ...]]", database: str, *, template: str = "template1"
) -> None:
    """Create the database for the owner role unless it exists."""
    from psycopg import sql

    if not connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone():
        connection.execute(
            sql.SQL("create database {} owner {} template {}").format(
                sql.Identifier(database), sql.Identifier(OWNER), sql.Identifier(template)
            )
        )


def digest(passwords: Mapping[str, str]) -> str:
    """Changes when `apply` would do something new."""
    return hashlib.sha256(script(passwords).encode()).hexdigest()


def socket_url(role: str, password: str, socket_dir: str, database: str = DATABASE) -> str:
    """Address of a server on a Unix socket."""
    return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(socket_dir, safe='')}"


def _run(connection: "psycopg.Connection[tuple[object, ...]]", statements: Iterator[str]) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

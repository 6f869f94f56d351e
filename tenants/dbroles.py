"""Refuse to run with a database role that could ignore row-level security. Plain SQL, with and without Django."""

from collections.abc import Callable, Sequence
from typing import Any

# session_user and every role it may become: `set role` must not open what the login role cannot do.
QUERY = """
select session_user, bool_or(rolsuper), bool_or(rolbypassrls),
       bool_or(exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
                         and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))
from pg_roles r where pg_has_role(session_user, r.oid, 'member')
"""


class UnsafeRole(RuntimeError):
    """The role of this process is superuser, bypasses row-level security or owns tables."""


def verdict(row: Sequence[Any]) -> None:
    """Judge one row of QUERY; UnsafeRole says what is wrong and what to do."""
    name, is_superuser, bypasses, owns = row
    faults = [
        text
        for fault, text in ((is_superuser, "is superuser"), (bypasses, "has BYPASSRLS"), (owns, "owns tables"))
        if fault
    ]
    if faults:
        raise UnsafeRole(
            f"database role {name!r} {' and '.join(faults)}; use the run-time roles that "
            "`manage.py bootstrap_sql` makes (DATABASE_URL, DATABASE_GATEWAY_URL, DATABASE_RELAY_URL)"
        )


def assert_runtime_role(fetch_one: Callable[[str], Sequence[Any]]) -> None:
    """Run QUERY through `fetch_one` and judge its row."""
    verdict(fetch_one(QUERY))

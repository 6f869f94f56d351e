"""Rights of the app role on tables that libraries bring (sessions, content types, accounts). Ours name their own."""

from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

from tenants.rls import APP

OUR_APPS = frozenset({"tenants", "keys", "connectors", "routing", "workflows", "studio"})


def grant_library_tables(connection: BaseDatabaseWrapper) -> None:
    """Give the app role read and write on every library table that exists; run after each migration by the owner."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in sorted(library_tables() & present):
            name = connection.ops.quote_name(table)
            cursor.execute(f"grant select, insert, update, delete on {name} to {APP}")
        cursor.execute(f"grant usage on all sequences in schema public to {APP}")
        cursor.execute(f"grant select on django_migrations to {APP}")


def library_tables() -> set[str]:
    """Tables of installed apps that are not ours, many-to-many tables included."""
    models: list[Any] = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in models if model._meta.app_label not in OUR_APPS}

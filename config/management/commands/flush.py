"""`manage.py flush`: empties every table, with the owner role. Refused in production."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from psycopg import sql

# rows made by migrations, which nothing would make again
KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations", "django_site"})
TRIES = 5
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname"


class Command(BaseCommand):
    help = "Empty all tables of a development or test database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's test cases pass arguments that have no meaning here."""
        parser.add_argument("--database", default="default")
        parser.add_argument("--noinput", action="store_false", dest="interactive")
        parser.add_argument("--reset-sequences", action="store_true")
        parser.add_argument("--allow-cascade", action="store_true")
        parser.add_argument("--inhibit-post-migrate", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production":
            raise CommandError("flush is refused in production")
        if options["interactive"] and input("Empty every table? Type yes: ") != "yes":
            raise CommandError("nothing was changed")
        # apart from Django's connections, whose use its test cases restrict
        _truncate(connections["owner"].get_connection_params())


def _truncate(parameters: dict[str, Any]) -> None:
    """Another process may be reading or writing just now, in another order of tables: then once more."""
    with psycopg.connect(**parameters, autocommit=True) as connection:
        names = sql.SQL(", ").join(map(sql.Identifier, _names(connection)))
        statement = sql.SQL("truncate {} restart identity").format(names)
        for _ in range(TRIES - 1):
            try:
                connection.execute(statement)
            except psycopg.errors.DeadlockDetected:
                continue
            return
        connection.execute(statement)


def _names(connection: "psycopg.Connection[Any]") -> list[str]:
    return [name for (name,) in connection.execute(TABLES).fetchall() if name not in KEPT]

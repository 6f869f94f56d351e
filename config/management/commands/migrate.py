"""`manage.py migrate`: as Django's, but with the owner role, the only one that may change tables."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from config.grants import grant_library_tables

OWNER_ALIAS = "owner"


class Command(Migrate):
    """Migrates through the `owner` alias and renews the rights on tables that libraries bring."""

    def add_arguments(self, parser: CommandParser | ArgumentParser) -> None:
        super().add_arguments(parser)  # type: ignore[arg-type]
        parser.set_defaults(database=OWNER_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        if OWNER_ALIAS not in connections:
            raise CommandError("migrations need the owner role: set DATABASE_OWNER_URL (or DATABASE_OWNER_URL_FILE)")
        super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            grant_library_tables(connections[options["database"]])

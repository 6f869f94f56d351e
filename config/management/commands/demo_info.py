"""`manage.py demo_info`: addresses and demo logins of this installation, for people and scripts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import info
from config.variables import data_dir


class Command(BaseCommand):
    help = "Print the addresses, demo logins, API token and virtual key of this installation."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        values = info.read(data_dir())
        if values["base_url"] is None:
            raise CommandError("nothing has been started here yet; run make run first")
        self.stdout.write(info.as_json(values) if options["as_json"] else info.text(values))

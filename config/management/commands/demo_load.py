"""`manage.py demo_load`: make the demo tenant. `make run` does it on its first start on embedded services."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import info, loader
from config.variables import data_dir


class Command(BaseCommand):
    help = "Make the demo tenant with people, keys, limits, routes to the sandbox model server, and the demo core."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--refresh", action="store_true", help="no error when it is there; adjust its addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        sandbox_url = f"http://127.0.0.1:{settings.SANDBOX_PORT}"
        core_url = f"http://127.0.0.1:{settings.DEMO_CORE_PORT}"
        if loader.refresh(sandbox_url=sandbox_url, core_url=core_url):
            if not options["refresh"]:
                raise CommandError(f"the demo tenant is there already; its logins are in {info.path(data_dir())}")
            return
        loader.load(data_dir(), sandbox_url=sandbox_url, core_url=core_url)
        self.stdout.write("The demo tenant is there. `manage.py demo_info` prints its logins.")

"""`manage.py bootstrap_sql`: the SQL that makes the database and its roles on a server of your own."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.management.base import BaseCommand, CommandParser

from config import bootstrap
from config.env import env_url

VARIABLES = {
    "orchestration_owner": "DATABASE_OWNER_URL",
    "orchestration_app": "DATABASE_URL",
    "orchestration_gateway": "DATABASE_GATEWAY_URL",
    "orchestration_relay": "DATABASE_RELAY_URL",
    "orchestration_auditor": "DATABASE_AUDITOR_URL",
}


class Command(BaseCommand):
    help = (
        "Print the SQL that makes the database and its roles (for psql), or apply it with an administrator's address."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", metavar="URL", default="", help="an administrator's postgresql:// address")
        parser.add_argument("--database", default=bootstrap.DATABASE, help="name of the database")

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = role_passwords()
        if options["apply"]:
            bootstrap.apply(options["apply"], passwords, options["database"])
            self.stdout.write(f"roles and database {options['database']} are in place")
            return
        for role in bootstrap.ROLES:
            if role not in passwords:
                self.stdout.write(f"-- {role} gets no password here: set {VARIABLES[role]} first, or alter it yourself")
        self.stdout.write(bootstrap.script(passwords, options["database"]))


def role_passwords() -> dict[str, str]:
    """The passwords named in the addresses of the environment, for the roles they name."""
    found: dict[str, str] = {}
    for role, variable in VARIABLES.items():
        parts = urlsplit(env_url(variable, schemes=("postgresql", "postgres")))
        if parts.username == role and parts.password:
            found[role] = unquote(parts.password)
    return found

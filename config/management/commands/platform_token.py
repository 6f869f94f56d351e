"""`manage.py platform_token`: bearer tokens of the platform operator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.errors import Invalid
from tenants.selectors import platform_token_list
from tenants.services import platform_token_create, platform_token_revoke

LABEL = "manage.py platform_token"


class Command(BaseCommand):
    help = "Issue, list and revoke platform tokens, which create and suspend tenants through the REST API."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="issue a token; it is printed once")
        create.add_argument("name")
        create.add_argument("--days", type=int, default=90)
        verbs.add_parser("list", help="show all tokens, never their secrets")
        verbs.add_parser("revoke", help="end a token at once").add_argument("name")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        match verb:
            case "create":
                self._create(options["name"], options["days"])
            case "list":
                for token in platform_token_list():
                    state = f"revoked {token.revoked_at:%F}" if token.revoked_at else f"expires {token.expires_at:%F}"
                    self.stdout.write(f"{token.name}\t{state}")
            case "revoke":
                self._revoke(options["name"])

    def _create(self, name: str, days: int) -> None:
        if days < 1:
            raise CommandError("--days must be at least 1")
        try:
            _token, secret = platform_token_create(name=name, days=days, actor_label=LABEL)
        except Invalid as error:
            raise CommandError(error.errors["name"][0]) from error
        self.stdout.write(secret.secret)

    def _revoke(self, name: str) -> None:
        token = platform_token_list().filter(name=name).first()
        if token is None:
            raise CommandError(f"there is no platform token {name!r}")
        platform_token_revoke(token.id, actor_label=LABEL)
        self.stdout.write(f"{name} is revoked")

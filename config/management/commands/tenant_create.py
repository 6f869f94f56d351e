"""`manage.py tenant_create`: a tenant and its first owner, from the command line of the operator."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.text import capfirst

from tenants.domain import Role
from tenants.errors import Invalid
from tenants.ids import uuid7
from tenants.links import invitation_url
from tenants.models import Tenant, User
from tenants.scope import Actor, Scope, tenant_tx
from tenants.selectors import user_by_email
from tenants.services import member_add, tenant_create, user_create


class Command(BaseCommand):
    help = "Create a tenant. Its first owner gets an invitation, or an account with the password from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="short name in addresses: lower-case letters, digits, hyphens")
        parser.add_argument("--name", help="name of the company; by default from the short name")
        parser.add_argument("--owner-email", required=True)
        parser.add_argument("--owner-password-stdin", action="store_true", help="make the account instead of inviting")
        parser.add_argument("--time-zone", default="Asia/Ho_Chi_Minh")

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\n") if options["owner_password_stdin"] else ""
        if options["owner_password_stdin"] and not password:
            raise CommandError("no password came on standard input")
        try:
            tenant = _create(options, password)
        except Invalid as error:
            faults = (f"{name}: {' '.join(texts)}" for name, texts in error.errors.items())
            raise CommandError("; ".join(faults)) from error
        verb = "is its owner" if password else "is invited by mail"
        self.stdout.write(f"{tenant.name} ({tenant.slug}) is created; {options['owner_email']} {verb}.")


def _create(options: dict[str, Any], password: str) -> Tenant:
    scope = Scope(tenant_id=uuid7(), actor=Actor(kind="staff", id="manage.py", label="manage.py tenant_create"))
    email = options["owner_email"]
    with tenant_tx(scope):
        tenant = tenant_create(
            scope,
            slug=options["slug"],
            name=options["name"] or capfirst(options["slug"].replace("-", " ")),
            owner_email="" if password else email,
            time_zone=options["time_zone"],
            accept_url=invitation_url(),
        )
        if password:
            member_add(scope, user=_account(email, password), roles=[Role.OWNER])
    return tenant


def _account(email: str, password: str) -> User:
    if user_by_email(email):
        raise Invalid(errors={"owner_email": ["there is an account with this address; invite it instead"]})
    return user_create(email=email, name="", password=password)

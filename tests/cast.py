"""The fixed cast of the suite, as a pytest plugin: two tenants, their people, an outsider, platform staff.

    tenant A    alice (owner)    bob (developer)
    tenant B    charlie (owner): the outsider of every permission test about A
    platform    sam (staff, member of no tenant)

Ask for `cast`. On its own it lives in the transaction of the test. With `@committed` everything is really committed,
other connections and processes see it, and every table is emptied afterwards through the owner's role, because the app
role may not.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tenants.domain import Role

if TYPE_CHECKING:
    from django.test import Client
    from rest_framework.test import APIClient

    from tenants.models import Tenant, User
    from tenants.scope import Scope

PASSWORD = "correct horse battery staple"

committed = pytest.mark.django_db(transaction=True, databases=["default", "relay"])
committed_as_owner = pytest.mark.django_db(transaction=True, databases=["default", "relay", "owner"])


@dataclass(frozen=True)
class Cast:
    """Two tenants and their people."""

    tenant_a: "Tenant"
    tenant_b: "Tenant"
    alice: "User"
    bob: "User"
    charlie: "User"
    sam: "User"

    def scope_of(self, user: "User") -> "Scope":
        """Scope of one of the people, found the way a page finds it."""
        from tenants.identity import Origin, scope_of_member

        tenant = self.tenant_b if user == self.charlie else self.tenant_a
        return scope_of_member(user, tenant.slug, Origin(request_id="test", ip="192.0.2.1"))[1]

    def scope(self, *roles: Role, tenant: "Tenant | None" = None) -> "Scope":
        """Scope of a made-up person with exactly these roles (owner when none are named) in tenant A."""
        from tenants.scope import Actor, Scope

        label = "-".join(roles) or "owner"
        actor = Actor(kind="user", id=label, label=label, roles=frozenset(roles or {Role.OWNER}))
        return Scope(tenant_id=(tenant or self.tenant_a).id, actor=actor, request_id="test", ip="192.0.2.1")

    def acting(self, *roles: Role, tenant: "Tenant | None" = None) -> AbstractContextManager["Scope"]:
        """A unit of work of a made-up person: `with cast.acting(Role.ADMIN): …`."""
        from tenants.scope import tenant_tx

        return tenant_tx(self.scope(*roles, tenant=tenant))

    def token(self, *roles: Role, tenant: "Tenant | None" = None) -> str:
        """Secret of a fresh API token of a service account with exactly these roles."""
        from tenants.ids import uuid7
        from tenants.services import api_token_issue, service_account_create

        with self.acting(tenant=tenant):
            account = service_account_create(name=f"robot {uuid7()}", roles=roles or (Role.OWNER,))
            return api_token_issue(account.id, days=None)[1].secret

    def api(self, *roles: Role, tenant: "Tenant | None" = None) -> "APIClient":
        """REST client signed in as a service account with these roles (owner when none are named) in tenant A."""
        from rest_framework.test import APIClient

        return APIClient(HTTP_AUTHORIZATION=f"Bearer {self.token(*roles, tenant=tenant)}")

    def browser(self, user: "User | None" = None, **kwargs: Any) -> "Client":
        """Browser session of one of the people; nobody is signed in when none is named."""
        from django.test import Client

        client = Client(**kwargs)
        if user is not None:
            client.force_login(user)
        return client


def make_cast() -> Cast:
    """Create both tenants and everybody in them."""
    from tenants.models import User
    from tests import factories

    people = {name: User.objects.create_user(f"{name}@example.test", PASSWORD) for name in ("alice", "bob", "charlie")}
    sam = User.objects.create_superuser("sam@example.test", PASSWORD)
    tenant_a, tenant_b = factories.tenant("bank-a", "Alpha Bank"), factories.tenant("bank-b", "Beta Bank")
    factories.member(tenant_a, people["alice"], Role.OWNER)
    factories.member(tenant_a, people["bob"], Role.DEVELOPER)
    factories.member(tenant_b, people["charlie"], Role.OWNER)
    return Cast(tenant_a=tenant_a, tenant_b=tenant_b, sam=sam, **people)


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast; committed or inside the transaction of the test, as the test is marked."""
    return make_cast()


def owner_conninfo() -> str:
    """Address of the test database for the owner's role."""
    return conninfo("owner")


def conninfo(alias: str = "default") -> str:
    """Address of the test database for the role of `alias`, for processes and connections outside Django."""
    from django.db import connections

    settings = connections[alias].settings_dict
    named = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT", "dbname": "NAME"}
    return psycopg.conninfo.make_conninfo("", **{name: settings[key] for name, key in named.items() if settings[key]})

"""Small makers of kernel objects with sensible defaults. Each goes through the services, so what it makes is real.

Makers without a tenant argument need an open unit of work: `with cast.acting(): factories.unit("Cards")`.
"""

from datetime import timedelta

from django.utils import timezone

from tenants import services
from tenants.domain import Role, UnitKind
from tenants.ids import uuid7
from tenants.models import Membership, PlatformToken, ServiceAccount, Tenant, Unit, User
from tenants.scope import Actor, Scope
from tenants.tokens import PLATFORM_TOKEN_PREFIX, new_token

ACCEPT_URL = "http://testserver/invitations/{token}/"


def staff_scope(tenant: Tenant | None = None) -> Scope:
    """Scope of platform staff for `tenant`, or for one that is about to be created."""
    actor = Actor(kind="staff", id="staff", label="sam@example.test")
    return Scope(tenant_id=tenant.id if tenant else uuid7(), actor=actor)


def tenant(slug: str, name: str = "", *, owner_email: str = "") -> Tenant:
    """A tenant; its first owner is invited only when an address is given."""
    return services.tenant_create(
        staff_scope(), slug=slug, name=name or slug, owner_email=owner_email, time_zone="UTC", accept_url=ACCEPT_URL
    )


def user(email: str, password: str | None = None) -> User:
    """A person without any membership."""
    return User.objects.create_user(email, password)


def member(of: Tenant, person: User, *roles: Role) -> Membership:
    """Make `person` a member with `roles`."""
    return services.member_add(staff_scope(of), user=person, roles=roles)


def unit(name: str = "Cards", *, kind: UnitKind = UnitKind.DEPARTMENT, parent: Unit | None = None) -> Unit:
    """A unit of the present tenant."""
    return services.unit_create(name=name, kind=kind, parent_id=parent.id if parent else None)


def service_account(name: str = "robot", *roles: Role) -> ServiceAccount:
    """A service account of the present tenant, developer when no role is named."""
    return services.service_account_create(name=name, roles=roles or (Role.DEVELOPER,))


def platform_token(name: str = "operator", *, hours: int = 1) -> str:
    """Secret of a platform token."""
    token = new_token(PLATFORM_TOKEN_PREFIX)
    PlatformToken.objects.create(name=name, digest=token.digest, expires_at=timezone.now() + timedelta(hours=hours))
    return token.secret

"""From credentials to a scope: memberships of people, tokens of service accounts, tokens of the platform operator."""

from dataclasses import dataclass

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.domain import Role, TenantStatus
from tenants.errors import NotFound, Unauthenticated
from tenants.models import ApiToken, Invitation, Lookup, Membership, PlatformToken, Tenant, User
from tenants.scope import Actor, Scope, system_scope, tenant_tx
from tenants.tokens import digest_of, membership_digest

TOKEN_USE_RESOLUTION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from; goes into scope and audit."""

    request_id: str
    ip: str


@dataclass(frozen=True, slots=True)
class Invited:
    """An open invitation: where to, for whom, and the scope in which it is accepted."""

    tenant: Tenant
    email: str
    roles: list[str]
    has_account: bool
    scope: Scope


def tenants_of(user: User) -> list[Tenant]:
    """Active tenants in which the person has a membership, by name. The membership itself is checked on entry."""
    rows = Lookup.objects.filter(kind="membership", digest=membership_digest(user.id))
    return list(Tenant.objects.filter(id__in=rows.values("tenant_id"), status=TenantStatus.ACTIVE).order_by("name"))


def scope_of_member(user: User, slug: str, origin: Origin) -> tuple[Tenant, Scope]:
    """Scope of a person in the tenant `slug`; NotFound for outsiders, unknown and suspended tenants alike."""
    tenant = Tenant.objects.filter(slug=slug, status=TenantStatus.ACTIVE).first()
    if tenant is None or not user.is_active:
        raise NotFound()
    with tenant_tx(system_scope(tenant.id, "sign-in")):
        membership = Membership.objects.filter(_not_expired(), user=user, active=True).first()
    if membership is None or (membership.break_glass_reason and not user.is_staff):
        raise NotFound()
    actor = Actor(kind="user", id=str(user.id), label=user.email, roles=_roles(membership.roles))
    return tenant, Scope(tenant_id=tenant.id, actor=actor, request_id=origin.request_id, ip=origin.ip)


def scope_of_token(secret: str, origin: Origin) -> Scope:
    """Scope of a service account's bearer token; Unauthenticated says why it does not work."""
    lookup = Lookup.objects.filter(kind="api_token", digest=digest_of(secret)).first()
    if lookup is None:
        raise Unauthenticated(_("This API token is not known. Check that it was copied whole."))
    if not Tenant.objects.filter(id=lookup.tenant_id, status=TenantStatus.ACTIVE).exists():
        raise Unauthenticated(_("The tenant of this API token is suspended or closed."))
    with tenant_tx(system_scope(lookup.tenant_id, "token sign-in")):
        token = ApiToken.objects.select_related("service_account").filter(pk=lookup.object_id).first()
        if token is None or token.revoked_at or not token.service_account.active:
            raise Unauthenticated(_("This API token is revoked."))
        if token.expires_at and token.expires_at <= timezone.now():
            raise Unauthenticated(_("This API token has expired. Issue a new one."))
        _note_use(token)
        account = token.service_account
    actor = Actor(kind="service", id=str(account.id), label=account.name, roles=_roles(account.roles))
    return Scope(tenant_id=lookup.tenant_id, actor=actor, request_id=origin.request_id, ip=origin.ip)


def platform_actor(secret: str) -> Actor:
    """Actor of a platform token; Unauthenticated otherwise."""
    token = PlatformToken.objects.filter(_not_expired(), digest=digest_of(secret), revoked_at__isnull=True).first()
    if token is None:
        raise Unauthenticated(_("This platform token is not valid."))
    return Actor(kind="staff", id=str(token.id), label=f"platform token {token.name}")


def invited(secret: str, origin: Origin) -> Invited:
    """What an invitation link stands for; NotFound when it is unknown, used, expired or withdrawn."""
    lookup = Lookup.objects.filter(kind="invitation", digest=digest_of(secret)).first()
    if lookup is None:
        raise NotFound()
    tenant = Tenant.objects.filter(pk=lookup.tenant_id, status=TenantStatus.ACTIVE).first()
    if tenant is None:
        raise NotFound()
    with tenant_tx(system_scope(tenant.id, "invitation")):
        invitation = Invitation.objects.filter(
            pk=lookup.object_id, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now()
        ).first()
    if invitation is None:
        raise NotFound(_("This invitation is used, expired or withdrawn. Ask for a new one."))
    user = User.objects.filter(email=invitation.email).first()
    actor = Actor(kind="user", id=str(user.id) if user else "", label=invitation.email)
    scope = Scope(tenant_id=tenant.id, actor=actor, request_id=origin.request_id, ip=origin.ip)
    return Invited(tenant=tenant, email=invitation.email, roles=invitation.roles, has_account=bool(user), scope=scope)


def _roles(names: list[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)


def _not_expired() -> models.Q:
    return models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=timezone.now())


def _note_use(token: ApiToken) -> None:
    """Keep `last_used_at` true to the minute; one write per minute, not one per request."""
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() > TOKEN_USE_RESOLUTION_SECONDS:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)

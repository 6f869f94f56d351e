"""What platform staff may do: create, suspend, reopen and close tenants. Audited in the tenant and on the platform."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.domain import Role, TenantStatus
from tenants.errors import Invalid, NotFound
from tenants.models import PlatformAuditEntry, PlatformToken, Tenant
from tenants.scope import Scope, tenant_tx
from tenants.services.invitations import invite
from tenants.services.settings import check_time_zone
from tenants.stamp import touch_config
from tenants.tokens import PLATFORM_TOKEN_PREFIX, NewToken, new_token

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")


def tenant_create(scope: Scope, *, slug: str, name: str, owner_email: str, time_zone: str, accept_url: str) -> Tenant:
    """Create a tenant with the id of `scope` and invite its first owner by mail (nobody when the address is empty).

    `accept_url` is the address of the invitation page with `{token}` in it.
    """
    _check_staff(scope)
    check_slug(slug)
    check_time_zone(time_zone)
    with tenant_tx(scope):
        tenant = _insert(Tenant(id=scope.tenant_id, slug=slug, name=name, time_zone=time_zone))
        platform_audit(scope.actor.label, "tenant.create", slug, {"name": name})
        touch_config()
        audit.record("tenant.create", tenant, {"slug": slug, "name": name})
        if owner_email:
            invite(owner_email, [Role.OWNER], accept_url)
    return tenant


def tenant_set_status(scope: Scope, *, status: TenantStatus, reason: str) -> Tenant:
    """Suspend, reopen or close a tenant; its keys stop working within a second."""
    _check_staff(scope)
    with tenant_tx(scope):
        tenant = Tenant.objects.select_for_update(no_key=True).filter(pk=scope.tenant_id).first()
        if tenant is None:
            raise NotFound()
        before, tenant.status = tenant.status, status
        tenant.save(update_fields=["status"])
        touch_config()
        changes = {"status": [before, str(status)], "reason": reason}
        audit.record("tenant.status", tenant, changes)
        platform_audit(scope.actor.label, "tenant.status", tenant.slug, changes)
    return tenant


def platform_token_create(*, name: str, days: int, actor_label: str) -> tuple[PlatformToken, NewToken]:
    """Issue a platform token. The secret is returned once."""
    secret = new_token(PLATFORM_TOKEN_PREFIX)
    expires_at = timezone.now() + timedelta(days=days)
    try:
        with transaction.atomic():
            token = PlatformToken.objects.create(name=name, digest=secret.digest, expires_at=expires_at)
            platform_audit(actor_label, "platform_token.create", name, {"days": days, "last4": secret.last4})
    except IntegrityError as error:
        raise Invalid(errors={"name": [_("There is a platform token with this name already.")]}) from error
    return token, secret


def platform_token_revoke(token_id: UUID, *, actor_label: str) -> None:
    """Revoke a platform token; takes effect with the next request."""
    with transaction.atomic():
        token = PlatformToken.objects.select_for_update().get(pk=token_id)
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            platform_audit(actor_label, "platform_token.revoke", token.name, {})


def platform_audit(actor_label: str, action: str, object_label: str, changes: Mapping[str, Any]) -> None:
    """Write what staff did to the platform's own audit."""
    PlatformAuditEntry.objects.create(
        actor_label=actor_label[:254], action=action, object_label=object_label[:254], changes=dict(changes)
    )


def _insert(tenant: Tenant) -> Tenant:
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as error:
        text = _("Another tenant uses this short name. Choose a different one.")
        raise Invalid(errors={"slug": [text]}) from error
    return tenant


def _check_staff(scope: Scope) -> None:
    if scope.actor.kind not in {"staff", "system"}:
        raise NotFound()


def check_slug(slug: str) -> None:
    """Raise Invalid unless `slug` can stand in an address."""
    if not _SLUG.match(slug):
        raise Invalid(errors={"slug": [_("Use up to 40 lower-case letters, digits and hyphens.")]})

"""Guarded reads: the permission check, and fetching through the tenant (absent and foreign are the same 404)."""

from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from tenants.domain import allowed
from tenants.errors import NotFound, PermissionDenied
from tenants.models import ApiToken, AuditEntry, Invitation, Membership, ServiceAccount, Tenant, TenantOwned, Unit
from tenants.scope import current_scope

Row = TypeVar("Row", bound=TenantOwned)


def may(action: str) -> bool:
    """Say whether the present actor may do `action`; the system may do all."""
    actor = current_scope().actor
    return actor.kind == "system" or allowed(actor.roles, action)


def require(action: str) -> None:
    """Raise PermissionDenied unless the present actor may do `action`."""
    if not may(action):
        raise PermissionDenied(action=action)


def fetch(model: type[Row], object_id: UUID | str, *, lock: bool = False, **filters: Any) -> Row:
    """Return one row of the present tenant; NotFound when absent, foreign or not an id at all."""
    queryset: models.QuerySet[Row] = model.objects.filter(pk=_uuid(object_id), **filters)
    row = (queryset.select_for_update(of=("self",)) if lock else queryset).first()
    if row is None:
        raise NotFound()
    return row


def _uuid(value: UUID | str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except (ValueError, ValidationError) as error:
        raise NotFound() from error


def access_unit(unit_id: UUID | str, *, lock: bool = False) -> Unit:
    """Return a unit of this tenant."""
    require("unit.read")
    return fetch(Unit, unit_id, lock=lock)


def access_membership(membership_id: UUID | str, *, lock: bool = False) -> Membership:
    """Return a membership of this tenant."""
    require("member.read")
    return fetch(Membership, membership_id, lock=lock)


def access_invitation(invitation_id: UUID | str, *, lock: bool = False) -> Invitation:
    """Return an invitation of this tenant."""
    require("member.read")
    return fetch(Invitation, invitation_id, lock=lock)


def access_service_account(account_id: UUID | str, *, lock: bool = False) -> ServiceAccount:
    """Return a service account of this tenant."""
    require("service_account.read")
    return fetch(ServiceAccount, account_id, lock=lock)


def access_audit_entry(entry_id: UUID | str) -> AuditEntry:
    """Return an audit entry of this tenant."""
    require("audit.read")
    return fetch(AuditEntry, entry_id)


def access_api_token(account_id: UUID | str, token_id: UUID | str) -> ApiToken:
    """Return a token of one service account of this tenant."""
    require("service_account.read")
    return fetch(ApiToken, token_id, service_account_id=account_id)


def access_tenant(tenant_id: UUID) -> Tenant:
    """Return any tenant, for the platform operator."""
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        raise NotFound()
    return tenant

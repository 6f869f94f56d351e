"""Reads of the kernel for pages and API. Each checks its permission and stays inside the open tenant transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from tenants.access import require
from tenants.models import (
    ApiToken,
    AuditEntry,
    AuditHead,
    Invitation,
    Membership,
    PlatformToken,
    ServiceAccount,
    Tenant,
    Unit,
    User,
)
from tenants.scope import current_scope


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show of the audit log; empty fields do not filter."""

    actor: str = ""
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit with its depth in the tree (0 = top)."""

    unit: Unit
    depth: int


def tenant_current(*, lock: bool = False) -> Tenant:
    """The tenant of the scope; `lock` keeps others from changing it before the transaction ends."""
    tenants = Tenant.objects.select_for_update(no_key=True) if lock else Tenant.objects.all()
    return tenants.get(pk=current_scope().tenant_id)


def tenant_list() -> QuerySet[Tenant]:
    """All tenants, for the platform operator."""
    return Tenant.objects.all()


def platform_token_list() -> QuerySet[PlatformToken]:
    """All platform tokens, newest first."""
    return PlatformToken.objects.order_by("-id")


def user_by_email(email: str) -> User | None:
    """The person with this address."""
    return User.objects.filter(email=User.objects.normalize_email(email)).first()


def unit_list(*, archived: bool = False) -> QuerySet[Unit]:
    """Units of the tenant, archived ones only on request."""
    require("unit.read")
    units: QuerySet[Unit] = Unit.objects.select_related("parent")
    return units if archived else units.filter(archived_at__isnull=True)


def unit_tree(*, archived: bool = False) -> list[UnitRow]:
    """Units in tree order, children below their parent, by name."""
    units = list(unit_list(archived=archived))
    names = {unit.id: unit.name.casefold() for unit in units}
    units.sort(key=lambda unit: [names.get(step, "") for step in unit.path])
    return [UnitRow(unit, len(unit.path) - 1) for unit in units]


def unit_children(unit: Unit) -> QuerySet[Unit]:
    """Direct children of a unit."""
    require("unit.read")
    children: QuerySet[Unit] = Unit.objects.filter(parent=unit).order_by("name")
    return children


def membership_list() -> QuerySet[Membership]:
    """Members, active ones first."""
    require("member.read")
    members: QuerySet[Membership] = Membership.objects.select_related("user").order_by("-active", "user__email")
    return members


def invitation_list(*, open_only: bool = True) -> QuerySet[Invitation]:
    """Invitations, newest first."""
    require("member.read")
    invitations: QuerySet[Invitation] = Invitation.objects.order_by("-id")
    open_ones = Q(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now())
    return invitations.filter(open_ones) if open_only else invitations


def service_account_list() -> QuerySet[ServiceAccount]:
    """Service accounts with the number of tokens that work today."""
    require("service_account.read")
    alive = Q(tokens__revoked_at__isnull=True) & (
        Q(tokens__expires_at__isnull=True) | Q(tokens__expires_at__gt=timezone.now())
    )
    accounts: QuerySet[Any] = ServiceAccount.objects.annotate(
        live_tokens=Count("tokens", filter=alive & Q(tokens__id__isnull=False))
    )
    return accounts.order_by("name")


def api_token_list(account: ServiceAccount) -> QuerySet[ApiToken]:
    """Tokens of a service account, newest first."""
    require("service_account.read")
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(service_account=account).order_by("-id")
    return tokens


def audit_list(wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """Audit entries, newest first."""
    require("audit.read")
    entries: QuerySet[AuditEntry] = AuditEntry.objects.order_by("-id")
    return entries.filter(**_audit_conditions(wanted))


def audit_head() -> AuditHead | None:
    """End of the sealed chain; None before the first sealing."""
    require("audit.read")
    head: AuditHead | None = AuditHead.objects.first()
    return head


def audit_actions() -> list[str]:
    """Actions that occur in this tenant, for the filter."""
    require("audit.read")
    return sorted(AuditEntry.objects.order_by().values_list("action", flat=True).distinct())


def _audit_conditions(wanted: AuditFilter) -> dict[str, Any]:
    conditions = {
        "actor_label__icontains": wanted.actor,
        "action": wanted.action,
        "object_type": wanted.object_type,
        "object_id": wanted.object_id,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return {name: value for name, value in conditions.items() if value}

"""Reads for pages and API. Each checks its permission and stays inside the open tenant transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from keys.domain.limits import LimitState, Meter, Window, headroom, period_at, share_used, tightest
from keys.models import LedgerEntry, Limit, LimitPeriod, ProviderCredential, VirtualKey, VirtualKeySecret
from tenants.access import require
from tenants.selectors import tenant_current

NEAR = 0.8  # the share from which a limit is said to be close


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """What to show of the ledger; empty fields do not filter."""

    virtual_key_id: UUID | None = None
    unit_id: UUID | None = None
    limit_id: UUID | None = None
    hold_id: UUID | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EffectiveLimits:
    """All limits that a call of one key must fit into, and the one that will refuse first."""

    states: tuple[LimitState, ...]
    tightest: LimitState | None


def virtual_key_list(*, unit_id: UUID | None = None, status: str = "") -> QuerySet[VirtualKey]:
    """Keys with their unit and secrets, newest first."""
    require("key.read")
    keys: QuerySet[VirtualKey] = VirtualKey.objects.select_related("unit").prefetch_related("secrets").order_by("-id")
    conditions = {"unit_id": unit_id, "status": status}
    return keys.filter(**{name: value for name, value in conditions.items() if value})


def virtual_key_secrets(key: VirtualKey) -> QuerySet[VirtualKeySecret]:
    """Secrets of a key, newest first; the digests are of no use to anybody."""
    require("key.read")
    secrets: QuerySet[VirtualKeySecret] = VirtualKeySecret.objects.filter(virtual_key=key).order_by("-id")
    return secrets


def limit_list(
    *, virtual_key_id: UUID | None = None, unit_id: UUID | None = None, active: bool | None = True
) -> QuerySet[Limit]:
    """Limits with the counters of their present period (committed, held, overrun, resets_at; null = untouched)."""
    require("limit.read")
    conditions = {"virtual_key_id": virtual_key_id, "unit_id": unit_id, "active": active}
    wanted = {name: value for name, value in conditions.items() if value is not None}
    return _with_period(Limit.objects.filter(**wanted)).order_by("-id")


def limit_state(limit: Limit, *, time_zone: str, at: datetime) -> LimitState:
    """A limit of `limit_list` in its present period."""
    committed, held, overrun = (getattr(limit, name) or 0 for name in ("committed", "held", "overrun"))
    resets_at = getattr(limit, "resets_at", None) or period_at(Window(limit.window), at, time_zone).ends_at
    return LimitState(
        id=limit.id,
        name=limit.name,
        scope=limit.scope,
        meter=Meter(limit.meter),
        window=Window(limit.window),
        amount=limit.amount,
        used=committed + held + overrun,
        remaining=headroom(limit.amount, committed=committed, held=held, overrun=overrun),
        resets_at=resets_at,
        hard=limit.hard,
    )


def limit_states(limits: Iterable[Limit]) -> list[LimitState]:
    """Present state of each of the limits."""
    zone, now = tenant_current().time_zone, timezone.now()
    return [limit_state(limit, time_zone=zone, at=now) for limit in limits]


def effective_limits(key: VirtualKey) -> EffectiveLimits:
    """Every limit on the path of a key: its own, those of its units, those of the tenant."""
    covers = Q(virtual_key=key) | Q(unit_id__in=key.unit.path) | Q(virtual_key=None, unit=None)
    states = tuple(limit_states(limit_list().filter(covers)))
    return EffectiveLimits(states, tightest(states))


def budgets_closest_to_limit(count: int = 5) -> list[LimitState]:
    """Budgets of the present period with the largest used share, fullest first."""
    states = [state for state in limit_states(limit_list().filter(meter=Meter.COST)) if state.used]
    return sorted(states, key=share_used, reverse=True)[:count]


def limits_near(share: float = NEAR) -> list[LimitState]:
    """Limits that have used up this share of their present period or more, fullest first; not those of nothing."""
    states = [state for state in limit_states(limit_list()) if state.amount and share_used(state) >= share]
    return sorted(states, key=share_used, reverse=True)


def ledger_list(wanted: LedgerFilter) -> QuerySet[LedgerEntry]:
    """Ledger entries, newest first."""
    require("ledger.read")
    conditions: dict[str, Any] = {
        "virtual_key_id": wanted.virtual_key_id,
        "unit_id": wanted.unit_id,
        "hold_id": wanted.hold_id,
        "kind": wanted.kind,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    entries: QuerySet[LedgerEntry] = LedgerEntry.objects.order_by("-id")
    entries = entries.filter(**{name: value for name, value in conditions.items() if value})
    if wanted.limit_id is None:
        return entries
    periods = list(LimitPeriod.objects.filter(limit_id=wanted.limit_id).values_list("id", flat=True))
    return entries.filter(Q(allocations__overlap=periods) | Q(counted__overlap=periods))


def ledger_of_holds(hold_ids: Iterable[UUID]) -> list[LedgerEntry]:
    """Entries of the attempts of one request, in the order they were booked."""
    require("ledger.read")
    return list(LedgerEntry.objects.filter(hold_id__in=list(hold_ids)).order_by("at", "id"))


def credential_list() -> QuerySet[ProviderCredential]:
    """Provider credentials by name; their secrets stay sealed."""
    require("credential.read")
    credentials: QuerySet[ProviderCredential] = ProviderCredential.objects.order_by("name")
    return credentials


def _with_period(limits: QuerySet[Limit]) -> QuerySet[Limit]:
    now = timezone.now()
    period = LimitPeriod.objects.filter(limit=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now).order_by("ends_at")
    columns = {name: Subquery(period.values(name)[:1]) for name in ("committed", "held", "overrun")}
    annotated: QuerySet[Limit] = limits.select_related("virtual_key", "unit").annotate(
        resets_at=Subquery(period.values("ends_at")[:1]), **columns
    )
    return annotated

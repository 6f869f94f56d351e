"""What to look at: frozen filters over usage records, and the query set each one means.

Days are days of the tenant's reporting zone, and the database alone says which day an instant falls on: bounds that
were worked out here would disagree with it wherever the two know different rules of a zone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.db.models.functions import TruncDate

from routing.models import UsageRecord
from tenants.selectors import tenant_current, unit_list

WIDEST_OFFSET = timedelta(hours=16)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """The days `since` to `until`, both included, and what the usage must belong to; None does not filter.

    `unit_id` includes the units below it.
    """

    since: date
    until: date
    model: str | None = None
    route_id: UUID | None = None
    deployment_id: UUID | None = None
    virtual_key_id: UUID | None = None
    unit_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests to list; `text` is a request id or the beginning of one."""

    since: date | None = None
    until: date | None = None
    status: str | None = None
    model: str | None = None
    route_id: UUID | None = None
    deployment_id: UUID | None = None
    virtual_key_id: UUID | None = None
    unit_id: UUID | None = None
    run_id: UUID | None = None
    text: str = ""


def reporting_zone() -> ZoneInfo:
    """The zone in which the tenant counts days."""
    return ZoneInfo(tenant_current().time_zone)


def last_days(count: int, *, zone: ZoneInfo, now: datetime) -> UsageFilter:
    """The `count` days up to and including the present one."""
    today = now.astimezone(zone).date()
    return UsageFilter(since=today - timedelta(days=count - 1), until=today)


def narrowed(wanted: UsageFilter | RequestFilter, zone: ZoneInfo) -> "QuerySet[Any]":
    """The records that `wanted` means, each with its `day`."""
    conditions: dict[str, Any] = {
        "model_served": wanted.model,
        "route_id": wanted.route_id,
        "deployment_id": wanted.deployment_id,
        "virtual_key_id": wanted.virtual_key_id,
    }
    rows: QuerySet[Any] = UsageRecord.objects.annotate(day=TruncDate("at", tzinfo=zone))
    rows = rows.filter(_days(wanted), **{name: value for name, value in conditions.items() if value is not None})
    if wanted.unit_id is not None:
        below = unit_list(archived=True).filter(path__contains=[wanted.unit_id])
        rows = rows.filter(unit_id__in=below.order_by().values("pk"))
    return rows


def _days(wanted: UsageFilter | RequestFilter) -> Q:
    """The exact days, and around them a range of instants that an index can serve."""
    condition = Q()
    if wanted.since is not None:
        condition &= Q(day__gte=wanted.since, at__gte=_midnight(wanted.since) - WIDEST_OFFSET)
    if wanted.until is not None:
        condition &= Q(day__lte=wanted.until, at__lt=_midnight(wanted.until) + timedelta(days=1) + WIDEST_OFFSET)
    return condition


def _midnight(day: date) -> datetime:
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time(), tzinfo=UTC)

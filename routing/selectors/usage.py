"""Usage by day and by what it belongs to, summed in the database: no figure depends on what a page shows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import F, Func, UUIDField

from routing.models import UsageRecord
from routing.selectors.filters import UsageFilter, narrowed, reporting_zone
from routing.selectors.measures import Totals, measures, sort_in_memory, totals_of
from routing.selectors.names import names_of
from routing.selectors.usage_export import EXPORT_HEADER, usage_export
from tenants.access import require
from tenants.selectors import unit_list

__all__ = [
    "EXPORT_HEADER",
    "Day",
    "Group",
    "GroupBy",
    "GroupDay",
    "run_totals",
    "usage_by",
    "usage_export",
    "usage_series",
    "usage_series_by",
    "usage_totals",
]

GroupBy = Literal["model", "route", "deployment", "unit", "key"]
GROUPS: dict[str, Any] = {
    "model": F("model_served"),
    "route": F("route_id"),
    "deployment": F("deployment_id"),
    "unit": Func(F("unit_path"), function="unnest", output_field=UUIDField()),
    "key": F("virtual_key_id"),
}


@dataclass(frozen=True, slots=True)
class Day:
    """Figures of one day in the reporting zone; `partial` while the day is not over."""

    day: date
    partial: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one model, route, deployment, unit or key; `key` is None where a request reached none."""

    key: UUID | str | None
    label: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class GroupDay:
    """Figures of one group on one day."""

    day: date
    key: UUID | str | None
    label: str
    totals: Totals


def usage_totals(wanted: UsageFilter) -> Totals:
    """The figures of everything that `wanted` means."""
    require("usage.read")
    sort_in_memory()
    return totals_of(narrowed(wanted, reporting_zone()).aggregate(**measures()))


def run_totals(run_id: UUID) -> Totals:
    """The figures of the requests that one run of a workflow made."""
    require("request.read")
    return totals_of(UsageRecord.objects.filter(run_id=run_id).aggregate(**measures()))


def usage_series(wanted: UsageFilter, *, now: datetime) -> list[Day]:
    """One entry for each day from first to last, days without usage included."""
    require("usage.read")
    sort_in_memory()
    zone = reporting_zone()
    rows = narrowed(wanted, zone).order_by().values("day").annotate(**measures())
    found = {row["day"]: totals_of(row) for row in rows}
    today = now.astimezone(zone).date()
    days = (wanted.since + timedelta(days=step) for step in range((wanted.until - wanted.since).days + 1))
    return [Day(day, day >= today, found.get(day, Totals())) for day in days]


def usage_by(wanted: UsageFilter, by: GroupBy) -> list[Group]:
    """The figures by one property, dearest first. Units include what is below them, so their sum is above the total."""
    require("usage.read")
    sort_in_memory()
    rows = [(row["group"], totals_of(row)) for row in _grouped(wanted, by, "group")]
    names = names_of(by, {key for key, _ in rows})
    groups = [Group(key or None, names.label(key), totals) for key, totals in rows]
    return sorted(groups, key=lambda group: (-group.totals.cost, -group.totals.calls, group.label))


def usage_series_by(wanted: UsageFilter, by: GroupBy) -> list[GroupDay]:
    """The figures by day and one property, in order of days; days without usage are left out."""
    require("usage.read")
    sort_in_memory()
    rows = list(_grouped(wanted, by, "day", "group"))
    names = names_of(by, {row["group"] for row in rows})
    groups = [GroupDay(row["day"], row["group"] or None, names.label(row["group"]), totals_of(row)) for row in rows]
    return sorted(groups, key=lambda group: (group.day, group.label))


def _grouped(wanted: UsageFilter, by: GroupBy, *keys: str) -> Any:
    rows = narrowed(wanted, reporting_zone()).annotate(group=GROUPS[by]).order_by().values(*keys)
    found = rows.annotate(**measures())
    if by == "unit" and wanted.unit_id is not None:
        below = set(unit_list(archived=True).filter(path__contains=[wanted.unit_id]).values_list("pk", flat=True))
        return [row for row in found if row["group"] in below]
    return found

"""Usage: tokens, cost, latency and errors by day and by what they belong to."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats as django_formats
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from routing.selectors.filters import UsageFilter, last_days, reporting_zone
from routing.selectors.usage import Day, Group, GroupBy, usage_by, usage_series, usage_totals
from routing.selectors.usage_export import csv_text, usage_export
from studio import rows_gateway as rows
from studio.diagrams.charts import Bar, Series
from studio.narrowing import Chip, chips, narrowed_ids, query_without
from tenants.web import ConsoleRequest, tenant_view

DAYS = (1, 7, 30, 90)
MOST_DAYS = 366
GROUPS: tuple[GroupBy, ...] = ("model", "unit", "key", "deployment", "route")
IDS: dict[GroupBy, str] = {
    "unit": "unit_id", "key": "virtual_key_id", "deployment": "deployment_id", "route": "route_id", "model": "model",
}  # fmt: skip
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)


@require_safe
@tenant_view("usage.read")
def usage(request: ConsoleRequest) -> HttpResponse:
    """The figures of the days in the address (the last seven by default), by the group in the address."""
    moment = now()
    wanted = _wanted(request, moment)
    by = _group(request)
    series = usage_series(wanted, now=moment)
    context = {
        "wanted": wanted,
        "totals": usage_totals(wanted),
        "days": series,
        "cost_bars": [_bar(day, day.totals.cost) for day in series],
        "token_bars": [_bar(day, day.totals.tokens) for day in series],
        "latency": [
            Series(_("median"), tuple(day.totals.p50_ms for day in series)),
            Series("p95", tuple(day.totals.p95_ms for day in series)),
        ],
        "day_labels": [_label(day.day) for day in series],
        "groups": [_linked(request, group, by) for group in usage_by(wanted, by)],
        "chips": _chips(request, wanted),
        "columns": rows.usage_columns(str(_group_names()[by])),
        "day_columns": rows.usage_columns(_("Day")),
        "by": by,
        "ranges": [_range(request, count, wanted, moment) for count in DAYS],
        "tabs": [{"label": _group_names()[one], "url": _url(request, by=one), "active": one == by} for one in GROUPS],
    }
    return render(request, "studio/usage.html", context)


@require_safe
@tenant_view("usage.read")
def usage_csv(request: ConsoleRequest) -> HttpResponse:
    """The same days as CSV, one row per day and combination."""
    response = HttpResponse(csv_text(usage_export(_wanted(request, now()))), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{request.tenant.slug}.csv"'
    return response


def _wanted(request: ConsoleRequest, moment: datetime) -> UsageFilter:
    """What the address asks for; what makes no sense there is left out."""
    zone = reporting_zone()
    default = last_days(7, zone=zone, now=moment)
    since, until = _day(request, "since") or default.since, _day(request, "until") or default.until
    since = max(min(since, until), until - timedelta(days=MOST_DAYS - 1))
    model = request.GET.get("model", "").replace("\0", "")
    return UsageFilter(since=since, until=until, model=model or None, **narrowed_ids(request))


def _day(request: ConsoleRequest, name: str) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def _chips(request: ConsoleRequest, wanted: UsageFilter) -> list[Chip]:
    found = chips(request, request.tenant.slug, narrowed_ids(request))
    if wanted.model is None:
        return found
    return [*found, Chip(_("Model"), wanted.model, "", query_without(request, "model"))]


def _linked(request: ConsoleRequest, group: Group, by: GroupBy) -> dict[str, Any]:
    """A row with the way to the requests behind it."""
    query = request.GET.copy()
    query.pop("by", None)
    query[IDS[by]] = str(group.key)
    url = f"{reverse('request-list', args=[request.tenant.slug])}?{query.urlencode()}" if group.key else ""
    return {"label": group.label, "totals": group.totals, "url": url}


def _group(request: ConsoleRequest) -> GroupBy:
    wanted = request.GET.get("by", "model")
    return next((one for one in GROUPS if one == wanted), "model")


def _group_names() -> dict[str, str]:
    return {
        "model": _("Model"),
        "unit": _("Unit"),
        "key": _("Key"),
        "deployment": _("Deployment"),
        "route": _("Route"),
    }


def _label(day: date) -> str:
    return django_formats.date_format(day, "j M")


def _bar(day: Day, value: int) -> Bar:
    return Bar(label=_label(day.day), value=value, partial=day.partial)


def _range(request: ConsoleRequest, count: int, wanted: UsageFilter, moment: datetime) -> dict[str, Any]:
    days = last_days(count, zone=reporting_zone(), now=moment)
    label = _("Today") if count == 1 else _("%(count)d days") % {"count": count}
    active = (days.since, days.until) == (wanted.since, wanted.until)
    url = _url(request, since=days.since.isoformat(), until=days.until.isoformat())
    return {"label": label, "url": url, "active": active}


def _url(request: ConsoleRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"

"""The first page: what needs the person now, today's figures, budgets closest to their limit, recent changes."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from keys.domain.limits import Meter
from keys.selectors import budgets_closest_to_limit, limit_list
from routing.selectors.filters import last_days, reporting_zone
from routing.selectors.usage import usage_totals
from studio import first_steps, rows, rows_keys
from studio.needs import areas
from studio.recent import recent_edits
from studio.views import public
from tenants.access import may
from tenants.identity import tenants_of
from tenants.selectors import AuditFilter, audit_list
from tenants.web import ConsoleRequest, tenant_view

RECENT = 6
BUDGETS = 3


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Signed out: the public page. Signed in: the only tenant, or a choice of them."""
    if not request.user.is_authenticated:
        return public.welcome(request)
    tenants = tenants_of(request.user)
    if len(tenants) == 1:
        return redirect("home", tenants[0].slug)
    return render(request, "studio/choose_tenant.html", {"tenants": tenants})


@require_safe
@tenant_view("home.read")
def home(request: ConsoleRequest) -> HttpResponse:
    """What needs me now, and little else; a new tenant is led through its first steps."""
    known = areas(request.tenant.slug)
    waiting = [need for area in known for need in area.needs]
    context = {
        "needs": waiting,
        "calm": [area.calm for area in known if not area.needs],
        "approvals": next((need for need in waiting if need.key == "approvals"), None),
        "steps": _steps(),
        **_figures(request.tenant.slug),
        **_budgets(),
        **_recent(request.tenant.slug),
    }
    return render(request, "studio/home.html", context)


def _steps() -> first_steps.FirstSteps | None:
    """The first steps while they are not all taken, for those who may take some."""
    found = first_steps.first_steps() if may(first_steps.ACTION) else None
    return found if found and not found.proven else None


def _figures(slug: str) -> dict[str, Any]:
    """Today, each figure with the address that lists what it counts."""
    if not may("usage.read"):
        return {}
    day = last_days(1, zone=reporting_zone(), now=now())
    totals, listed = usage_totals(day), reverse("request-list", args=[slug])
    asked = {"since": day.since.isoformat(), "until": day.until.isoformat()}
    return {
        "today": totals,
        "today_url": f"{listed}?{urlencode(asked)}",
        "refused_url": f"{listed}?{urlencode({'status': 'refused', **asked})}",
        "errors_url": f"{listed}?{urlencode({'status': 'errors', **asked})}",
    }


def _budgets() -> dict[str, Any]:
    """Budgets in use, fullest first; and whether there is any."""
    if not may("limit.read"):
        return {}
    return {
        "shows_budgets": True,
        "budgets": [rows_keys.state_line(state) for state in budgets_closest_to_limit(BUDGETS)],
        "has_budget": limit_list().filter(meter=Meter.COST).exists(),
        "may_limit": may("limit.change"),
    }


def _recent(slug: str) -> dict[str, Any]:
    """The newest changes: all of them for those who read the audit log, those of workflows for other members."""
    if may("audit.read"):
        told = rows.timeline(audit_list(AuditFilter())[:RECENT], slug)
        return {"recent": told, "recent_url": reverse("audit-list", args=[slug])}
    if may("definition.read") and may("pattern.read"):
        return {"recent": recent_edits(slug, RECENT), "recent_of": "workflows"}
    return {}

"""The first page: where to go, and what needs attention now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from keys.selectors import budgets_closest_to_limit
from routing.selectors.configuration import deployment_list, deployment_rows
from routing.selectors.filters import last_days, reporting_zone
from routing.selectors.routes import route_list
from routing.selectors.usage import usage_totals
from studio import rows, rows_gateway, rows_keys
from studio.views import public
from tenants.access import may
from tenants.identity import tenants_of
from tenants.selectors import AuditFilter, audit_list
from tenants.web import ConsoleRequest, tenant_view

RECENT = 6


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
    """What needs me now: today's figures, budgets closest to their limit, models in trouble, recent changes."""
    return render(request, "studio/home.html", {**_figures(), **_trouble(), "recent": _recent()})


def _figures() -> dict[str, Any]:
    if not may("usage.read"):
        return {}
    return {"today": usage_totals(last_days(1, zone=reporting_zone(), now=now()))}


def _trouble() -> dict[str, Any]:
    context: dict[str, Any] = {}
    if may("limit.read"):
        context["budgets"] = [rows_keys.state_line(state) for state in budgets_closest_to_limit(3)]
    if may("deployment.read"):
        lines = [rows_gateway.deployment_line(row) for row in deployment_rows(deployment_list(), now=now())]
        context["troubled"] = [line for line in lines if line.health in {"degraded", "down"}]
        context["deployments"] = len(lines)
    if may("route.read"):
        context["has_routes"] = route_list().exists()
    return context


def _recent() -> list[dict[str, Any]]:
    return rows.timeline(audit_list(AuditFilter())[:RECENT]) if may("audit.read") else []

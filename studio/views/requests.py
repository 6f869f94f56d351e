"""Requests: one by one, each with the decision explained, the attempts and the money."""

import base64
import binascii
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from routing.domain.control import RequestStatus
from routing.selectors.explanation import Explanation
from routing.selectors.filters import RequestFilter
from routing.selectors.measures import ERRORS
from routing.selectors.requests import Position, request_detail, request_page
from routing.selectors.routes import is_active_route
from studio import rows_gateway as rows
from studio.forms_requests import RequestFilterForm
from studio.narrowing import Chip, chips, narrowed_ids, run_chip
from studio.rows_simulator import again_query
from tenants.access import may
from tenants.web import ConsoleRequest, tenant_view

STATUSES = [*(status.value for status in RequestStatus), ERRORS]
FIELDS = ("text", "status", "model", "since", "until", "run_id")


@require_safe
@tenant_view("request.read")
def request_index(request: ConsoleRequest) -> HttpResponse:
    """Requests, newest first, filtered by the address."""
    form = RequestFilterForm(request.GET or None, statuses=STATUSES)
    data = form.cleaned_data if form.is_valid() else {}
    page = request_page(_wanted(request, data), after=_position(request.GET.get("cursor", "")))
    context = {
        "form": form,
        "rows": page.rows,
        "columns": rows.request_columns(),
        "older_url": _older(request, page.after),
        "newer_url": "?" + _query(request) if request.GET.get("cursor") else "",
        "chips": (found := _chips(request, data)),
        "filtered": bool(found) or any(data.values()),
    }
    return render(request, "studio/requests/list.html", context)


@require_safe
@tenant_view("request.read")
def request_show(request: ConsoleRequest, request_id: UUID) -> HttpResponse:
    """One request: who asked, what was decided and why, what was tried, what it cost."""
    detail = request_detail(request_id)
    explanation = detail.explanation
    context = {
        "detail": detail,
        "record": detail.record,
        "explanation": explanation,
        "rungs": rows.decision_rungs(explanation, detail.attempts, cached=detail.record.cache == "hit")
        if explanation
        else [],
        "features": rows.feature_lines(explanation) if explanation else [],
        "table": rows.decision_table(explanation) if explanation else None,
        "attempt_columns": rows.attempt_columns(),
        "ledger_columns": rows.ledger_columns(),
        "may_see_run": may("run.read"),
        "simulate_url": _simulate_url(request, detail.record.route_id, explanation),
    }
    return render(request, "studio/requests/show.html", context)


def _simulate_url(request: ConsoleRequest, route_id: UUID | None, explanation: Explanation | None) -> str:
    """The simulator with what is known of the request; empty where it had no route that still answers."""
    if explanation is None or route_id is None or not may("route.read") or not is_active_route(route_id):
        return ""
    query = urlencode({"route": route_id} | again_query(explanation))
    return f"{reverse('studio-simulate', args=[request.tenant.slug])}?{query}"


def _wanted(request: ConsoleRequest, data: dict[str, Any]) -> RequestFilter:
    values: dict[str, Any] = {name: data[name] for name in FIELDS if data.get(name)}
    return RequestFilter(**values | narrowed_ids(request))


def _chips(request: ConsoleRequest, data: dict[str, Any]) -> list[Chip]:
    found = chips(request, request.tenant.slug, narrowed_ids(request))
    return [*found, run_chip(request, request.tenant.slug, data["run_id"])] if data.get("run_id") else found


def _position(cursor: str) -> Position | None:
    """Read a cursor of ours; a broken one shows the first page."""
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return Position(datetime.fromisoformat(at), UUID(id_)) if id_ else None
    except (ValueError, binascii.Error):
        return None


def _older(request: ConsoleRequest, after: Position | None) -> str:
    if after is None:
        return ""
    cursor = base64.urlsafe_b64encode(f"{after.at.isoformat()}|{after.id}".encode()).decode()
    return f"?{_query(request)}&cursor={cursor}"


def _query(request: ConsoleRequest) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    return query.urlencode()

"""Approvals: what waits, the page of one, and the address that a mail points at.

Only a POST with a session and its CSRF token decides; everything else only shows. The pages are never stored.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from studio import rows_approvals as rows
from studio.narrowing import narrowed_ids, run_chip
from tenants.access import may
from tenants.errors import Conflict, Invalid, NotFound
from tenants.web import ConsoleRequest, tenant_view
from workflows.approvals.domain import Decision, Status
from workflows.approvals.links import Located, located
from workflows.approvals.selectors import (
    MOST_WAITING,
    access_approval,
    approval_inbox,
    approval_list,
    person_now,
    refusal_now,
)
from workflows.approvals.services import approval_decide
from workflows.models import Approval

RECENT = 20
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the page out of caches and indexes, and its address out of referrers."""

    @wraps(view)
    def kept(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return kept


@require_safe
@private
@tenant_view("approval.read")
def approval_index(request: ConsoleRequest) -> HttpResponse:
    """What waits for a decision, mine first, and the last decided ones; `?run_id=` asks for those of one run."""
    person, run_id = person_now(), narrowed_ids(request, "run_id")["run_id"]
    waiting = [rows.approval_line(one, person) for one in approval_inbox(run_id=run_id)[:MOST_WAITING]]
    over = approval_list(run_id=run_id).exclude(status=Status.OPEN)[:RECENT]
    context = {
        "mine": [line for line in waiting if line.is_mine],
        "others": [line for line in waiting if not line.is_mine],
        "columns": rows.inbox_columns(),
        "over": [rows.approval_line(one, person) for one in over],
        "over_columns": rows.decided_columns(),
        "chips": [run_chip(request, request.tenant.slug, run_id)] if run_id else [],
    }
    return render(request, "studio/approvals/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@private
@tenant_view("approval.read")
def approval_show(request: ConsoleRequest, approval_id: UUID) -> HttpResponse:
    """One request; POST decides on it."""
    if request.method != "POST":
        return _page(request, access_approval(approval_id))
    try:
        _decide(request, approval_id)
    except Invalid as error:
        fault = error.errors.get("reason", [error.message])[0]
        return _page(request, access_approval(approval_id), fault=fault, status=400)
    except Conflict as error:
        return _page(request, access_approval(approval_id), fault=error.message, status=409)
    messages.success(request, _("Your decision is recorded."))
    return redirect("approval-show", request.tenant.slug, approval_id)


@require_safe
@private
def approval_link(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of a mail leads: over sign-in to the page. It changes nothing, however often it is opened."""
    if not request.user.is_authenticated:
        located(token)
        return redirect_to_login(request.get_full_path())
    found = located(token)
    if request.user.pk != found.user_id:
        raise NotFound(_("This link was sent to somebody else. Sign in as that person."))
    return _linked(request, found.tenant_slug, found, token)


@tenant_view("approval.read")
def _linked(request: ConsoleRequest, found: Located, token: str) -> HttpResponse:
    return _page(request, access_approval(found.approval_id), link=token)


def _decide(request: ConsoleRequest, approval_id: UUID) -> Approval:
    given = request.POST
    if given.get("decision") not in set(Decision):
        raise Invalid(_("Approve or reject."))
    return approval_decide(
        approval_id,
        decision=Decision(given["decision"]),
        digest=given.get("digest", ""),
        reason=given.get("text", "").strip() or given.get("reason", ""),
        link=given.get("link", ""),
    )


def _page(
    request: ConsoleRequest, approval: Approval, *, link: str = "", fault: str = "", status: int = 200
) -> HttpResponse:
    person = person_now()
    line = rows.approval_line(approval, person)
    context = {
        "approval": approval,
        "line": line,
        "facts": rows.payload_facts(approval),
        "may_decide": line.is_mine and approval.expires_at > now(),
        "why_not": refusal_now(approval, person),
        "reasons": rows.reasons(),
        "link": link or request.POST.get("link", ""),
        "fault": fault,
        "may_see_run": may("run.read"),
    }
    return render(request, "studio/approvals/show.html", context, status=status)

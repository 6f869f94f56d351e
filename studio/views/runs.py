"""Runs: what each step did, what was undone, and the ways to step in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio import rows_runs
from studio.forms_workflows import CancelForm, DecideForm, RunFilterForm
from studio.narrowing import Chip, query_without
from studio.paging import page_of
from studio.submit import submitted
from tenants.access import may
from tenants.errors import Conflict
from tenants.web import ConsoleRequest, tenant_view
from workflows import services
from workflows.access import access_definition, access_event, access_run
from workflows.selectors import run_list
from workflows.statuses import FINAL, RunStatus

MOST_LINES = 2_000
RUNS_SHOWN = 50
MOST_APPROVALS = 50
LIVE = frozenset(RunStatus) - FINAL


@require_safe
@tenant_view("run.read")
def run_index(request: ConsoleRequest) -> HttpResponse:
    """Runs, newest first, narrowed by the address."""
    form = RunFilterForm(request.GET or None, statuses=[status.value for status in RunStatus])
    data: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, run_list(**data), size=RUNS_SHOWN)
    context = {
        "form": form,
        "runs": [rows_runs.run_line(run) for run in page.rows],
        "page": page,
        "columns": rows_runs.run_columns(),
        "chips": _chips(request, data),
        "filtered": any(data.values()),
    }
    return render(request, "studio/runs/list.html", context)


@require_POST
@tenant_view("run.cancel")
def run_cancel(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Ask a run to stop."""
    form = CancelForm(request.POST, auto_id="cancel_%s")
    run = submitted(
        request, form, lambda data: services.run_cancel(run_id, mode=data["mode"], reason=data["reason"])
    )  # fmt: skip
    if run is None:
        context = {"run": access_run(run_id), "form": form}
        return render(request, "studio/runs/cancel.html", context)
    messages.success(request, _("The run was asked to stop. What is under way is waited for first."))
    return redirect("run-show", request.tenant.slug, run_id)


@require_POST
@tenant_view("run.repair")
def run_resume(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Let a suspended run go on."""
    try:
        services.run_resume(run_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The run goes on."))
    return redirect("run-show", request.tenant.slug, run_id)


@require_POST
@tenant_view("run.repair")
def run_retry(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Take a faulted run up again where it failed."""
    try:
        services.run_retry(run_id, reason=request.POST.get("reason", ""))
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The run is taken up again where it failed."))
    return redirect("run-show", request.tenant.slug, run_id)


@require_POST
@tenant_view("run.repair")
def run_decide(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Settle a compensation that failed."""
    form = DecideForm(request.POST)
    run = submitted(request, form, lambda data: services.run_decide(run_id, **data))
    if run is None:
        return render(request, "studio/runs/decide.html", {"run": access_run(run_id), "form": form})
    messages.success(request, _("Decided. The run goes on undoing what is left."))
    return redirect("run-show", request.tenant.slug, run_id)


def _chips(request: ConsoleRequest, data: dict[str, Any]) -> list[Chip]:
    """What the list is narrowed to, with a way out."""
    found = []
    if one := data.get("definition_id"):
        found.append(Chip(_("Definition"), str(access_definition(one)), "", query_without(request, "definition_id")))
    if (one := data.get("event_id")) and may("event.read"):
        found.append(Chip(_("Event"), str(access_event(one)), "", query_without(request, "event_id")))
    return found

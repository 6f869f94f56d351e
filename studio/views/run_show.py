"""The page of one run: its diagram and steps as they are now, what was undone, one step in a drawer, and the stream."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_safe

from routing.selectors.usage import run_totals
from studio import rows_definitions, rows_runs
from studio.feeds.runs import position_of, row_groups, run_context, undone_context
from studio.forms_workflows import CancelForm, DecideForm
from studio.htmx import is_partial
from studio.live.response import live_response
from studio.rows_approvals import approval_line, decided_columns
from studio.rows_connectors import pretty
from studio.rows_steps import attempt_columns, step_detail
from tenants.access import may
from tenants.web import ConsoleRequest, tenant_view
from workflows.access import access_run
from workflows.approvals.selectors import approval_list, person_now
from workflows.models import Run
from workflows.selectors import run_outline, step_history
from workflows.statuses import FINAL, RunStatus

MOST_LINES = 2_000
MOST_APPROVALS = 50


@require_safe
@tenant_view("run.read")
def run_show(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """One run; or one of its parts, where htmx asks for it."""
    run = access_run(run_id)
    if is_partial(request, "step-body"):
        return render(request, "studio/runs/_step.html", _step(request, run))
    if is_partial(request, "run-actions"):
        return render(request, "studio/runs/_head.html", _head(run))
    if is_partial(request, "live"):
        if request.GET.get("after") == position_of(run):
            return HttpResponse(status=204)
        return render(request, "studio/runs/_news.html", {**_live(run), **_head(run)})
    context = {**_live(run), **_head(run), **_step(request, run), "input": pretty(run.input)}
    return render(request, "studio/runs/show.html", context)


@require_GET
def run_stream(request: HttpRequest, slug: str, run_id: UUID) -> HttpResponse:
    """What happens in a run, as server-sent events. Nobody is sent to the sign-in page in the middle of a stream."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return _stream(request, slug, run_id=run_id)


@tenant_view("run.read")
def _stream(request: ConsoleRequest, *, run_id: UUID) -> HttpResponse:
    run = access_run(run_id)
    return live_response(request, feed="run", object_id=run.pk, action="run.read")


def _live(run: Run) -> dict[str, Any]:
    """What the stream keeps true."""
    plan = rows_definitions.plan_of(run.version)
    fold = rows_runs.folded_run(run_outline(run.pk)[:MOST_LINES], plan)
    tasks = rows_definitions.task_lines(plan) if plan else []
    live = run.status not in FINAL
    return {
        **run_context(run),
        **undone_context(fold),
        "mark": position_of(run),
        "live": live,
        "groups": row_groups(fold, live=live),
        "diagram": mark_safe(rows_definitions.diagram(tasks, fold.states)) if tasks else "",  # noqa: S308  # our own builder escapes
        "cut": run.history_count > MOST_LINES,
        "decide_forms": _decide_forms(run, fold),
    }


def _head(run: Run) -> dict[str, Any]:
    """What can be done about a run, what came out, what it cost and whom it asked."""
    asked = approval_list(run_id=run.pk)[:MOST_APPROVALS] if may("approval.read") else []
    person = person_now()
    return {
        "run": run,
        "may_cancel": may("run.cancel"),
        "may_repair": may("run.repair"),
        "can_cancel": may("run.cancel") and run.status not in FINAL,
        "can_resume": may("run.repair") and run.status == RunStatus.SUSPENDED,
        "can_retry": may("run.repair") and run.status == RunStatus.FAULTED,
        "cancel_form": CancelForm(auto_id="cancel_%s"),
        "output": pretty(run.output),
        "totals": run_totals(run.pk) if may("request.read") else None,
        "approvals": [approval_line(one, person) for one in asked],
        "approval_columns": decided_columns(),
    }


def _step(request: ConsoleRequest, run: Run) -> dict[str, Any]:
    """The step that `?step=` asks for, by the number of its first line."""
    asked = request.GET.get("step", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
    lines = step_history(run, number) if number else []
    detail = step_detail(lines, rows_definitions.plan_of(run.version), number) if lines else None
    return {"asked": asked, "current": number, "detail": detail, "attempt_columns": attempt_columns()}


def _decide_forms(run: Run, fold: rows_runs.RunFold) -> list[tuple[str, DecideForm]]:
    if run.status != RunStatus.COMPENSATION_FAILED or not may("run.repair"):
        return []
    failed = [line for line in fold.undo_list() if line.status == "compensation_failed"]
    return [
        (line.name, DecideForm(initial={"effect": line.effect}, auto_id=f"decide-{at}-%s"))
        for at, line in enumerate(failed)
    ]

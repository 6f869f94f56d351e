"""Writes of runs from outside the engine: start, cancel, suspend, resume, retry, and answers that come later.

Each leaves a row that the run finds when it is next driven; the hint to do so at once may be lost.
"""

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import require
from tenants.errors import Conflict, Invalid
from tenants.failpoints import failpoint
from tenants.queue import enqueue_on_commit
from tenants.scope import current_scope, tenant_tx
from workflows import store
from workflows.access import access_named_version, access_run
from workflows.domain import signals
from workflows.models import DefinitionVersion, Run
from workflows.statuses import FINAL, DefinitionStatus, RunStatus

MAX_REASON = 500
Decision = Literal["retry", "done", "skip"]


def run_start(*, definition: str, input: Any = None) -> Run:  # noqa: A002  # the word of the API
    """Start a run of `namespace/name[@version]`; without a version it is pinned to the current one."""
    with tenant_tx():
        require("run.start")
        version = access_named_version(definition)
        if version.definition.status != DefinitionStatus.ACTIVE:
            raise Conflict(_("This definition is archived and starts no more runs."))
        return run_of(version, input)


def run_of(version: DefinitionVersion, input_: Any, *, event_id: UUID | None = None) -> Run:
    """Start a run of one version, in the open transaction."""
    run: Run = Run.objects.create(
        definition_id=version.definition_id,
        version=version,
        input=input_,
        wake_at=timezone.now(),
        started_by=current_scope().actor.label[:254],
        event_id=event_id,
    )
    if event_id is None:
        audit.record("run.start", run, {"definition": str(version.definition), "version": version.version})
    enqueue_on_commit("workflows.run_drive", run_id=str(run.pk))
    failpoint("workflows.start.before_commit")
    return run


def run_cancel(run_id: UUID | str, *, mode: str = "compensate", reason: str = "") -> Run:
    """Ask a run to stop; `compensate` undoes what was done, `leave` does not. Asking twice is once."""
    if mode not in {"compensate", "leave"}:
        raise Invalid(errors={"mode": [_("Use compensate or leave.")]})
    with tenant_tx():
        require("run.cancel")
        run = access_run(run_id, lock=True)
        if run.status in FINAL:
            raise Conflict(_("This run is over: %(status)s.") % {"status": run.status}, status=run.status)
        by = current_scope().actor.label
        _send(run, signals.CancelRequested(mode=mode, by=by, reason=reason[:MAX_REASON]))  # type: ignore[arg-type]
        _wake_suspended(run)
        audit.record("run.cancel", run, {"mode": mode, "reason": reason[:MAX_REASON]})
    return run


def run_resume(run_id: UUID | str) -> Run:
    """Let a suspended run go on."""
    with tenant_tx():
        require("run.repair")
        run = access_run(run_id, lock=True)
        if run.status != RunStatus.SUSPENDED:
            raise Conflict(_("This run is not suspended."))
        _send(run, signals.ResumeRequested(by=current_scope().actor.label))
        _wake_suspended(run)
        audit.record("run.resume", run, {"reason": run.suspended_reason})
    return run


def run_retry(run_id: UUID | str, *, reason: str = "") -> Run:
    """Take a faulted run up again where it failed, with new keys."""
    with tenant_tx():
        require("run.repair")
        run = access_run(run_id, lock=True)
        if run.status != RunStatus.FAULTED:
            raise Conflict(_("Only a faulted run can be tried again."))
        by = current_scope().actor.label
        _send(run, signals.RetryRequested(by=by, reason=reason[:MAX_REASON]), reopens=True)
        audit.record("run.retry", run, {"reason": reason[:MAX_REASON]})
    return run


def run_decide(run_id: UUID | str, *, effect: str, decision: Decision, reason: str) -> Run:
    """Settle a compensation that failed: try it again, it was done by hand, or leave it undone. All need a reason."""
    if not reason.strip():
        raise Invalid(errors={"reason": [_("Say why: this is in the history for good.")]})
    with tenant_tx():
        require("run.repair")
        run = access_run(run_id, lock=True)
        if run.status not in {RunStatus.COMPENSATION_FAILED, RunStatus.COMPENSATING}:
            raise Conflict(_("Nothing has to be decided in this run."))
        by = current_scope().actor.label
        signal = signals.CompensationDecided(effect=effect, decision=decision, by=by, reason=reason[:MAX_REASON])
        _send(run, signal, reopens=True)
        audit.record("run.decide", run, {"effect": effect, "decision": decision, "reason": reason[:MAX_REASON]})
    return run


def effect_answer(run_id: UUID, *, effect: str, attempt: int, outcome: signals.Outcome) -> bool:
    """Bring the answer of an effect that said it would come later (an approval); False when the run is over.

    Joins the open transaction, so that the decision and its answer are one.
    """
    with tenant_tx() as scope:
        answer = signals.Performed(effect=effect, attempt=attempt, outcome=outcome)
        taken = store.signal(scope.tenant_id, run_id, signals.to_json(answer))
        if taken:
            enqueue_on_commit("workflows.run_drive", run_id=str(run_id))
        return taken


def _send(run: Run, signal: signals.Signal, *, reopens: bool = False) -> None:
    store.signal(run.tenant_id, run.pk, signals.to_json(signal), reopens=reopens)
    enqueue_on_commit("workflows.run_drive", run_id=str(run.pk))


def _wake_suspended(run: Run) -> None:
    """A run that was suspended by its failures gets another chance; what was open then may have been done."""
    changed: dict[str, Any] = {
        "status": RunStatus.RUNNING,
        "suspended_reason": "",
        "wake_at": timezone.now(),
        "recoveries": 1,
    }
    Run.objects.filter(pk=run.pk, status=RunStatus.SUSPENDED, lease_expires_at=None).update(**changed)

"""Writes of approvals: asked by a run, decided by a person, ended by time, withdrawn by the run.

A decision is one conditional update, bound to what was shown; in the same transaction the run gets its answer. Lock
order: the approval, then its run.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import require
from tenants.errors import Conflict, Invalid, PermissionDenied
from tenants.failpoints import failpoint
from tenants.scope import current_scope, tenant_tx
from workflows.approvals.domain import DECIDE, MOST_REASON, Decision, Refusal, Request, Status, repeated
from workflows.approvals.links import close_links, tell_approvers, usable_link
from workflows.approvals.selectors import access_approval, person_now, refusal_now
from workflows.domain.failures import standard
from workflows.domain.outcomes import Failed, Outcome, Succeeded, Waiting
from workflows.domain.state import state_from_json
from workflows.models import Approval, ApprovalLink, Run
from workflows.services.runs import effect_answer

AWAITED = frozenset({"performing", "later"})


def approval_request(request: Request, *, run_id: UUID, effect: str, attempt: int, pointer: str) -> Approval:
    """Ask people for a decision; asking again for the same attempt changes nothing, unless something else is asked."""
    with tenant_tx():
        run = Run.objects.only("started_by").get(pk=run_id)
        requesters = sorted({name.lower() for name in (request.requester, run.started_by) if name})
        asked = {"pointer": pointer, "requesters": requesters} | _shown(request)
        approval, is_new = Approval.objects.get_or_create(run_id=run_id, effect=effect, attempt=attempt, defaults=asked)
        if not is_new and not _changed(approval, asked):
            return approval  # type: ignore[no-any-return]  # the manager is of any model
        told = tell_approvers(approval)
        audit.record("approval.request", approval, {"digest": approval.digest, "told": told})
        failpoint("workflows.ask.before_commit")
    return approval  # type: ignore[no-any-return]  # the manager is of any model


def approval_decide(
    approval_id: UUID | str, *, decision: Decision, digest: str, reason: str = "", link: str = ""
) -> Approval:
    """Decide on what was shown under `digest`. A repeat gives the first result, the opposite is a Conflict."""
    with tenant_tx() as scope:
        require(DECIDE)
        approval = access_approval(approval_id)
        _check_may(refusal_now(approval, person_now()))
        reason = _reason(decision, reason)
        used = _link(approval, link, digest) if link and approval.status == Status.OPEN else None
        now = timezone.now()
        open_now = _still_open(approval).filter(digest=digest, expires_at__gt=now)
        by = scope.actor.label[:254]
        if not open_now.update(status=decision.status, decided_at=now, decided_by=by, reason=reason):
            return _first_result(access_approval(approval_id), decision, digest)
        approval = access_approval(approval_id)
        if not _answer(approval):
            raise Conflict(_("The run no longer waits for this decision."))
        close_links(approval, used=used)
        changes = {"decision": decision.value, "digest": digest, "reason": reason, "by_link": used is not None}
        audit.record("approval.decide", approval, changes)
        failpoint("workflows.decide.before_commit")
    return approval


def approval_expire(approval_id: UUID) -> bool:
    """Deny what nobody decided in time; False when it was decided after all."""
    with tenant_tx():
        now = timezone.now()
        over = Approval.objects.filter(pk=approval_id, status=Status.OPEN, expires_at__lte=now)
        if not over.update(status=Status.EXPIRED, decided_at=now):
            return False
        approval: Approval = Approval.objects.get(pk=approval_id)
        if not _answer(approval):
            Approval.objects.filter(pk=approval_id).update(status=Status.WITHDRAWN)
        close_links(approval)
        audit.record("approval.expire", approval)
    return True


def approval_withdraw(run_id: UUID, *, effect: str, attempt: int) -> bool:
    """Take back what a run no longer waits for; False when there is nothing open."""
    with tenant_tx():
        asked = {"run_id": run_id, "effect": effect, "attempt": attempt, "status": Status.OPEN}
        approval: Approval | None = Approval.objects.filter(**asked).first()
        if approval is None or not _still_open(approval).update(status=Status.WITHDRAWN, decided_at=timezone.now()):
            return False
        close_links(approval)
        audit.record("approval.withdraw", approval)
    return True


def outcome_of(approval: Approval) -> Outcome:
    """What a request means to its run: approved is a result, everything else that is final a failure."""
    match Status(approval.status):
        case Status.OPEN:
            return Waiting(detail={"approval": str(approval.pk), "title": approval.title})
        case Status.APPROVED:
            return Succeeded(output=decided(approval))
        case Status.REJECTED:
            title = f"{approval.decided_by} rejected this."
            return Failed(error=standard("authorization", title, detail=approval.reason), retriable=False)
        case Status.EXPIRED:
            title = "Nobody decided in time; the request counts as denied."
            return Failed(error=standard("timeout", title), retriable=False)
    return Failed(error=standard("runtime", "The request was withdrawn."), retriable=False)


def decided(approval: Approval) -> dict[str, Any]:
    """A decision as the output of its task."""
    at = approval.decided_at.isoformat() if approval.decided_at else None
    return {
        "decision": approval.status,
        "by": approval.decided_by,
        "at": at,
        "reason": approval.reason,
        "approval": str(approval.pk),
    }


def _shown(request: Request) -> dict[str, Any]:
    return {
        "title": request.title,
        "summary": request.summary,
        "payload": request.payload,
        "risk": request.risk,
        "approvers": list(request.approvers),
        "digest": request.digest,
        "expires_at": timezone.now() + timedelta(seconds=request.expires_seconds),
    }


def _changed(approval: Approval, asked: dict[str, Any]) -> bool:
    """Show the new question instead of the old one, whose links no longer work; False when it is the same one."""
    if approval.digest == asked["digest"]:
        return False
    stale = _still_open(approval).filter(version=approval.version)
    if not stale.update(**asked, version=approval.version + 1):
        approval.refresh_from_db()
        return False
    close_links(approval)
    approval.refresh_from_db()
    return True


def _check_may(why: Refusal) -> None:
    if not why:
        return
    texts = {
        "requester": _("You asked for this, so somebody else has to decide."),
        "member": _("You are no longer a member of this tenant."),
        "role": _("Your roles do not allow you to decide."),
        "named": _("Others were asked to decide on this."),
    }
    raise PermissionDenied(texts[why], action=DECIDE)


def _reason(decision: Decision, reason: str) -> str:
    reason = reason.replace("\0", "").strip()
    if decision is Decision.REJECT and not reason:
        raise Invalid(errors={"reason": [_("Say why, so that others can put it right.")]})
    if len(reason) > MOST_REASON:
        raise Invalid(errors={"reason": [_("Use at most %(count)d characters.") % {"count": MOST_REASON}]})
    return reason


def _link(approval: Approval, secret: str, digest: str) -> ApprovalLink:
    found = usable_link(approval, secret, user_id=current_scope().actor.id, payload_digest=digest)
    if found is None:
        raise Conflict(_("This link no longer works. Open the request from your approvals."))
    return found


def _first_result(approval: Approval, decision: Decision, digest: str) -> Approval:
    if approval.digest != digest:
        raise Conflict(_("What is asked has changed since you opened it. Look again, then decide."))
    if approval.status == Status.OPEN:
        raise Conflict(_("The time to decide is over; this counts as denied."), status=Status.EXPIRED)
    outcome = repeated(Status(approval.status), decision)
    if outcome == "first result":
        return approval
    at = approval.decided_at.isoformat() if approval.decided_at else None
    raise Conflict(_told(approval), status=approval.status, decided_by=approval.decided_by, decided_at=at)


def _told(approval: Approval) -> str:
    who = {"who": approval.decided_by, "when": _clock(approval)}
    match Status(approval.status):
        case Status.APPROVED:
            return _("%(who)s approved this on %(when)s.") % who
        case Status.REJECTED:
            return _("%(who)s rejected this on %(when)s.") % who
        case Status.EXPIRED:
            return _("The time to decide is over; this counts as denied.")
    return _("The run no longer waits for this decision.")


def _clock(approval: Approval) -> str:
    at: datetime | None = approval.decided_at
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def _answer(approval: Approval) -> bool:
    """Give the run its answer; False when it waits for it no longer. Writing it locks the run, so the look is sure."""
    outcome = outcome_of(approval)
    taken = effect_answer(approval.run_id, effect=approval.effect, attempt=approval.attempt, outcome=outcome)
    return taken and _is_awaited(approval)


def _is_awaited(approval: Approval) -> bool:
    state = Run.objects.values_list("state", flat=True).get(pk=approval.run_id)
    nodes = state_from_json(state).nodes() if state else ()
    return any(
        node.phase in AWAITED and node.attempt == approval.attempt and node.perform.get("effect") == approval.effect
        for node in nodes
    )


def _still_open(approval: Approval) -> QuerySet[Approval]:
    found: QuerySet[Approval] = Approval.objects.filter(pk=approval.pk, status=Status.OPEN)
    return found

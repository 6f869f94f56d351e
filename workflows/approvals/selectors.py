"""Guarded reads of approvals, and who the present actor is at this moment."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from tenants.access import fetch, require
from tenants.domain import Role
from tenants.models import Membership, ServiceAccount
from tenants.scope import Actor, current_scope
from workflows.approvals.domain import Person, Refusal, Status, refusal
from workflows.models import Approval

MOST_WAITING = 100
NOBODY = Person(names=frozenset(), roles=frozenset(), is_member=False)


def access_approval(approval_id: UUID | str) -> Approval:
    """Return an approval of this tenant."""
    require("approval.read")
    return fetch(Approval, approval_id)


def approval_list(*, status: str = "", run_id: UUID | None = None) -> QuerySet[Approval]:
    """Approvals with run and definition, newest first."""
    require("approval.read")
    conditions: dict[str, Any] = {"status": status, "run_id": run_id}
    rows: QuerySet[Approval] = Approval.objects.select_related("run__definition").defer("run__state").order_by("-id")
    return rows.filter(**{name: value for name, value in conditions.items() if value})


def approval_inbox(*, run_id: UUID | None = None) -> QuerySet[Approval]:
    """Approvals that can still be decided."""
    return approval_list(status=Status.OPEN, run_id=run_id).filter(
        expires_at__gt=timezone.now(), run__finished_at__isnull=True
    )


def approvals_of_mine(*, run_id: UUID | None = None) -> list[Approval]:
    """Those of the inbox that the present actor may decide on, out of the newest MOST_WAITING."""
    person = person_now()
    return [one for one in approval_inbox(run_id=run_id)[:MOST_WAITING] if not refusal_now(one, person)]


def refusal_now(approval: Approval, person: Person) -> Refusal:
    """Why this person may not decide on this approval; nothing if they may."""
    return refusal(person, approvers=approval.approvers, requesters=approval.requesters)


def person_now() -> Person:
    """The present actor, read afresh: a session may be older than the membership it began with."""
    actor = current_scope().actor
    match actor.kind:
        case "user":
            return _member(actor)
        case "service":
            return _account(actor)
    return NOBODY


def members_now() -> QuerySet[Membership]:
    """Everybody who is a member at this moment."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    rows: QuerySet[Membership] = Membership.objects.select_related("user").filter(
        lasting, active=True, user__is_active=True
    )
    return rows


def person_of(membership: Membership) -> Person:
    """A member as somebody who may decide."""
    names = frozenset({membership.user.email.lower()})
    return Person(names=names, roles=frozenset(Role(name) for name in membership.roles))


def _member(actor: Actor) -> Person:
    user_id = _uuid(actor.id)
    membership = members_now().filter(user_id=user_id).first() if user_id else None
    return person_of(membership) if membership else NOBODY


def _account(actor: Actor) -> Person:
    account: ServiceAccount | None = ServiceAccount.objects.filter(pk=_uuid(actor.id), active=True).first()
    if account is None:
        return NOBODY
    return Person(names=frozenset({account.name.lower()}), roles=frozenset(Role(name) for name in account.roles))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

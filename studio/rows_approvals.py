"""Rows of the approval pages as plain values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from studio.presenters import Column
from workflows.approvals.domain import Person, Status, lines_of
from workflows.approvals.selectors import refusal_now
from workflows.models import Approval


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """An approval in a list; `look` is a state the badges know, `word` its name."""

    id: UUID
    title: str
    definition: str
    look: str
    word: str
    is_mine: bool
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str


LOOKS = {
    Status.OPEN: "waiting",
    Status.APPROVED: "approved",
    Status.REJECTED: "rejected",
    Status.EXPIRED: "expired",
    Status.WITHDRAWN: "cancelled",
}


def approval_line(approval: Approval, person: Person) -> ApprovalLine:
    """Row of a list."""
    status = Status(approval.status)
    return ApprovalLine(
        id=approval.pk,
        title=approval.title,
        definition=str(approval.run.definition),
        look=LOOKS[status],
        word=status_word(status),
        is_mine=status is Status.OPEN and not refusal_now(approval, person),
        expires_at=approval.expires_at,
        decided_at=approval.decided_at,
        decided_by=approval.decided_by,
        reason=approval.reason,
    )


def status_word(status: Status) -> str:
    """The word for a state that has none of its own among the badges."""
    return {Status.OPEN: _("Open"), Status.WITHDRAWN: _("Withdrawn")}.get(status, "")


def payload_facts(approval: Approval) -> list[tuple[str, str]]:
    """All that is decided on, a line per value."""
    return [(path or _("Value"), value) for path, value in lines_of(approval.payload)]


def inbox_columns() -> list[Column]:
    """Columns of what waits."""
    return [Column(_("Request")), Column(_("Workflow"), wide_only=True), Column(_("Decide by"), numeric=True)]


def decided_columns() -> list[Column]:
    """Columns of what is over."""
    return [Column(_("Request")), Column(_("State")), Column(_("Decided by")), Column(_("When"), numeric=True)]


def reasons() -> list[str]:
    """Reasons to reject that need no typing."""
    return [_("The details are wrong"), _("I do not recognise this"), _("It needs more information")]

"""What needs somebody now: each a number with the words beside it, and the page that lists exactly what was counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import ngettext

from keys.selectors import limits_near
from routing.selectors.configuration import deployments_in_trouble
from studio.presenters import look
from tenants.access import may
from workflows.approvals.selectors import approvals_of_mine
from workflows.selectors import delivery_list, run_list
from workflows.statuses import DeliveryStatus, RunStatus

FAILED_WITHIN = timedelta(hours=24)
Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits. `status` is a state the badges know; `url` lists what was counted."""

    key: str
    status: str
    count: int
    text: str
    url: str

    @property
    def icon(self) -> str:
        return look(self.status).icon

    @property
    def tone(self) -> str:
        return look(self.status).tone


def needs(slug: str) -> list[Need]:
    """What the present person may see of it, most urgent first; what is nothing is left out."""
    return [need for need in _all(slug) if need.count]


def _all(slug: str) -> Iterator[Need]:
    if may("approval.read"):
        count = len(approvals_of_mine())
        text = ngettext("approval waits for you", "approvals wait for you", count)
        yield Need("approvals", "waiting", count, text, _at(slug, "approval-list"))
    if may("run.read"):
        yield from _runs(slug)
    if may("event.read"):
        count = delivery_list(status=DeliveryStatus.DEAD).count()
        text = ngettext("dead letter: an event that did not arrive", "dead letters: events that did not arrive", count)
        yield Need("dead-letters", "dead", count, text, _at(slug, "delivery-list"))
    if may("deployment.read"):
        count = len(deployments_in_trouble(now=now()))
        text = ngettext("model that fails too often", "models that fail too often", count)
        yield Need("models", "degraded", count, text, f"{_at(slug, 'deployment-list')}?health=trouble")
    if may("limit.read"):
        count = len(limits_near())
        text = ngettext("limit used up to four fifths", "limits used up to four fifths", count)
        yield Need("limits", "expiring", count, text, f"{_at(slug, 'limit-list')}?near=1")


def _runs(slug: str) -> Iterator[Need]:
    """Runs that stand still until somebody does something, then those that failed lately."""
    count = run_list(status=RunStatus.COMPENSATION_FAILED).count()
    text = ngettext("run could not be undone", "runs could not be undone", count)
    yield _run(slug, RunStatus.COMPENSATION_FAILED, count, text)
    count = run_list(status=RunStatus.SUSPENDED).count()
    text = ngettext(
        "run is suspended until somebody resumes it", "runs are suspended until somebody resumes them", count
    )
    yield _run(slug, RunStatus.SUSPENDED, count, text)
    count = run_list(status=RunStatus.FAULTED, ended_within=FAILED_WITHIN).count()
    text = ngettext("run failed in the last 24 hours", "runs failed in the last 24 hours", count)
    yield _run(slug, RunStatus.FAULTED, count, text, "&ended_within=24")


def _run(slug: str, status: RunStatus, count: int, text: str, more: str = "") -> Need:
    return Need(status.value, status.value, count, text, f"{_at(slug, 'run-list')}?status={status.value}{more}")


def _at(slug: str, view: str, *place: Any) -> str:
    return reverse(view, args=[slug, *place])

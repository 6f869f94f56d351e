"""What needs somebody now: each a number with the words beside it, and the page that lists exactly what was counted.

Where nothing waits, that is said too, with the way there: a missing line would leave open whether anybody looked.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from keys.selectors import limits_near
from routing.selectors.configuration import deployment_list, deployments_in_trouble
from studio.presenters import look
from tenants.access import may
from workflows.approvals.selectors import approvals_of_mine
from workflows.selectors import delivery_list, run_list
from workflows.statuses import DeliveryStatus, RunStatus

FAILED_WITHIN = timedelta(hours=24)


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


@dataclass(frozen=True, slots=True)
class Calm:
    """What is said of a part of the system in which nothing waits, with the page that shows it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the system: what may wait there, and what is said when nothing does."""

    found: tuple[Need, ...]
    calm: Calm

    @property
    def needs(self) -> list[Need]:
        """What waits, most urgent first."""
        return [need for need in self.found if need.count]


def areas(slug: str) -> list[Area]:
    """Every part of the system that the present person may see."""
    guarded = (
        ("approval.read", _approvals),
        ("run.read", _runs),
        ("event.read", _events),
        ("deployment.read", _models),
        ("limit.read", _limits),
    )
    return [area(slug) for action, area in guarded if may(action)]


def _approvals(slug: str) -> Area:
    count, url = len(approvals_of_mine()), _at(slug, "approval-list")
    text = ngettext("approval waits for you", "approvals wait for you", count)
    return Area((Need("approvals", "waiting", count, text, url),), Calm(_("No approval waits for you."), url))


def _runs(slug: str) -> Area:
    """Runs that stand still until somebody does something, then those that failed lately."""
    undone = run_list(status=RunStatus.COMPENSATION_FAILED).count()
    suspended = run_list(status=RunStatus.SUSPENDED).count()
    failed = run_list(status=RunStatus.FAULTED, ended_within=FAILED_WITHIN).count()
    words = {
        RunStatus.COMPENSATION_FAILED: ngettext("run could not be undone", "runs could not be undone", undone),
        RunStatus.SUSPENDED: ngettext(
            "run is suspended until somebody resumes it", "runs are suspended until somebody resumes them", suspended
        ),
        RunStatus.FAULTED: ngettext("run failed in the last 24 hours", "runs failed in the last 24 hours", failed),
    }
    counts = dict(zip(words, (undone, suspended, failed), strict=True))
    found = tuple(_run(slug, status, counts[status], text) for status, text in words.items())
    return Area(found, Calm(_("No run failed in the last 24 hours, and none stands still."), _at(slug, "run-list")))


def _run(slug: str, status: RunStatus, count: int, text: str) -> Need:
    more = "&ended_within=24" if status is RunStatus.FAULTED else ""
    return Need(status.value, status.value, count, text, f"{_at(slug, 'run-list')}?status={status.value}{more}")


def _events(slug: str) -> Area:
    count, url = delivery_list(status=DeliveryStatus.DEAD).count(), _at(slug, "delivery-list")
    text = ngettext("dead letter: an event that did not arrive", "dead letters: events that did not arrive", count)
    return Area((Need("dead-letters", "dead", count, text, url),), Calm(_("No event is left undelivered."), url))


def _models(slug: str) -> Area:
    """Health of what routes choose from."""
    count, url = len(deployments_in_trouble(now=now())), _at(slug, "deployment-list")
    text = ngettext("model that fails too often", "models that fail too often", count)
    known = deployment_list().count()
    calm = ngettext(
        "No trouble with %(count)s deployment in the last 15 minutes.",
        "No trouble with %(count)s deployments in the last 15 minutes.",
        known,
    )
    said = calm % {"count": known} if known else _("There is no deployment yet, so routes have nothing to choose from.")
    return Area((Need("models", "degraded", count, text, f"{url}?health=trouble"),), Calm(said, url))


def _limits(slug: str) -> Area:
    count, url = len(limits_near()), _at(slug, "limit-list")
    text = ngettext("limit used up to four fifths", "limits used up to four fifths", count)
    return Area((Need("limits", "expiring", count, text, f"{url}?near=1"),), Calm(_("No limit is near its end."), url))


def _at(slug: str, view: str, *place: Any) -> str:
    return reverse(view, args=[slug, *place])

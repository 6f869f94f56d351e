"""The first steps of a tenant: which there are, which are taken, and who may take them.

Nothing is stored: a step is taken when what it leads to is there, whoever made it and however.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from keys.selectors import virtual_key_list
from routing.models import UsageRecord
from routing.selectors.filters import RequestFilter
from routing.selectors.requests import request_list
from routing.selectors.routes import route_list
from routing.try_it import TRY_KEY
from studio.terms import ROLE_NAMES
from tenants.access import may
from tenants.domain import ACTIONS, Role
from tenants.selectors import unit_list
from workflows.models import Run
from workflows.selectors import definition_list, run_list, runs_that_work
from workflows.statuses import FINAL
from workflows.workload_keys import WORKLOAD_KEY

ACTION: Final = "route.try"  # who may do that may take some of the steps
OWN_KEYS: Final = (TRY_KEY, WORKLOAD_KEY)  # issued by the system for itself


@dataclass(frozen=True, slots=True)
class Kind:
    """A step as such."""

    title: Any
    text: Any
    actions: tuple[str, ...]


KINDS: Final[Mapping[str, Kind]] = {
    "company": Kind(
        _("Company"),
        _("Its name, the zone in which its days begin, and the first unit that pays."),
        ("settings.change", "unit.change"),
    ),
    "model": Kind(
        pgettext_lazy("first step", "Model"),
        _("A provider, a model there, and the name by which applications ask for it."),
        ("provider.change", "deployment.change", "route.change"),
    ),
    "key": Kind(
        pgettext_lazy("first step", "Key"),
        _("What an application presents instead of a provider's key, with a budget of its own."),
        ("key.change", "limit.change"),
    ),
    "call": Kind(
        pgettext_lazy("first step", "Call"),
        _("A real call through the gateway: decided, held, answered, settled and recorded."),
        ("route.try",),
    ),
    "workflow": Kind(
        pgettext_lazy("first step", "Workflow"),
        _("A small workflow to begin with, or one of the five patterns."),
        ("definition.change",),
    ),
    "run": Kind(
        pgettext_lazy("first step", "Run"),
        _("The workflow at work, each step durable and recorded."),
        ("run.start",),
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step for the present person. `who` names the roles that may take it."""

    slug: str
    title: str
    text: str
    done: bool
    may: bool
    who: str


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """All of them in order."""

    steps: tuple[Step, ...]

    @property
    def begun(self) -> bool:
        return any(step.done for step in self.steps)

    @property
    def proven(self) -> bool:
        """A governed call and a run are there: the rest is for those who want it."""
        return all(step.done for step in self.steps if step.slug in {"call", "run"})

    @property
    def next(self) -> Step | None:
        """The first that is not taken; of those that the person may take, if there are any."""
        open_ones = [step for step in self.steps if not step.done]
        return next((step for step in open_ones if step.may), open_ones[0] if open_ones else None)

    @property
    def shown(self) -> list[dict[str, str]]:
        """For `components/steps.html`, with the next one marked."""
        return self.shown_at(self.next.slug if self.next else "")

    def shown_at(self, slug: str) -> list[dict[str, str]]:
        """For `components/steps.html`, on the page of one step."""
        state = {step.slug: "now" if step.slug == slug else "done" if step.done else "" for step in self.steps}
        return [{"label": step.title, "state": state[step.slug]} for step in self.steps]

    def named(self, slug: str) -> Step:
        return next(step for step in self.steps if step.slug == slug)


def first_steps() -> FirstSteps:
    """The steps as they are taken at this moment."""
    done = _done()
    return FirstSteps(
        tuple(
            Step(
                slug=slug,
                title=str(kind.title),
                text=str(kind.text),
                done=done[slug],
                may=all(may(action) for action in kind.actions),
                who=_who(kind.actions),
            )
            for slug, kind in KINDS.items()
        )
    )


def after(slug: str) -> str:
    """The slug of the step behind one; nothing behind the last."""
    return dict(pairwise(KINDS)).get(slug, "")


def first_request() -> UsageRecord | None:
    """The newest request that a model answered."""
    found: UsageRecord | None = request_list(RequestFilter(status="ok")).first()
    return found


def first_run() -> Run | None:
    """The newest run that works; while there is none, the newest of all."""
    return runs_that_work().first() or run_list().first()


@dataclass(frozen=True, slots=True)
class LastRun:
    """Where the last step stands while no run has worked yet: what is going on, or what went wrong."""

    run: Run
    title: str
    detail: str

    @property
    def is_over(self) -> bool:
        return self.run.status in FINAL


def unproven_run() -> LastRun | None:
    """The newest run while none has worked; nothing when there is none, or when one has."""
    run = None if runs_that_work().exists() else run_list().first()
    if run is None:
        return None
    error = run.error if isinstance(run.error, dict) else {}
    return LastRun(run, str(error.get("title") or error.get("type") or ""), str(error.get("detail") or ""))


def _done() -> dict[str, bool]:
    return {
        "company": unit_list().exists(),
        "model": route_list().exists(),
        "key": virtual_key_list(status="active").exclude(name__in=OWN_KEYS).exists(),
        "call": first_request() is not None,
        "workflow": definition_list().exists(),
        "run": runs_that_work().exists(),
    }


def _who(actions: tuple[str, ...]) -> str:
    """The roles that may do all of it."""
    roles = [role for role in Role if all(role in ACTIONS[action] for action in actions)]
    return ", ".join(str(ROLE_NAMES[role]) for role in roles)

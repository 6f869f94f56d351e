"""One step of a run in full: what went in and out, each attempt, what went wrong, when it is tried again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from studio.presenters import Column
from studio.rows_connectors import pretty
from studio.rows_runs import STATES, RunFold, StepLine, title_of
from workflows.domain.plan import Plan
from workflows.models import RunEvent

ASKED = ("function", "arguments", "key", "detail", "filter")
ENDS = {"task.completed", "task.faulted", "task.caught", "task.cancelled", "task.skipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """One try. `next_at` is when the one after it is due."""

    number: int
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    error: str = ""
    next_at: datetime | None = None

    @property
    def milliseconds(self) -> float | None:
        return (self.ended_at - self.started_at).total_seconds() * 1000 if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDetail:
    """A step; data is JSON to read, `next_at` the time of a retry that has not begun."""

    step: StepLine
    input: str = ""
    asked: str = ""
    output: str = ""
    error: str = ""
    attempts: tuple[AttemptLine, ...] = ()

    @property
    def next_at(self) -> datetime | None:
        return self.attempts[-1].next_at if self.attempts else None


def step_detail(history: Iterable[RunEvent], plan: Plan | None, key: int) -> StepDetail | None:
    """The step that began with line `key`, from the history of its effect."""
    lines, fold, mine = list(history), RunFold(plan), list[Mapping[str, Any]]()
    for line in lines:
        if fold.add(line, line.data) == key:
            mine.append(line.data)
    if (step := fold.steps.get(key)) is None:
        return None
    asked = {name: value for data in mine for name, value in data.items() if name in ASKED}
    return StepDetail(
        step=step,
        input=_last(mine, "input"),
        asked=pretty(asked) if asked else "",
        output=_last(mine, "output"),
        error=_last(mine, "error"),
        attempts=tuple(_attempts(lines, step)),
    )


def _attempts(lines: Iterable[RunEvent], step: StepLine) -> list[AttemptLine]:
    """All tries of the effect, also those that the page lists as steps of their own."""
    found: list[AttemptLine] = []
    for line in lines:
        is_own = (line.pointer, line.iteration) == (step.pointer, step.iteration)
        if is_own and line.type in {"task.started", *ENDS} and (not found or found[-1].ended_at):
            began = (found[-1].next_at if found and line.type in ENDS else None) or line.at
            found.append(AttemptLine(number=line.attempt or len(found) + 1, status="running", started_at=began))
        if found and (is_own or (line.type == "task.retried" and step.iteration.startswith(line.iteration))):
            found[-1] = _tried(found[-1], line)
    return found


def _tried(attempt: AttemptLine, line: RunEvent) -> AttemptLine:
    """The attempt with one more line: of its own, or of a task around it that tries again."""
    error = title_of(line.data.get("error"))
    if line.type == "task.retried":
        due = line.at + timedelta(seconds=float(line.data.get("delay_seconds") or 0))
        if attempt.ended_at:
            return replace(attempt, next_at=due)
        return replace(attempt, next_at=due, status="faulted", ended_at=line.at, error=error)
    if line.type in ENDS:
        return replace(attempt, status=STATES[line.type], ended_at=line.at, error=error)
    return replace(attempt, status=STATES.get(line.type, attempt.status), error=error or attempt.error)


def _last(data: Iterable[Mapping[str, Any]], name: str) -> str:
    found = [one[name] for one in data if name in one]
    return pretty(found[-1]) if found else ""


def attempt_columns() -> list[Column]:
    """Columns of the attempts of a step."""
    return [
        Column(_("Attempt"), numeric=True),
        Column(_("State")),
        Column(_("Started"), numeric=True),
        Column(_("Took"), numeric=True),
        Column(_("Next"), numeric=True),
    ]

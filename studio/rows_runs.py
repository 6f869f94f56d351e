"""Rows of the run pages: steps put together from the history, and what was undone, in the order it was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.diagrams.plans import State
from studio.presenters import Column
from studio.rows_definitions import undo_names
from workflows.domain import saga
from workflows.domain.plan import Plan, by_pointer
from workflows.models import Run, RunEvent

MOST_STEPS = 2_000
UNDO_MARK = "/compensate/"
STATES: Mapping[str, str] = {
    "task.started": "running", "task.retried": "running", "task.waiting": "waiting", "task.completed": "completed",
    "task.skipped": "skipped", "task.faulted": "faulted", "task.caught": "caught", "task.cancelled": "cancelled",
}  # fmt: skip
UNDO_STATES: Mapping[str, str] = {
    "compensation.started": "compensating", "compensation.compensated": "compensated",
    "compensation.failed": "compensation_failed", "compensation.skipped": "skipped",
    "compensation.not_applicable": "not_applicable",
}  # fmt: skip
REASONS: Mapping[str, Any] = {
    saga.HALTED: gettext_lazy("an earlier compensation failed"),
    saga.LEFT: gettext_lazy("the run was left as it is"),
    saga.NOTHING_DECLARED: gettext_lazy("nothing to undo is declared"),
    saga.PAST_PIVOT: gettext_lazy("the point of no return was passed"),
    saga.PIVOT_UNKNOWN: gettext_lazy("it is not known whether the point of no return was passed"),
}
DRAWN: Mapping[str, State] = {
    "running": "live", "waiting": "live", "completed": "done", "caught": "done", "faulted": "failed",
}  # fmt: skip
OVER = frozenset({"completed", "skipped", "faulted", "cancelled"})


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a list."""

    id: UUID
    definition: str
    version: str
    status: str
    started_by: str
    created_at: datetime
    milliseconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One performance of a task. `key` is the number of its first line, `latest` that of its last."""

    key: int
    name: str
    pointer: str
    iteration: str
    kind: str
    status: str
    attempts: int
    started_at: datetime
    latest: int
    ended_at: datetime | None = None
    error_title: str = ""
    undoes: bool = False

    @property
    def milliseconds(self) -> float | None:
        return (self.ended_at - self.started_at).total_seconds() * 1000 if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoLine:
    """What became of one effect when the run was undone."""

    effect: str
    name: str
    by: str
    status: str
    at: datetime
    latest: int
    reason: str = ""
    error: str = ""


def run_line(run: Run) -> RunLine:
    """Row of the run list."""
    took = (run.finished_at - run.created_at).total_seconds() * 1000 if run.finished_at else None
    return RunLine(
        run.id, str(run.definition), run.version.version, run.status, run.started_by, run.created_at, took
    )  # fmt: skip


class Line(Protocol):
    """A line of the history; `data` may be without what was passed."""

    number: int
    at: datetime
    type: str
    pointer: str
    iteration: str
    generation: int
    attempt: int


class RunFold:
    """The steps of a run in the order in which they began and what was undone, told line by line.

    The first `most` steps are kept; how each task stands is known of all.
    """

    def __init__(self, plan: Plan | None, *, most: int = MOST_STEPS) -> None:
        self.number = 0
        self.steps: dict[int, StepLine] = {}
        self.undone: dict[str, UndoLine] = {}
        self.states: dict[str, State] = {}
        self._tasks = by_pointer(plan) if plan else {}
        self._most = most
        self._present: dict[tuple[str, str, int], int] = {}

    def add(self, line: Line, data: Mapping[str, Any]) -> int:
        """Take in one line; the key of the step it belongs to, 0 if it is about none that is kept."""
        self.number = line.number
        if status := UNDO_STATES.get(line.type):
            self._add_undo(line, data, status)
        if not line.type.startswith("task."):
            return 0
        key = self._key(line)
        self.states[line.pointer] = DRAWN.get(STATES.get(line.type, ""), self.states.get(line.pointer, "off"))
        if key not in self.steps and len(self.steps) >= self._most:
            return 0
        self.steps[key] = _told(self.steps.get(key) or self._new(line), line, data)
        return key

    def listed(self, *, undoing: bool = False) -> list[StepLine]:
        """The steps forward, or those that undo."""
        return [step for step in self.steps.values() if step.undoes == undoing]

    def undo_list(self) -> list[UndoLine]:
        """What was undone and what was not, in the order in which it was decided: the last effect first."""
        return list(self.undone.values())

    def _key(self, line: Line) -> int:
        """The step a line goes on with; what is started again after its end is another one."""
        name = (line.pointer, line.iteration, line.generation)
        known = self.steps.get(self._present.get(name, 0))
        if known is None or (known.status in OVER and line.type == "task.started"):
            self._present[name] = line.number
        return self._present[name]

    def _new(self, line: Line) -> StepLine:
        task = self._tasks.get(line.pointer)
        return StepLine(
            key=line.number,
            name=name_of(line.pointer),
            pointer=line.pointer,
            iteration=line.iteration,
            kind=task.kind if task else "",
            status="running",
            attempts=0,
            started_at=line.at,
            latest=line.number,
            undoes=UNDO_MARK in line.pointer,
        )

    def _add_undo(self, line: Line, data: Mapping[str, Any], status: str) -> None:
        effect, reason = str(data.get("effect") or line.pointer), str(data.get("reason") or "")
        task, error = self._tasks.get(line.pointer), data.get("error")
        self.undone[effect] = UndoLine(
            effect=effect,
            name=name_of(line.pointer),
            by=undo_names(task) if task else "",
            status=status,
            at=line.at,
            latest=line.number,
            reason=str(REASONS.get(reason, reason)),
            error=str(error.get("title") or "") if isinstance(error, dict) else "",
        )


def _told(step: StepLine, line: Line, data: Mapping[str, Any]) -> StepLine:
    """The step with one more line of its history."""
    status = STATES.get(line.type, step.status)
    return replace(
        step,
        status=status,
        kind=data.get("function") or step.kind,
        attempts=max(step.attempts, line.attempt),
        ended_at=line.at if status in OVER else None,
        error_title=title_of(data.get("error")) or step.error_title,
        latest=line.number,
    )


def folded_run(history: Iterable[RunEvent], plan: Plan | None) -> RunFold:
    """A run from lines as the outline of its history gives them."""
    fold = RunFold(plan)
    for line in history:
        fold.add(line, line.outline)  # type: ignore[attr-defined]  # annotated by the selector
    return fold


def title_of(error: object) -> str:
    """What an error is called."""
    return str(error.get("title") or error.get("type") or "") if isinstance(error, dict) else ""


def name_of(pointer: str) -> str:
    """The name of a task, the last part of its pointer."""
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def run_columns() -> list[Column]:
    """Columns of the run list."""
    return [
        Column(_("Started")),
        Column(_("Definition")),
        Column(_("State")),
        Column(_("Took"), numeric=True),
        Column(_("By"), wide_only=True),
    ]


def step_columns() -> list[Column]:
    """Columns of the steps."""
    return [
        Column(_("Step")),
        Column(_("Kind")),
        Column(_("State")),
        Column(_("Attempts"), numeric=True),
        Column(_("Took"), numeric=True),
        Column(_("Started"), numeric=True, wide_only=True),
    ]


def undo_columns() -> list[Column]:
    """Columns of what was undone."""
    return [Column(_("Step")), Column(_("Undone by")), Column(_("State")), Column(_("When"), numeric=True)]

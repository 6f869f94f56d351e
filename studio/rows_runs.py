"""Rows of the run pages: steps put together from the history, and what was undone, in the order it was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.diagrams.plans import State
from studio.presenters import Column
from studio.rows_connectors import pretty
from studio.rows_definitions import undo_names
from workflows.domain import saga
from workflows.domain.plan import Plan, by_pointer
from workflows.models import Run, RunEvent

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


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the history."""

    number: int
    at: datetime
    type: str
    attempt: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One performance of a task. `key` is the number of its first line; data is JSON to read."""

    key: int
    name: str
    pointer: str
    iteration: str
    kind: str
    status: str
    attempts: int
    started_at: datetime
    ended_at: datetime | None = None
    input: str = ""
    asked: str = ""
    output: str = ""
    error: str = ""
    error_title: str = ""
    undoes: bool = False
    lines: tuple[HistoryLine, ...] = field(default=())

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
    reason: str = ""
    error: str = ""


def run_line(run: Run) -> RunLine:
    """Row of the run list."""
    took = (run.finished_at - run.created_at).total_seconds() * 1000 if run.finished_at else None
    return RunLine(
        run.id, str(run.definition), run.version.version, run.status, run.started_by, run.created_at, took
    )  # fmt: skip


def step_lines(history: Iterable[RunEvent], plan: Plan | None) -> list[StepLine]:
    """The steps of a run in the order in which they began."""
    tasks = by_pointer(plan) if plan else {}
    steps: dict[tuple[str, str, int], StepLine] = {}
    for entry in history:
        if not entry.type.startswith("task."):
            continue
        key = (entry.pointer, entry.iteration, entry.generation)
        known = steps.get(key)
        if known is not None and known.status in OVER and entry.type == "task.started":
            key = (entry.pointer, entry.iteration, -entry.number)
            known = None
        task = tasks.get(entry.pointer)
        steps[key] = _told(known or _new(entry, task.kind if task else ""), entry)
        if key[2] < 0:
            steps[(entry.pointer, entry.iteration, entry.generation)] = steps.pop(key)
    return sorted(steps.values(), key=lambda step: step.key)


def _new(entry: RunEvent, kind: str) -> StepLine:
    return StepLine(
        key=entry.number,
        name=name_of(entry.pointer),
        pointer=entry.pointer,
        iteration=entry.iteration,
        kind=kind,
        status="running",
        attempts=0,
        started_at=entry.at,
        undoes=UNDO_MARK in entry.pointer,
    )


def _told(step: StepLine, entry: RunEvent) -> StepLine:
    """The step with one more line of its history."""
    data: Mapping[str, Any] = entry.data
    error = data.get("error")
    status = STATES.get(entry.type, step.status)
    line = HistoryLine(entry.number, entry.at, entry.type, entry.attempt, pretty(data) if data else "")
    asked = {name: data[name] for name in ("function", "arguments", "key", "detail", "filter") if name in data}
    return replace(
        step,
        status=status,
        kind=data.get("function") or step.kind,
        attempts=max(step.attempts, entry.attempt),
        ended_at=entry.at if status in OVER else None,
        input=pretty(data["input"]) if "input" in data else step.input,
        asked=pretty(asked) if asked else step.asked,
        output=pretty(data["output"]) if "output" in data else step.output,
        error=pretty(error) if error else step.error,
        error_title=str(error.get("title") or error.get("type") or "") if isinstance(error, dict) else step.error_title,
        lines=(*step.lines, line),
    )


def undo_lines(history: Iterable[RunEvent], plan: Plan | None) -> list[UndoLine]:
    """What was undone and what was not, in the order in which it was decided: the last effect first."""
    tasks = by_pointer(plan) if plan else {}
    found: dict[str, UndoLine] = {}
    for entry in history:
        status = UNDO_STATES.get(entry.type)
        if status is None:
            continue
        reason = str(entry.data.get("reason") or "")
        effect = str(entry.data.get("effect") or entry.pointer)
        task = tasks.get(entry.pointer)
        error = entry.data.get("error")
        found[effect] = UndoLine(
            effect=effect,
            name=name_of(entry.pointer),
            by=undo_names(task) if task else "",
            status=status,
            at=entry.at,
            reason=str(REASONS.get(reason, reason)),
            error=str(error.get("title") or "") if isinstance(error, dict) else "",
        )
    return list(found.values())


def drawn_states(steps: Iterable[StepLine]) -> dict[str, State]:
    """How each task looks in the diagram, by pointer."""
    return {step.pointer: DRAWN.get(step.status, "off") for step in steps}


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


def history_columns() -> list[Column]:
    """Columns of the lines of a step."""
    return [Column(_("Line"), numeric=True), Column(_("What happened")), Column(_("Attempt"), numeric=True),
            Column(_("When"), numeric=True)]  # fmt: skip

"""Rows of the pages of definitions: the list, versions, and a plan told task by task."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from studio.diagrams.plans import MOST_DRAWN, MOST_STEPS, State, Step, folded, plan_diagram, plan_groups
from studio.presenters import Column
from studio.rows_connectors import compact
from workflows.domain.plan import (
    Block,
    Call,
    Do,
    Emit,
    For,
    Fork,
    Listen,
    Plan,
    Raise,
    Switch,
    Task,
    Try,
    Wait,
    plan_from_json,
    walk,
)
from workflows.models import Definition, DefinitionVersion

MOST_LETTERS = 40
Fold = Literal["", "folded", "all", "list"]


@dataclass(frozen=True, slots=True)
class DefinitionLine:
    """A definition with its current version."""

    id: UUID
    name: str
    title: str
    version: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task in words; `pointer` names it in the document."""

    depth: int
    name: str
    pointer: str
    kind: str
    what: str
    condition: str = ""
    undo: str = ""
    pivot: bool = False
    way: bool = False
    branch: bool = False
    parallel: bool = False
    event: str = ""


def definition_line(definition: Definition) -> DefinitionLine:
    """Row of the list; `version` and `title` come annotated by the selector."""
    return DefinitionLine(
        id=definition.id,
        name=str(definition),
        title=str(getattr(definition, "title", "") or ""),
        version=str(getattr(definition, "version", "") or "–"),
        status=definition.status,
        created_at=definition.created_at,
    )


def plan_of(version: DefinitionVersion) -> Plan | None:
    """The plan of a version; None for one of a format that this release does not read."""
    try:
        return plan_from_json(version.plan)
    except (ValueError, KeyError, TypeError):
        return None


def task_lines(plan: Plan) -> list[TaskLine]:
    """All tasks, in the order of the document."""
    return list(_block(plan.block, 0))


def fold_of(lines: list[TaskLine], *, every: bool) -> Fold:
    """How a plan is drawn: as it is, folded, unfolded because `every` task was asked for, or folded for good."""
    if len(lines) <= MOST_STEPS or all(line.depth == 0 for line in lines):
        return ""
    if len(lines) > MOST_DRAWN:
        return "list"
    return "all" if every else "folded"


def diagram(lines: list[TaskLine], states: Mapping[str, State] | None = None, *, fold: Fold = "folded") -> str:
    """The drawing of a plan; with `states` by pointer, of a run."""
    most = MOST_DRAWN if fold == "all" else MOST_STEPS
    return plan_diagram(_steps(lines, states, most), _("Diagram of the tasks; the table below says the same"))


def diagram_parts(lines: list[TaskLine], states: Mapping[str, State], changed: Collection[str]) -> list[str]:
    """The parts of the drawing of a run that show the `changed` tasks."""
    drawn = _steps(lines, states)
    shown = [line for line in lines if line.depth == 0] if len(drawn) < len(lines) else lines
    return [
        group for line, group in zip(shown, plan_groups(drawn), strict=True) if line.pointer in changed and not line.way
    ]


def _steps(lines: list[TaskLine], states: Mapping[str, State] | None, most: int = MOST_STEPS) -> list[Step]:
    """What is drawn: tasks inside others are only counted where there are too many."""
    return [
        replace(step, lines=(*step.lines, _("%(count)s tasks inside") % {"count": step.inside}))
        if step.inside
        else step
        for step in folded([_step(line, states) for line in lines], most)
    ]


def undo_names(task: Task) -> str:
    """What compensates a task."""
    return ", ".join(inner.name for inner in walk(task.policy.compensate or ()))


def starts_on(plan: Plan) -> list[str]:
    """The events that start a run."""
    return [" ".join(f"{name}={compact(value)}" for name, value in one.with_.items()) for one in plan.schedule_on]


def _block(block: Block, depth: int) -> Iterator[TaskLine]:
    for task in block:
        yield _line(task, depth)
        yield from _inside(task, depth + 1)


def _inside(task: Task, depth: int) -> Iterator[TaskLine]:
    match task:
        case Do(block=block) | For(block=block):
            yield from _block(block, depth)
        case Try(block=block, catch=catch):
            yield from _block(block, depth)
            if catch.block:
                yield _way(task, depth, _("if it fails"))
                yield from _block(catch.block, depth + 1)
        case Fork(branches=branches):
            for branch in branches:
                yield replace(_line(branch, depth), branch=True)
                yield from _inside(branch, depth + 1)
        case Switch(cases=cases):
            for case in cases:
                yield _way(task, depth, case.name, f"→ {case.then}", case.when or "")


def _way(task: Task, depth: int, name: str, what: str = "", condition: str = "") -> TaskLine:
    return TaskLine(depth, _cut(name), task.pointer, "", what, condition, way=True, branch=True)


def _line(task: Task, depth: int) -> TaskLine:
    kind, what = _told(task)
    return TaskLine(
        depth=depth,
        name=task.name,
        pointer=task.pointer,
        kind=kind,
        what=_cut(what),
        condition=task.condition or "",
        undo=undo_names(task),
        pivot=task.policy.pivot,
        parallel=isinstance(task, Fork),
        event="in" if isinstance(task, Listen) else "out" if isinstance(task, Emit) else "",
    )


def _told(task: Task) -> tuple[str, str]:  # noqa: PLR0911  # one case per kind of task
    """The word for what a task does, and with what."""
    match task:
        case Call(function=function, arguments=arguments):
            return function, _arguments(function, arguments if isinstance(arguments, dict) else {})
        case Wait(duration=duration):
            return _("wait"), f"{duration:g} s" if isinstance(duration, int | float) else str(duration)
        case Listen(one=one):
            return _("listen"), compact(one.with_.get("type", ""))
        case Emit(event=event):
            return _("emit"), compact(event.get("type", ""))
        case For(in_=items):
            return _("for each"), items
        case Fork(compete=compete):
            return _("fork"), _("the first wins") if compete else _("all of them")
        case Raise(error=error):
            return _("raise"), compact(error.type)
    words = {"do": _("do"), "set": _("set"), "switch": _("switch"), "try": _("try")}
    return words.get(task.kind, task.kind), ""


def _arguments(function: str, given: Mapping[str, Any]) -> str:
    match function:
        case "connector":
            return f"{given.get('connector', '')}.{given.get('operation', '')}"
        case "chat":
            return compact(given.get("model", ""))
        case "http":
            endpoint = given.get("endpoint", "")
            target = endpoint.get("uri", "") if isinstance(endpoint, dict) else endpoint
            return f"{str(given.get('method', '')).upper()} {target}"
    return compact(given.get("title", ""))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _step(line: TaskLine, states: Mapping[str, State] | None) -> Step:
    lines = [line.what] if line.what else []
    lines += [_("undo: %(names)s") % {"names": line.undo}] if line.undo else []
    lines += [_("point of no return")] if line.pivot else []
    state: State = "" if states is None or line.way else states.get(line.pointer, "off")
    return Step(
        depth=line.depth,
        name=line.name,
        kind=line.kind,
        lines=tuple(lines),
        undone=bool(line.undo),
        event="in" if line.event == "in" else "out" if line.event == "out" else "",
        branch=line.branch,
        parallel=line.parallel,
        way=line.way,
        state=state,
    )


def definition_columns() -> list[Column]:
    """Columns of the list."""
    return [
        Column(_("Name")),
        Column(_("Title"), wide_only=True),
        Column(_("Version")),
        Column(_("State")),
        Column(_("Created"), numeric=True, wide_only=True),
    ]


def definition_version_columns() -> list[Column]:
    """Columns of the versions."""
    return [
        Column(_("Version")),
        Column(_("Number"), numeric=True),
        Column(_("Published"), numeric=True),
        Column(_("By"), wide_only=True),
    ]


def task_columns() -> list[Column]:
    """Columns of a plan in words."""
    return [Column(_("Task")), Column(_("Kind")), Column(_("With")), Column(_("Undone by"))]

"""A definition as a drawing: its tasks from top to bottom, what is inside others indented, branches of a fork beside
each other, what is undone at the side.

Solid lines are the way forward, dashed ones events, the finely dashed one at the right is the way back when a run is
undone: it meets each task that has something to undo, the last one first. Colour only repeats what the words say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from studio.diagrams.places import Placed, Size, places
from studio.diagrams.svg import number, tag
from studio.diagrams.wires import box, dot, node, wire

State = Literal["", "off", "done", "live", "failed"]
LEFT: Final = 12.0
TOP: Final = 34.0
WIDTH: Final = 236.0
GAP: Final = 18.0
INDENT: Final = 26.0
LINE: Final = 16.0
RAIL: Final = 14.0  # from a box's left edge to the line that runs down from it
MOST_LETTERS: Final = 35
MOST_STEPS: Final = 150  # a larger plan is drawn folded: what is inside other tasks is only counted
MOST_DRAWN: Final = 500  # tasks and ways out of them; a larger plan is never drawn otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One task, or one way out of a task. `lines` stand below its name; `event` says how events touch it.

    What is inside a `parallel` one is drawn beside each other; `inside` counts what is folded away.
    """

    depth: int
    name: str
    kind: str
    lines: tuple[str, ...] = ()
    undone: bool = False
    event: Literal["", "in", "out"] = ""
    branch: bool = False
    parallel: bool = False
    way: bool = False
    state: State = ""
    inside: int = 0

    @property
    def size(self) -> Size:
        return Size(
            depth=self.depth,
            width=WIDTH + (30 if self.event else 0),
            height=30.0 if self.way else 30 + LINE * len(self.lines),
            parallel=self.parallel,
        )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A step where it stands, and where the line into it comes from."""

    step: Step
    place: Placed
    before: Placed | None

    @property
    def x(self) -> float:
        return self.place.x

    @property
    def y(self) -> float:
        return self.place.y

    @property
    def right(self) -> float:
        return self.place.x + WIDTH

    @property
    def bottom(self) -> float:
        return self.place.bottom

    @property
    def middle(self) -> float:
        return self.place.y + 15


def plan_diagram(steps: Sequence[Step], label: str) -> str:
    """The drawing in its natural size; `label` names it. The same is told in words beside it."""
    drawn = _drawn(steps)
    bottom = max((one.bottom for one in drawn), default=TOP) + 2 * GAP
    width = max((one.right for one in drawn), default=WIDTH) + 56
    x = LEFT + RAIL
    last = [one for one in drawn if one.step.depth == 0][-1:]
    out = [wire("call", f"M{number(x)} {number(one.bottom)}V{number(bottom)}") for one in last]
    ends = [node(x, 10, 6), wire("call", f"M{number(x)} 16V{number(TOP)}"), *out, dot(x, bottom, 5)]
    groups = [_group(one, at) for at, one in enumerate(drawn)]
    return tag(
        "svg", *ends, *_undo(drawn, width - 14), *groups, class_="wires plan", role="img", aria_label=label,
        viewBox=f"0 0 {number(width)} {number(bottom + 14)}", width=width, height=bottom + 14,
    )  # fmt: skip


def plan_groups(steps: Sequence[Step]) -> list[str]:
    """The markup of each step alone, in the order of `steps`: what is exchanged when only some of them change."""
    return [_group(one, at) for at, one in enumerate(_drawn(steps))]


def folded(steps: Sequence[Step], most: int = MOST_STEPS) -> list[Step]:
    """The steps as drawn: all of a plan that fits, else only the outer ones, with the number of those inside."""
    if len(steps) <= most:
        return list(steps)
    outer: list[Step] = []
    for step in steps:
        if step.depth == 0:
            outer.append(step)
        elif not step.way:
            outer[-1] = replace(outer[-1], inside=outer[-1].inside + 1)
    return outer


def _drawn(steps: Sequence[Step]) -> list[_Drawn]:
    shown = places([step.size for step in steps], x=LEFT, y=TOP, gap=GAP, indent=INDENT)
    return [_Drawn(step, place, place.before) for step, place in zip(steps, shown, strict=True)]


def _group(one: _Drawn, at: int) -> str:
    return tag("g", *_into(one), *_task(one), id=f"task-{at}")


def _into(one: _Drawn) -> list[str]:
    """The line that leads to a task: down from the one before, or out of the one that holds it."""
    before, parent = one.before, one.place.parent
    off = one.step.state == "off"
    if parent is not None and one.place.beside:
        bus = number(parent.bottom + GAP / 2)
        start = (
            f"{number(before.x + RAIL)} {bus}" if before else f"{number(parent.x + RAIL)} {number(parent.bottom)}V{bus}"
        )
        return [wire("call", f"M{start}H{number(one.x + RAIL)}V{number(one.y)}", off=off)]
    if parent is not None and (before is None or one.step.branch):
        x = parent.x + RAIL
        return [wire("call", f"M{number(x)} {number(parent.bottom)}V{number(one.middle)}H{number(one.x)}", off=off)]
    if before is None:
        return []
    return [wire("call", f"M{number(before.x + RAIL)} {number(before.bottom)}V{number(one.y)}", off=off)]


def _task(one: _Drawn) -> list[str]:
    step = one.step
    off, lit = step.state == "off", step.state == "live"
    if step.way:
        words = _text(one.x + 22, one.middle + 4, " · ".join((step.name, *step.lines)))
        return [node(one.x + 8, one.middle, 5, off=off), words]
    texts = [_text(one.x + 12, one.y + 20, step.name, strong=not off), _kind(one)]
    texts += [_text(one.x + 12, one.y + 20 + LINE * at, line) for at, line in enumerate(step.lines, start=1)]
    marks = [dot(one.right - 14, one.middle, 4)] if step.state in {"live", "done"} else []
    if step.state == "failed":
        x, y = one.right - 18, one.middle - 4
        marks = [tag("path", class_="w-call", d=f"M{number(x)} {number(y)}l8 8m0 -8l-8 8")]
    return [
        box(one.x, one.y, WIDTH, one.place.height, lit=lit, off=off), *texts, *marks, *_event(one, off=off)
    ]  # fmt: skip


def _kind(one: _Drawn) -> str:
    room = 12 if one.step.state in {"", "off"} else 26
    return tag("text", text=one.step.kind, x=one.right - room, y=one.y + 20, text_anchor="end")


def _event(one: _Drawn, *, off: bool) -> list[str]:
    """A dashed line that comes in from a terminal, or goes out to one."""
    if not one.step.event:
        return []
    y = one.middle
    ends = node(one.right + 26, y, 4, off=off) if one.step.event == "in" else dot(one.right + 26, y, 4)
    return [wire("event", f"M{number(one.right)} {number(y)}h22", off=off), ends]


def _undo(drawn: Sequence[_Drawn], rail: float) -> list[str]:
    """The way back: up the side, behind what stands there, into each task that has something to undo."""
    undone = [one for one in drawn if one.step.undone]
    if not undone:
        return []
    ends = [one.bottom - 8 for one in undone]
    top, bottom = min(ends), max(ends)
    shapes = [wire("undo", f"M{number(rail)} {number(bottom + 22)}V{number(top)}"), node(rail, bottom + 26, 4)]
    for one in undone:
        y, right = one.bottom - 8, one.right
        shapes.append(wire("undo", f"M{number(rail)} {number(y)}H{number(right + 7)}"))
        points = f"{number(right)},{number(y)} {number(right + 7)},{number(y - 4)} {number(right + 7)},{number(y + 4)}"
        shapes.append(tag("polygon", class_="w-tip", points=points))
    return shapes


def _text(x: float, y: float, words: str, *, strong: bool = False) -> str:
    shown = words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 1]}…"
    return tag("text", text=shown, x=x, y=y, class_="strong" if strong else None)

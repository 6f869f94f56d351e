"""A definition as a drawing: its tasks from top to bottom, what is inside others indented, what is undone at the side.

Solid lines are the way forward, dashed ones events, the finely dashed one at the right is the way back when a run is
undone: it meets each task that has something to undo, the last one first. Colour only repeats what the words say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from studio.diagrams.svg import number, tag
from studio.diagrams.wires import box, dot, node, wire

State = Literal["", "off", "done", "live", "failed"]
INDENT: Final = 26.0
LEFT: Final = 12.0
WIDTH: Final = 236.0
GAP: Final = 18.0
LINE: Final = 16.0
RAIL: Final = 14.0  # from a box's left edge to the line that runs down from it
MOST_LETTERS: Final = 30
MOST_DEPTH: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One task, or one way out of a task. `lines` stand below its name; `event` says how events touch it."""

    depth: int
    name: str
    kind: str
    lines: tuple[str, ...] = ()
    undone: bool = False
    event: Literal["", "in", "out"] = ""
    branch: bool = False
    way: bool = False
    state: State = ""


@dataclass(frozen=True, slots=True)
class _Placed:
    step: Step
    x: float
    y: float
    height: float

    @property
    def right(self) -> float:
        return self.x + WIDTH

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + 15


def plan_diagram(steps: Sequence[Step], label: str) -> str:
    """The drawing in its natural size; `label` names it. The same is told in words beside it."""
    placed = _places(steps)
    bottom = placed[-1].bottom + 2 * GAP if placed else 60.0
    width = max((one.right for one in placed), default=WIDTH) + 56
    x = LEFT + RAIL
    shapes = [*_lines(placed), *_undo(placed, width - 14), *(_task(one) for one in placed)]
    ends = [node(x, 10, 6), wire("call", f"M{number(x)} 16V{number(34)}"), *_out(placed, x, bottom)]
    return tag(
        "svg", *ends, *shapes, class_="wires plan", role="img", aria_label=label,
        viewBox=f"0 0 {number(width)} {number(bottom + 14)}", width=width, height=bottom + 14,
    )  # fmt: skip


def _out(placed: Sequence[_Placed], x: float, bottom: float) -> list[str]:
    last = [one for one in placed if one.step.depth == 0][-1:]
    return [wire("call", f"M{number(x)} {number(one.bottom)}V{number(bottom)}") for one in last] + [dot(x, bottom, 5)]


def _places(steps: Sequence[Step]) -> list[_Placed]:
    y, found = 34.0, []
    for step in steps:
        height = 30 + LINE * len(step.lines) if not step.way else 30.0
        found.append(_Placed(step, LEFT + INDENT * min(step.depth, MOST_DEPTH), y, height))
        y += height + GAP
    return found


def _lines(placed: Sequence[_Placed]) -> list[str]:
    """From each task to the one after it, and from those that hold others into them."""
    found = []
    for index, one in enumerate(placed):
        before = next((other for other in reversed(placed[:index]) if other.step.depth <= one.step.depth), None)
        if before is None:
            continue
        off = one.step.state == "off"
        x = before.x + RAIL
        if before.step.depth < one.step.depth or one.step.branch:
            parent = next(other for other in reversed(placed[:index]) if other.step.depth < one.step.depth)
            x = parent.x + RAIL
            corner = f"M{number(x)} {number(parent.bottom)}V{number(one.middle)}H{number(one.x)}"
            found.append(wire("call", corner, off=off))
        else:
            found.append(wire("call", f"M{number(x)} {number(before.bottom)}V{number(one.y)}", off=off))
    return found


def _task(one: _Placed) -> str:
    step = one.step
    off, lit = step.state == "off", step.state == "live"
    if step.way:
        words = _text(one.x + 22, one.middle + 4, " · ".join((step.name, *step.lines)))
        return tag("g", node(one.x + 8, one.middle, 5, off=off), words)
    texts = [_text(one.x + 12, one.y + 20, step.name, strong=not off), _kind(one)]
    texts += [_text(one.x + 12, one.y + 20 + LINE * at, line) for at, line in enumerate(step.lines, start=1)]
    marks = [dot(one.right - 14, one.middle, 4)] if step.state in {"live", "done"} else []
    if step.state == "failed":
        x, y = one.right - 18, one.middle - 4
        marks = [tag("path", class_="w-call", d=f"M{number(x)} {number(y)}l8 8m0 -8l-8 8")]
    return tag(
        "g", box(one.x, one.y, WIDTH, one.height, lit=lit, off=off), *texts, *marks, *_event(one, off=off)
    )  # fmt: skip


def _kind(one: _Placed) -> str:
    room = 12 if one.step.state in {"", "off"} else 26
    return tag("text", text=one.step.kind, x=one.right - room, y=one.y + 20, text_anchor="end")


def _event(one: _Placed, *, off: bool) -> list[str]:
    """A dashed line that comes in from a terminal, or goes out to one."""
    if not one.step.event:
        return []
    y = one.middle
    ends = node(one.right + 26, y, 4, off=off) if one.step.event == "in" else dot(one.right + 26, y, 4)
    return [wire("event", f"M{number(one.right)} {number(y)}h22", off=off), ends]


def _undo(placed: Sequence[_Placed], rail: float) -> list[str]:
    """The way back: up the side, into each task that has something to undo."""
    undone = [one for one in placed if one.step.undone]
    if not undone:
        return []
    top, bottom = undone[0].bottom - 8, undone[-1].bottom - 8
    shapes = [wire("undo", f"M{number(rail)} {number(bottom + 22)}V{number(top)}"), node(rail, bottom + 26, 4)]
    for one in undone:
        y, right = one.bottom - 8, one.right
        shapes.append(wire("undo", f"M{number(rail)} {number(y)}H{number(right + 7)}"))
        points = f"{number(right)},{number(y)} {number(right + 7)},{number(y - 4)} {number(right + 7)},{number(y + 4)}"
        shapes.append(tag("polygon", class_="w-tip", points=points))
    return shapes


def _text(x: float, y: float, words: str, *, strong: bool = False) -> str:
    shown = words if len(words) <= MOST_LETTERS + 12 else f"{words[: MOST_LETTERS + 10]}…"
    return tag("text", text=shown, x=x, y=y, class_="strong" if strong else None)

"""Where boxes stand that hold others: measured from the inside out, then placed from the outside in.

What a box holds stands below it, indented and in order; what a parallel one holds stands side by side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_DEPTH: Final = 5  # deeper ones are indented no further
BETWEEN: Final = 28.0  # columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A box to place; those that follow with a greater depth stand inside it."""

    depth: int
    width: float
    height: float
    parallel: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a box stands; `before` is the one above it, or left of it where it begins a column (`beside`)."""

    x: float
    y: float
    height: float
    parent: "Placed | None"
    before: "Placed | None"
    beside: bool

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(slots=True)
class _Box:
    size: Size
    inside: "list[_Box]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Grid:
    gap: float
    indent: float


def places(sizes: Sequence[Size], *, x: float, y: float, gap: float, indent: float) -> list[Placed]:
    """A place for each box, in the given order."""
    found: list[Placed] = []
    _stack(_tree(sizes), x, y, None, found, _Grid(gap, indent))
    return found


def _tree(sizes: Sequence[Size]) -> list[_Box]:
    top: list[_Box] = []
    open_: list[_Box] = []
    for size in sizes:
        while open_ and open_[-1].size.depth >= size.depth:
            open_.pop()
        made = _Box(size)
        (open_[-1].inside if open_ else top).append(made)
        open_.append(made)
    return top


def _stack(boxes: Sequence[_Box], x: float, y: float, parent: Placed | None, found: list[Placed], grid: _Grid) -> float:
    """Place boxes below each other; the bottom of the last."""
    before: Placed | None = None
    for one in boxes:
        before = Placed(x, y, one.size.height, parent, before, beside=False)
        found.append(before)
        y = _fill(one, before, found, grid)
    return y


def _fill(one: _Box, made: Placed, found: list[Placed], grid: _Grid) -> float:
    """Place what is inside a box; where the next box below it may begin."""
    below = made.bottom + grid.gap
    inner = made.x + (grid.indent if one.size.depth < MOST_DEPTH else 0)
    if not one.inside:
        return below
    if not one.size.parallel:
        return _stack(one.inside, inner, below, made, found, grid)
    ends, left = [], None
    for column in one.inside:
        left = Placed(inner, below, column.size.height, made, left, beside=True)
        found.append(left)
        ends.append(_fill(column, left, found, grid))
        inner += _width(column, grid) + BETWEEN
    return max(ends)


def _width(one: _Box, grid: _Grid) -> float:
    """How wide a box is with all that is inside it."""
    return max([one.size.width, *_inner_widths(one, grid)])


def _inner_widths(one: _Box, grid: _Grid) -> Iterator[float]:
    step = grid.indent if one.size.depth < MOST_DEPTH else 0
    widths = [_width(inner, grid) for inner in one.inside]
    if widths and one.size.parallel:
        yield step + sum(widths) + BETWEEN * (len(widths) - 1)
    else:
        yield from (step + width for width in widths)

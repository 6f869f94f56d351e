"""The wide layout: boxes on a grid, lines at right angles through the gaps between columns and rows.

Each side of a box has as many ports as lines leave it, sorted by where they lead, so that neighbours do not cross. A
line to the next column turns once in the gap between; one that passes over boxes takes a track between two rows.
Gaps grow with what runs through them. Nothing here depends on the text of a label but its width.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from studio.diagrams.graph import Box, Graph, Line
from studio.diagrams.placed import Anchor, Placed, Point, Region, Routed

Side = Literal["left", "right", "top", "bottom"]
WIDTH: Final = 176.0
HEIGHT: Final = 62.0
MARGIN: Final = 4.0
PAD: Final = 14.0
ZONE_TOP: Final = 28.0
ROW_GAP: Final = 50.0
TRACK: Final = 12.0
LANE: Final = 14.0
STUB: Final = 86.0  # between the last lane and the next column: room for the words of a line
LOOP_WORDS: Final = 52.0
BEFORE_LANES: Final = 18.0
PORT: Final = 20.0
COLUMN_PORT: Final = 66.0
MOST_LANES: Final = 24  # the last one is shared by what finds no other


@dataclass(slots=True, kw_only=True)
class _Way:
    """A line on the grid. `first` and `last` are the gaps it turns in, seen from its left end; `track` the row gap."""

    line: Line
    left: Box
    right: Box
    shape: Literal["down", "loop", "across"]
    first: int = 0
    last: int = 0
    track: int | None = None
    left_y: float = 0.0
    right_y: float = 0.0
    middle_y: float = 0.0
    x: float = 0.0
    outermost: bool = True

    @property
    def forward(self) -> bool:
        return self.line.source == self.left.id


def place(graph: Graph) -> Placed:
    """The layout of a graph; linear in boxes and lines, but for sorting."""
    boxes = {box.id: box for box in graph.boxes}
    taken = {(box.column, box.row) for box in graph.boxes}
    ways = [_way(line, boxes[line.source], boxes[line.target], taken) for line in graph.lines]
    rows = _row_tops(graph.boxes, ways)
    _ports(ways, rows)
    lanes = _lanes(ways)
    columns = _column_lefts(graph.boxes, lanes)
    lines = tuple(_routed(way, columns, rows, lanes) for way in ways)
    right = columns[max(columns)] + WIDTH + MARGIN + PAD
    bottom = rows[max(rows)] + HEIGHT + MARGIN + PAD
    loops = [way.words_at[0] for way, on in zip(lines, ways, strict=True) if on.shape == "loop" and way.words_at]
    return Placed(
        boxes=tuple((box, columns[box.column], rows[box.row]) for box in graph.boxes),
        lines=lines,
        regions=tuple(_regions(graph, columns, rows)),
        width=max([right, *(x + LOOP_WORDS for x in loops)]),
        height=bottom,
        box_width=WIDTH,
        box_height=HEIGHT,
    )


def _way(line: Line, source: Box, target: Box, taken: set[tuple[int, int]]) -> _Way:
    """Which shape a line has: straight down to a neighbour, a loop beside its column, or across."""
    if source.column == target.column:
        upper, lower = sorted((source, target), key=lambda box: box.row)
        between = any((source.column, row) in taken for row in range(upper.row + 1, lower.row))
        shape: Literal["down", "loop"] = "loop" if between or upper.row == lower.row else "down"
        return _Way(line=line, left=upper, right=lower, shape=shape, first=source.column, last=source.column)
    left, right = sorted((source, target), key=lambda box: box.column)
    first, last = left.column, right.column - 1
    way = _Way(line=line, left=left, right=right, shape="across", first=first, last=last)
    inner = range(left.column + 1, right.column)
    if not any((column, left.row) in taken for column in inner):
        way.first = last
    elif not any((column, right.row) in taken for column in inner):
        way.last = first
    else:
        way.track = left.row - 1 if right.row < left.row else left.row
    return way


def _row_tops(boxes: Sequence[Box], ways: Sequence[_Way]) -> dict[int, float]:
    """The top of each row; gaps widen with the tracks that run through them. Sets the height of each track."""
    tracks: dict[int, list[_Way]] = defaultdict(list)
    for way in ways:
        if way.track is not None:
            tracks[way.track].append(way)
    y = MARGIN + ZONE_TOP + (TRACK * len(tracks.get(-1, ())) + PAD if -1 in tracks else 0)
    for index, way in enumerate(tracks.get(-1, ())):
        way.middle_y = MARGIN / 2 + TRACK * (index + 0.5)
    tops = {}
    for row in range(max((box.row for box in boxes), default=0) + 1):
        tops[row] = y
        for index, way in enumerate(tracks.get(row, ())):
            way.middle_y = y + HEIGHT + PAD + TRACK * (index + 0.5)
        y += HEIGHT + ROW_GAP + TRACK * len(tracks.get(row, ()))
    return tops


def _ports(ways: Sequence[_Way], rows: Mapping[int, float]) -> None:
    """Where on its side each line begins and ends."""
    for side, ends in _sides(ways).items():
        vertical = side[1] in {"top", "bottom"}
        room = COLUMN_PORT if vertical else min(PORT, (HEIGHT - 14) / max(len(ends) - 1, 1))
        for index, (_, number, end) in enumerate(sorted(ends)):
            way, offset = ways[number], (index - (len(ends) - 1) / 2) * room
            if vertical:
                way.x, way.outermost = 0.36 * WIDTH + offset, index == len(ends) - 1
            elif end == 0:
                way.left_y = rows[way.left.row] + HEIGHT / 2 + offset
            else:
                way.right_y = rows[way.right.row] + HEIGHT / 2 + offset
    _straighten(ways)


def _straighten(ways: Sequence[_Way]) -> None:
    """Shifts the ports of a side so that its line to a neighbour in the same row runs straight, where there is room."""
    sides: dict[tuple[str, Side], list[tuple[_Way, str]]] = defaultdict(list)
    for way in ways:
        if way.shape == "across":
            sides[way.left.id, "right"].append((way, "left_y"))
            sides[way.right.id, "left"].append((way, "right_y"))
    shifted: set[tuple[str, Side]] = set()
    for way in ways:
        if way.shape != "across" or way.left.row != way.right.row or way.track is not None:
            continue
        ends: list[tuple[str, Side]] = [(way.left.id, "right"), (way.right.id, "left")]
        side = min(ends, key=lambda end: (end in shifted, len(sides[end])))
        delta = (way.right_y - way.left_y) * (1 if side == ends[0] else -1)
        ports = sides[side]
        middle = sum(getattr(one, name) for one, name in ports) / len(ports)
        spread = max(abs(getattr(one, name) - middle) for one, name in ports)
        if side not in shifted and abs(delta) + spread <= HEIGHT / 2 - 6:
            for one, name in ports:
                setattr(one, name, getattr(one, name) + delta)
        shifted.update(ends)


def _sides(ways: Sequence[_Way]) -> dict[tuple[str, Side], list[tuple[int, int, int]]]:
    """For each side of each box the line ends there: the row they lead to, the line, which end (0 left or upper)."""
    sides: dict[tuple[str, Side], list[tuple[int, int, int]]] = defaultdict(list)
    for index, way in enumerate(ways):
        if way.shape == "down":
            sides[way.left.id, "bottom"].append((0, index, 0))
            sides[way.right.id, "top"].append((0, index, 1))
        else:
            other: Side = "right" if way.shape == "loop" else "left"
            sides[way.left.id, "right"].append((way.right.row, index, 0))
            sides[way.right.id, other].append((way.left.row, index, 1))
    return sides


@dataclass(slots=True)
class _Lanes:
    """For each gap between columns: how many lanes, and which one each turn has."""

    count: dict[int, int]
    of: dict[tuple[int, int], int]  # (identity of the way, gap) -> lane


def _lanes(ways: Sequence[_Way]) -> _Lanes:
    """Turns that overlap get lanes of their own, in the order in which they do not cross each other."""
    turns: dict[int, list[tuple[float, float, _Way]]] = defaultdict(list)
    for way in ways:
        if way.shape == "loop":
            turns[way.first].append((way.left_y, way.right_y, way))
        elif way.shape == "across" and way.track is not None:
            turns[way.first].append((way.left_y, way.middle_y, way))
            turns[way.last].append((way.middle_y, way.right_y, way))
        elif way.shape == "across" and abs(way.left_y - way.right_y) > 0.5:
            turns[way.last if way.first == way.last else way.first].append((way.left_y, way.right_y, way))
    found = _Lanes(count={}, of={})
    for gap, entries in turns.items():
        up = sorted((one for one in entries if one[1] < one[0]), key=lambda one: one[0])
        down = sorted((one for one in entries if one[1] >= one[0]), key=lambda one: -one[0])
        ends: list[list[tuple[float, float]]] = []
        for begin, end, way in (*up, *down):
            low, high = min(begin, end) - 4, max(begin, end) + 4
            overlapping = [n for n, lane in enumerate(ends) if any(low < b and high > a for a, b in lane)]
            lane = min(overlapping[-1] + 1 if overlapping else 0, MOST_LANES - 1)
            if lane == len(ends):
                ends.append([])
            if lane < MOST_LANES - 1:
                ends[lane].append((low, high))
            found.of[id(way), gap] = lane
        found.count[gap] = len(ends)
    return found


def _column_lefts(boxes: Sequence[Box], lanes: _Lanes) -> dict[int, float]:
    x, lefts = MARGIN + PAD, {}
    for column in range(max((box.column for box in boxes), default=0) + 1):
        lefts[column] = x
        x += WIDTH + BEFORE_LANES + LANE * max(lanes.count.get(column, 1) - 1, 0) + STUB
    return lefts


def _routed(way: _Way, columns: Mapping[int, float], rows: Mapping[int, float], lanes: _Lanes) -> Routed:
    def lane(gap: int) -> float:
        return columns[gap] + WIDTH + BEFORE_LANES + LANE * lanes.of.get((id(way), gap), 0)

    left_x, right_x = columns[way.left.column] + WIDTH, columns[way.right.column]
    if way.shape == "down":
        x = columns[way.left.column] + way.x
        top, bottom = rows[way.left.row] + HEIGHT, rows[way.right.row]
        points: list[Point] = [(x, top), (x, bottom)]
        return _result(way, points, (x + 8, (top + bottom) / 2 + 4), "start", letters=16 if way.outermost else 9)
    if way.shape == "loop":
        x = lane(way.first)
        points = [(left_x, way.left_y), (x, way.left_y), (x, way.right_y), (left_x, way.right_y)]
        return _result(way, points, (x + 6, (way.left_y + way.right_y) / 2 + 4), "start")
    if way.track is not None:
        a, b, y = lane(way.first), lane(way.last), way.middle_y
        points = [(left_x, way.left_y), (a, way.left_y), (a, y), (b, y), (b, way.right_y), (right_x, way.right_y)]
    elif abs(way.left_y - way.right_y) <= 0.5:
        points = [(left_x, way.left_y), (right_x, way.right_y)]
    else:
        x = lane(way.last if way.first == way.last else way.first)
        points = [(left_x, way.left_y), (x, way.left_y), (x, way.right_y), (right_x, way.right_y)]
    return _result(way, points, (right_x - 11, way.right_y - 5), "end")


def _result(way: _Way, points: list[Point], words_at: Point, anchor: Anchor, *, letters: int = 14) -> Routed:
    return Routed(
        line=way.line,
        points=tuple(points if way.forward else reversed(points)),
        words_at=words_at,
        anchor=anchor,
        letters=letters,
    )


def _regions(graph: Graph, columns: Mapping[int, float], rows: Mapping[int, float]) -> list[Region]:
    found = []
    for zone, label in graph.zones.items():
        inside = [box for box in graph.boxes if box.zone == zone]
        if not inside:
            continue
        left, right = min(box.column for box in inside), max(box.column for box in inside)
        top, bottom = min(box.row for box in inside), max(box.row for box in inside)
        x, y = columns[left] - PAD, rows[top] - ZONE_TOP + 2
        width, height = columns[right] + WIDTH + PAD - x, rows[bottom] + HEIGHT + PAD - y
        found.append(Region(label=label, x=x, y=y, width=width, height=height))
    return found

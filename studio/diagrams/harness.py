"""The narrow layout, for a phone: the boxes below each other like plugs of a harness, the lines in rails beside them.

Calls and replies run in the left rail, events and undos in the right one; between neighbours a line runs straight down.
Short lines lie close to the boxes, long ones outside, so that few cross.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from studio.diagrams.graph import Box, Graph, Line, Words
from studio.diagrams.placed import Placed, Point, Region, Routed

WIDTH: Final = 200.0
HEIGHT: Final = 60.0
GAP: Final = 26.0
ZONE_TOP: Final = 26.0
PAD: Final = 10.0
LANE: Final = 10.0
STUB: Final = 16.0
LETTER: Final = 5.8
EDGE: Final = 8.0
MOST_LANES: Final = 24


@dataclass(slots=True)
class _Rail:
    """A line beside the boxes: its lane and the heights of its two ends, upper first. `falls`: it starts above."""

    line: Line
    upper: int
    lower: int
    right: bool
    falls: bool
    lane: int = 0
    upper_y: float = 0.0
    lower_y: float = 0.0
    upper_crowd: int = 0
    lower_crowd: int = 0


def place(graph: Graph, words: Words) -> Placed:
    """The layout of a graph: zone by zone, in each in the order given; the right rail leaves room for its words."""
    boxes = _ordered(graph)
    at = {box.id: index for index, box in enumerate(boxes)}
    straight = [line for line in graph.lines if _is_straight(line, boxes, at)]
    rails = [_rail(line, at) for line in graph.lines if line not in straight]
    left = _lanes([rail for rail in rails if not rail.right])
    right = _lanes([rail for rail in rails if rail.right])
    x = EDGE + STUB + LANE * max(left - 1, 0) + PAD
    room = 12 + LETTER * max([len(_word(rail, words)) for rail in rails if rail.right] or [0])
    tops, regions, bottom = _tops(boxes, graph, x)
    _ports(rails, tops)
    return Placed(
        boxes=tuple((box, x, top) for box, top in zip(boxes, tops, strict=True)),
        lines=(*_down(straight, at, tops, x), *(_around(rail, x, room) for rail in rails)),
        regions=tuple(regions),
        width=x + WIDTH + room + LANE * max(right - 1, 0) + EDGE if right else x + WIDTH + PAD + EDGE,
        height=bottom,
        box_width=WIDTH,
        box_height=HEIGHT,
    )


def _ordered(graph: Graph) -> list[Box]:
    zones = {zone: index for index, zone in enumerate(graph.zones)}
    return sorted(graph.boxes, key=lambda box: zones.get(box.zone, len(zones)))


def _is_straight(line: Line, boxes: Sequence[Box], at: dict[str, int]) -> bool:
    """Whether the line joins neighbours of one zone, where nothing stands between them."""
    upper, lower = sorted((at[line.source], at[line.target]))
    return lower - upper == 1 and boxes[upper].zone == boxes[lower].zone


def _rail(line: Line, at: dict[str, int]) -> _Rail:
    upper, lower = sorted((at[line.source], at[line.target]))
    right = line.kind in {"event", "compensation"}
    return _Rail(line, upper, lower, right=right, falls=at[line.source] == upper)


def _lanes(rails: Sequence[_Rail]) -> int:
    """Gives each line a lane in which nothing else is at its heights; the number of lanes. The last one is shared."""
    lanes: list[list[tuple[int, int]]] = []
    for rail in sorted(rails, key=lambda one: one.lower - one.upper):
        free = (n for n, lane in enumerate(lanes) if not any(rail.upper <= b and rail.lower >= a for a, b in lane))
        rail.lane = next(free, min(len(lanes), MOST_LANES - 1))
        if rail.lane == len(lanes):
            lanes.append([])
        if rail.lane < MOST_LANES - 1:
            lanes[rail.lane].append((rail.upper, rail.lower))
    return len(lanes)


def _tops(boxes: Sequence[Box], graph: Graph, x: float) -> tuple[list[float], list[Region], float]:
    y, tops, regions = EDGE, [], []
    zone = None
    for index, box in enumerate(boxes):
        if index == 0 or box.zone != zone:
            zone = box.zone
            y += ZONE_TOP if zone in graph.zones else 0
        tops.append(y)
        last = index + 1 == len(boxes) or boxes[index + 1].zone != zone
        if last and zone in graph.zones:
            begin = next(tops[n] for n, one in enumerate(boxes) if one.zone == zone) - ZONE_TOP
            height = y + HEIGHT + PAD - begin
            regions.append(Region(label=graph.zones[zone], x=x - PAD, y=begin, width=WIDTH + 2 * PAD, height=height))
        y += HEIGHT + (PAD + EDGE if last else GAP)
    return tops, regions, y


def _ports(rails: Sequence[_Rail], tops: Sequence[float]) -> None:
    """Ends on one side of a box, from top to bottom: lines from above first, the outermost of them highest."""
    sides: dict[tuple[int, bool], list[tuple[int, int, int]]] = defaultdict(list)
    for index, rail in enumerate(rails):
        sides[rail.lower, rail.right].append((0, -rail.lane, index))
        sides[rail.upper, rail.right].append((1, rail.lane, index))
    for (box, _), ends in sides.items():
        room = min(14.0, (HEIGHT - 12) / max(len(ends) - 1, 1))
        for place_, (down, _lane, index) in enumerate(sorted(ends)):
            y = tops[box] + HEIGHT / 2 + (place_ - (len(ends) - 1) / 2) * room
            if down:
                rails[index].upper_y, rails[index].upper_crowd = y, len(ends)
            else:
                rails[index].lower_y, rails[index].lower_crowd = y, len(ends)


def _down(lines: Sequence[Line], at: dict[str, int], tops: Sequence[float], x: float) -> list[Routed]:
    """Lines between neighbours, side by side."""
    seen: dict[int, int] = defaultdict(int)
    found = []
    for line in lines:
        upper = min(at[line.source], at[line.target])
        here = x + 18 + 76 * seen[upper]
        seen[upper] += 1
        points: tuple[Point, ...] = ((here, tops[upper] + HEIGHT), (here, tops[upper + 1]))
        found.append(
            Routed(
                line=line,
                points=points if at[line.source] == upper else points[::-1],
                words_at=(here + 8, tops[upper] + HEIGHT + GAP / 2 + 1),
                letters=9 if _crowded(line, lines, at) else 18,
            )
        )
    return found


def _word(rail: _Rail, words: Words) -> str:
    return words.event if rail.line.kind == "event" else words.undo


def _crowded(line: Line, lines: Sequence[Line], at: dict[str, int]) -> bool:
    """Whether another line runs beside this one."""
    ends = {at[line.source], at[line.target]}
    return sum({at[one.source], at[one.target]} == ends for one in lines) > 1


def _around(rail: _Rail, x: float, room: float) -> Routed:
    edge = x + WIDTH if rail.right else x
    sign = 1 if rail.right else -1
    out = edge + sign * ((room if rail.right else STUB + PAD) + LANE * rail.lane)
    points: tuple[Point, ...] = ((edge, rail.upper_y), (out, rail.upper_y), (out, rail.lower_y), (edge, rail.lower_y))
    ends = points if rail.falls else points[::-1]
    words_at = (edge + 5, (rail.upper_y if rail.lower_crowd > rail.upper_crowd else rail.lower_y) - 4)
    if not rail.right:
        return Routed(line=rail.line, points=ends, words_at=None)
    return Routed(line=rail.line, points=ends, words_at=words_at, brief=True)

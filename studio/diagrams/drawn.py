"""A layout as SVG, in the line language: solid call, thin reply, dashed event, finely dashed undo that leads back.

A state is an icon and a word at the box's upper edge, a token on a line a dot; colour only repeats them. Nodes are
links named by their visible text. `data-node`, `data-edge`, `data-state` and the ids of paths are for the player.
"""

from itertools import pairwise, takewhile

from studio.diagrams.graph import UNMATCHED, WIRES, Box, Words
from studio.diagrams.marks import KINDS, STATES
from studio.diagrams.placed import Placed, Point, Region, Routed
from studio.diagrams.svg import Attribute, number, tag

CORNER = 8.0
TIP = 7.0
LETTER = 8.2  # average width of a letter of a label, 13 px, bold
SMALL_LETTER = 6.4  # of the second line, 11.5 px
CAPITALS = 1.4  # how much wider a text in capitals is
TEXT_LEFT = 30.0
LEAST_LETTERS = 3  # less of a protocol says nothing


def draw(placed: Placed, words: Words, *, name: str, prefix: str, extra_class: str = "", still: bool = False) -> str:
    """The picture. `prefix` begins the ids of its paths, so that two layouts can stand in one page.

    `still`: nobody will play it, so no places are kept for states to come.
    """
    lines = [_line(way, words, prefix) for way in sorted(placed.lines, key=lambda way: way.line.lit)]
    size = (placed.box_width, placed.box_height)
    return tag(
        "svg",
        *(_region(region) for region in placed.regions),
        tag("g", *lines, class_="d-lines", aria_hidden="true"),
        *(_box(box, x, y, size, words, still) for box, x, y in placed.boxes),
        class_=f"wires diagram {extra_class}".strip(), role="group", aria_label=name,
        viewBox=f"0 0 {number(placed.width)} {number(placed.height)}", width=placed.width, height=placed.height,
    )  # fmt: skip


def _region(region: Region) -> str:
    rect = tag("rect", class_="d-zone", x=region.x, y=region.y, width=region.width, height=region.height, rx=3)
    return rect + tag("text", text=region.label, class_="d-zone-label", x=region.x + 10, y=region.y + 17)


def _line(way: Routed, words: Words, prefix: str) -> str:
    line = way.line
    wire = WIRES[line.kind]
    path = tag(
        "path", class_=f"w-{wire}{' w-lit' if line.lit else ''}", id=f"{prefix}-edge-{line.id}", d=path_of(way.points)
    )  # fmt: skip
    shapes = [path, _tip(way), _words(way, words)]
    if line.lit:
        x, y = along(way.points, 0.4 if line.back else 0.6)
        shapes.append(tag("circle", class_="w-dot d-token", cx=x, cy=y, r=5))
    return tag(
        "g", *shapes, class_=f"d-line d-{wire}{' is-lit' if line.lit else ''}", data_edge=line.id, data_kind=line.kind,
        data_source=line.source, data_target=line.target,
    )  # fmt: skip


def _tip(way: Routed) -> str:
    """The head at the target: full for calls, replies and undos, open for events."""
    (x0, y0), (x, y) = way.points[-2:]
    length = max(abs(x - x0) + abs(y - y0), 0.01)
    dx, dy = (x - x0) / length, (y - y0) / length
    back = (x - TIP * dx, y - TIP * dy)
    wings = [(back[0] - 4 * dy, back[1] + 4 * dx), (back[0] + 4 * dy, back[1] - 4 * dx)]
    lit = " w-lit" if way.line.lit else ""
    if way.line.kind == "event":
        (ax, ay), (bx, by) = wings
        d = f"M{number(ax)} {number(ay)}L{number(x)} {number(y)}L{number(bx)} {number(by)}"
        return tag("path", class_=f"w-call d-open-tip{lit}", d=d)
    points = " ".join(f"{number(px)},{number(py)}" for px, py in [(x, y), *wings])
    return tag("polygon", class_=f"w-tip{lit}", points=points)


def _words(way: Routed, words: Words) -> str:
    """Protocol and traffic of a line, with "evt" or "undo" where its kind needs the word."""
    line = way.line
    if way.words_at is None:
        return ""
    kind = {"event": words.event, "compensation": words.undo}.get(line.kind, "")
    parts = [tag("tspan", text=kind, class_="d-tag")] if kind else []
    if line.count:
        parts.append(tag("tspan", text=f"{' ' if parts else ''}{line.count}", class_="d-count"))
    elif line.protocol and not way.brief and way.letters - len(kind) > LEAST_LETTERS:
        parts.append(tag("tspan", text=f"{' ' if parts else ''}{clipped(line.protocol, way.letters - len(kind))}"))
    x, y = way.words_at
    return tag("text", *parts, class_="d-words", x=x, y=y, text_anchor=way.anchor) if parts else ""


def _box(box: Box, x: float, y: float, size: tuple[float, float], words: Words, still: bool) -> str:
    width, height = size
    corner = {"client": 16, "person": 16}.get(box.kind, 3)
    shapes = [tag("rect", class_="w-node d-box", x=x, y=y, width=width, height=height, rx=corner)]
    if box.kind == "core":
        shapes.append(tag("rect", class_="d-wall", x=x + 3, y=y + 3, width=width - 6, height=height - 6, rx=2))
    shapes.append(tag("path", class_="d-icon", d=KINDS[box.kind], transform=_at(x + 10, y + height / 2 - 6)))
    shapes += _texts(box, x, y, size)
    if box.state != "idle" or not still:
        shapes.append(_state(box, x + width, y, words))
    marks = [f"is-{box.state}", *(f"is-{mark}" for mark in ("changed", "selected", "unmatched") if getattr(box, mark))]
    return tag(
        "a" if box.href else "g", *shapes, class_=f"d-node d-kind-{box.kind} {' '.join(marks)}",
        href=box.href or None, data_node=box.id, data_kind=box.kind, data_state=box.state,
    )  # fmt: skip


def _texts(box: Box, x: float, y: float, size: tuple[float, float]) -> list[str]:
    """The label in at most two lines, below it the second line in the room that is left, for each platform if asked."""
    width, height = size
    label = wrapped(box.label, _letters(box.label, width, LETTER), 2)
    room = min(max(int((height - 8 - 15 * len(label)) // 14), 1), 2)
    said = f"{UNMATCHED}{box.second}" if box.unmatched else box.second
    seconds = box.seconds or ({"": said} if said else {})
    lines = {name: wrapped(text, _letters(text, width, SMALL_LETTER), room) for name, text in seconds.items()}
    top = y + (height - 15 * len(label) - 14 * max(map(len, lines.values()), default=0) - 3) / 2 + 12
    left, below = x + TEXT_LEFT, top + 15 * len(label) + 3
    return [
        *(
            _text(line, box.label, label, class_="strong d-label", x=left, y=top + 15 * index)
            for index, line in enumerate(label)
        ),
        *(
            _text(
                line, seconds[name], second, class_=f"d-second{' is-on' if name and name == box.platform else ''}",
                x=left, y=below + 14 * index, data_platform=name,
            )
            for name, second in lines.items()
            for index, line in enumerate(second)
        ),
    ]  # fmt: skip


def _letters(text: str, width: float, letter: float) -> int:
    """How many letters of this text a line of a box holds."""
    capitals = sum(one.isupper() for one in text) * 3 > len(text)
    return int((width - TEXT_LEFT - 8) / (letter * CAPITALS if capitals else letter))


def _text(line: str, whole: str, shown: list[str], *, data_platform: str = "", **attributes: Attribute) -> str:
    """A line of text; where something was cut, the whole text is its title."""
    cut = shown[-1].endswith("…") and not whole.endswith("…")
    title = [tag("title", text=whole)] if cut else []
    return tag("text", *title, text=line, data_platform=data_platform or None, **attributes)


def _state(box: Box, right: float, top: float, words: Words) -> str:
    """The state at the upper edge: word, then icon. Idle says nothing and keeps the places for the player."""
    word = "" if box.state == "idle" else words.states[box.state]
    return tag(
        "g",
        tag("text", text=word, class_="d-state-word", x=right - 27, y=top + 4, text_anchor="end"),
        tag("circle", class_="d-state-back", cx=right - 16, cy=top, r=9),
        tag("path", class_="d-state-icon", d=STATES[box.state] or "M0 0", transform=_at(right - 22, top - 6)),
        class_="d-state",
    )  # fmt: skip


def path_of(points: tuple[Point, ...]) -> str:
    """The corners of a line as a path with rounded turns."""
    parts = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _distance(before, corner) / 2, _distance(corner, after) / 2)
        a, b = _toward(corner, before, radius), _toward(corner, after, radius)
        parts.append(
            f"L{number(a[0])} {number(a[1])}Q{number(corner[0])} {number(corner[1])} {number(b[0])} {number(b[1])}"
        )
    parts.append(f"L{number(points[-1][0])} {number(points[-1][1])}")
    return "".join(parts)


def along(points: tuple[Point, ...], share: float) -> Point:
    """The point at a share of the way."""
    legs = list(pairwise(points))
    rest = share * sum(_distance(a, b) for a, b in legs)
    for a, b in legs:
        length = _distance(a, b)
        if rest <= length:
            return _toward(a, b, rest)
        rest -= length
    return points[-1]


def wrapped(text: str, letters: int, lines: int) -> list[str]:
    """The text in at most so many lines of so many letters, evenly filled; cut with an ellipsis where it is longer."""
    found = _filled(text, letters)
    if len(found) > lines:
        found = [*found[: lines - 1], " ".join(found[lines - 1 :])]
    elif len(found) > 1:
        narrower = (_filled(text, width) for width in range(letters - 1, 0, -1))
        *_, found = (found, *takewhile(lambda other: len(other) == len(found), narrower))
    return [clipped(line, letters) for line in found]


def _filled(text: str, letters: int) -> list[str]:
    """As many words in a line as fit."""
    found: list[str] = [""]
    for word in text.split():
        if not found[-1]:
            found[-1] = word
        elif len(found[-1]) + 1 + len(word) <= letters:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def clipped(text: str, letters: int) -> str:
    """The text, cut with an ellipsis."""
    return text if len(text) <= letters else f"{text[: max(letters - 1, 1)].rstrip()}…"


def _distance(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])  # lines run along one axis


def _toward(a: Point, b: Point, distance: float) -> Point:
    length = _distance(a, b) or 1.0
    return a[0] + (b[0] - a[0]) * distance / length, a[1] + (b[1] - a[1]) * distance / length


def _at(x: float, y: float) -> str:
    return f"translate({number(x)} {number(y)})"

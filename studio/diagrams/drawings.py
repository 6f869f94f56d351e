"""Pictures in the line language: the product mark, empty states, errors, waiting, the line through the sign-in page."""

from collections.abc import Callable

from studio.diagrams.svg import tag
from studio.diagrams.wires import box, dot, node, token, wire


def drawing(name: str) -> str:
    """One of the pictures by name."""
    return _PICTURES[name]()


def _picture(width: int, height: int, *shapes: str) -> str:
    return tag("svg", *shapes, class_="wires drawing", viewBox=f"0 0 {width} {height}", aria_hidden="true")


def _unplugged() -> str:
    """Nothing here yet: a line that waits for its other end."""
    return _picture(
        240, 96,
        wire("call", "M8 48H74"), node(8, 48, 5), box(74, 34, 28, 28),
        wire("call", "M102 48h14"), wire("event", "M122 48h42", off=True), wire("call", "M170 48h10", off=True),
        tag("path", class_="w-call", d="M116 42v12"), tag("path", class_="w-call w-off", d="M170 42v12"),
        box(180, 34, 28, 28, off=True), wire("call", "M208 48h19", off=True), node(232, 48, 5, off=True),
        dot(116, 48, 4),
    )  # fmt: skip


def _filtered() -> str:
    """Nothing matches: every branch ends at the gate."""
    ends = (20, 48, 76)
    return _picture(
        240, 96,
        *(wire("call", f"M104 48C140 48 120 {y} 150 {y}") for y in ends),
        *(wire("event", f"M164 {y}H226", off=True) for y in ends),
        *(tag("path", class_="w-call", d=f"M154 {y - 7}v14") for y in ends),
        *(node(232, y, 5, off=True) for y in ends),
        wire("call", "M14 48h76"), node(8, 48, 5), node(97, 48, 7), dot(97, 48, 3.5),
    )  # fmt: skip


def _lost() -> str:
    """404: the route leads past the last station."""
    return _picture(
        340, 110,
        wire("call", "M10 55H112"), node(10, 55, 5), node(118, 55, 7),
        wire("call", "M125 55C165 55 150 22 190 22H250"), node(256, 22, 5),
        wire("event", "M125 55C165 55 150 88 190 88H262", lit=True), dot(270, 88, 4.5),
        wire("call", "M290 80l16 16M306 80l-16 16"),
    )  # fmt: skip


def _locked() -> str:
    """403: the line stops at a closed switch."""
    return _picture(
        340, 110,
        wire("call", "M10 60H138"), node(10, 60, 5), dot(138, 60, 5),
        tag("path", class_="w-call", d="M150 60l34-30"), node(150, 60, 5), node(196, 60, 5, off=True),
        wire("call", "M202 60H318", off=True), node(324, 60, 5, off=True),
    )  # fmt: skip


def _broken() -> str:
    """500: a box has failed, what was begun runs back."""
    return _picture(
        340, 110,
        wire("call", "M10 44H118"), node(10, 44, 5), box(118, 26, 36, 36), wire("call", "M154 44h42"),
        box(196, 26, 36, 36, off=True),
        tag("path", class_="w-call w-lit", d="M206 36l16 16M222 36l-16 16"),
        wire("call", "M232 44h86", off=True), node(324, 44, 5, off=True),
        wire("undo", "M214 62v28H136V70"), tag("polygon", class_="w-tip", points="136,62 132,71 140,71"),
    )  # fmt: skip


def _full() -> str:
    """429: more arrives than the gate lets through."""
    return _picture(
        340, 110,
        wire("call", "M10 55H168"), *(dot(x, 55, 4) for x in (80, 98, 116, 134, 152)),
        tag("path", class_="w-call", d="M170 30v50"), wire("event", "M178 55H318", off=True),
        node(324, 55, 5, off=True), dot(232, 55, 4),
    )  # fmt: skip


def _waiting() -> str:
    """503: the far side does not answer yet; the line is held open."""
    return _picture(
        340, 110,
        wire("call", "M10 55H128"), node(10, 55, 5), node(140, 55, 11), dot(140, 55, 4),
        wire("event", "M152 55H250"), box(250, 37, 36, 36, off=True), wire("call", "M286 55h32", off=True),
        node(324, 55, 5, off=True),
    )  # fmt: skip


def _sent() -> str:
    """A mail is under way."""
    line = "M16 48H196"
    return _picture(
        240, 96,
        wire("event", line), node(8, 48, 6), box(196, 32, 36, 32), wire("call", "M198 36l16 14 16-14"), token(line),
        dot(150, 48, 4),
    )  # fmt: skip


def _through() -> str:
    """The line that runs through the sign-in page: channels in, one hub, models and core systems out."""
    chosen = "M609 60C669 60 660 28 720 28H1200"
    return tag(
        "svg",
        wire("call", "M0 28H320", off=True), wire("event", "M0 92H320", off=True),
        *(wire("call", f"M320 {y}C380 {y} 370 60 430 60", off=True) for y in (28, 92)),
        wire("call", "M609 60H1200", off=True), wire("undo", "M609 60C669 60 660 92 720 92H1200", off=True),
        wire("call", "M0 60H591"), wire("call", chosen, lit=True),
        node(320, 28, 5, off=True), node(320, 92, 5, off=True),
        node(720, 28, 5, lit=True), node(720, 60, 5, off=True), node(720, 92, 5, off=True),
        node(600, 60, 10), dot(600, 60, 4.5), token("M0 60H600C669 60 660 28 720 28H1200"),
        class_="wires through", viewBox="0 0 1200 120", preserveAspectRatio="xMidYMid slice", aria_hidden="true",
    )  # fmt: skip


def _working() -> str:
    line = "M6 6H50"
    shapes = wire("reply", line), node(6, 6, 3), node(50, 6, 3), token(line, forever=True)
    return tag("svg", *shapes, class_="wires", viewBox="0 0 56 12", aria_hidden="true")


def _mark() -> str:
    """The product mark: one line in, one way chosen, one held ready."""
    return tag(
        "svg",
        tag("path", class_="w-call", d="M3 14H9C15 14 13 6 19 6h2"),
        tag("path", class_="w-event", d="M9 14c6 0 4 8 10 8h2"),
        tag("circle", class_="w-dot", cx=23.5, cy=6, r=3),
        tag("circle", class_="w-node", cx=23.5, cy=22, r=2.5),
        class_="wires mark", viewBox="0 0 28 28", aria_hidden="true",
    )  # fmt: skip


_PICTURES: dict[str, Callable[[], str]] = {
    "unplugged": _unplugged,
    "filtered": _filtered,
    "lost": _lost,
    "locked": _locked,
    "broken": _broken,
    "full": _full,
    "waiting": _waiting,
    "sent": _sent,
    "through": _through,
    "working": _working,
    "mark": _mark,
}
NAMES = tuple(_PICTURES)

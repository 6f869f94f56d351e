"""What is drawn: boxes on a grid, lines between them, quiet regions around. Both layouts and the text twin start here.

`Words` are the few words a drawing needs of its own; whoever draws gives them in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

LineKind = Literal["call", "reply", "event", "compensation"]
UNMATCHED: Final = "≠ "  # before a service that is no close match
WIRES: Final[Mapping[str, str]] = {"call": "call", "reply": "reply", "event": "event", "compensation": "undo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of the drawing and of its text twin. Templates name `source`, `target`, `label`, `protocol`."""

    event: str = "evt"
    undo: str = "undo"
    diagram: str = "Diagram: %(title)s, %(count)d elements"
    call: str = "%(source)s → %(target)s, call: %(label)s (%(protocol)s)."
    reply: str = "%(source)s → %(target)s, reply: %(label)s (%(protocol)s)."
    event_sentence: str = "%(source)s → %(target)s, event: %(label)s (%(protocol)s)."
    compensation: str = "%(source)s → %(target)s, undo: %(label)s (%(protocol)s)."
    node: str = "%(label)s: %(service)s."
    unmatched: str = "%(label)s: %(service)s, no close equivalent."
    states: Mapping[str, str] = field(
        default_factory=lambda: {
            "idle": "idle",
            "active": "working",
            "waiting": "waiting",
            "done": "done",
            "failed": "failed",
            "undone": "undone",
            "hit": "known already",
            "won": "answers",
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node. `second` is its quieter line, `href` where it leads; `changed`: another service than before.

    `seconds` are second lines by platform, for a page that shows that of `platform` and changes it in place.
    """

    id: str
    kind: str
    label: str
    second: str = ""
    seconds: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    zone: str = ""
    column: int = 0
    row: int = 0
    state: str = "idle"
    href: str = ""
    changed: bool = False
    selected: bool = False
    unmatched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An edge. `lit`: a token is on it now, going `back` against its direction; `count` is its traffic, as text."""

    id: str
    source: str
    target: str
    kind: LineKind
    label: str = ""
    protocol: str = ""
    lit: bool = False
    back: bool = False
    count: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Everything of one drawing. `name` is what the drawing as a whole is called."""

    name: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    zones: Mapping[str, str] = field(default_factory=dict)

"""A pattern as pictures: for a page in two layouts, or as a file of its own.

`View` says which moment of which scenario on which platform is shown, with whose names. The text twin is in `twin`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from studio.diagrams import harness, outcome, wide
from studio.diagrams.drawn import draw
from studio.diagrams.graph import UNMATCHED, Box, Graph, Line, Words
from workflows.domain.patterns import Beat, Node, Pattern

Layout = Literal["wide", "narrow"]
MOST_PLAYED: Final = 150  # boxes of a drawing that a player may animate


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What of a pattern is shown. `beat` counts from 1; 0 is the pattern at rest, or at the outcome `won`.

    `names` are a tenant's own names by node, `services` what stands in the second line instead of a platform's service,
    `traffic` counts by edge (as text), `changed` the nodes that are another service than on the platform before,
    `href` the address of a node's drawer with `{node}` in it; without it nodes are no links. With `switching` the
    second lines of all platforms are drawn, each marked with its platform, and the page shows one.
    """

    language: str = "en"
    platform: str = "cloudflare"
    scenario: str = ""
    beat: int = 0
    won: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    traffic: Mapping[str, str] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    selected: str = ""
    href: str = ""
    switching: bool = False

    def moment(self, pattern: Pattern) -> Beat | None:
        """The beat that is shown still, if one is, or the outcome of a simulation."""
        if self.won:
            return outcome.moment(pattern, self.won)
        if not self.scenario or self.beat < 1:
            return None
        return pattern.scenario(self.scenario).beats[self.beat - 1]


def graph_of(pattern: Pattern, view: View) -> Graph:
    """The pattern in the language and on the platform of the view, at its moment."""
    moment = view.moment(pattern)
    lit = moment.edges if moment else ()
    boxes = tuple(
        Box(
            id=node.id,
            kind=node.kind,
            label=view.names.get(node.id) or node.label[view.language],
            second=view.services.get(node.id) or node.services[view.platform].service,
            seconds=_seconds(node, view),
            platform=view.platform,
            zone=node.zone,
            column=node.column,
            row=node.row,
            state=moment.states[node.id] if moment else "idle",
            href=view.href.replace("{node}", node.id),
            changed=node.id in view.changed,
            selected=node.id == view.selected,
            unmatched=node.services[view.platform].fit == "none",
        )
        for node in pattern.nodes
    )
    lines = tuple(
        Line(
            id=edge.id,
            source=edge.source,
            target=edge.target,
            kind=edge.kind,
            label=edge.label[view.language],
            protocol=edge.protocol,
            lit=edge.id in lit,
            back=bool(moment and moment.back),
            count=view.traffic.get(edge.id, ""),
        )
        for edge in pattern.edges
    )
    zones = {zone: label[view.language] for zone, label in pattern.zones.items()}
    return Graph(name=pattern.title[view.language], boxes=boxes, lines=lines, zones=zones)


def _seconds(node: Node, view: View) -> Mapping[str, str]:
    if not view.switching or node.id in view.services:
        return {}
    return {
        platform: f"{UNMATCHED if one.fit == 'none' else ''}{one.service}" for platform, one in node.services.items()
    }


def pattern_svg(pattern: Pattern, view: View, words: Words, *, layout: Layout = "wide") -> str:
    """The pattern for a page: classes for colours, nodes as links. Ids of paths are `<layout>-edge-<id>`."""
    return graph_svg(graph_of(pattern, view), words, layout=layout)


def graph_svg(graph: Graph, words: Words, *, layout: Layout = "wide") -> str:
    """Any graph in one of the two layouts."""
    return _drawn(graph, words, layout, still=len(graph.boxes) > MOST_PLAYED)


def _drawn(graph: Graph, words: Words, layout: Layout, *, still: bool) -> str:
    placed = wide.place(graph) if layout == "wide" else harness.place(graph, words)
    name = words.diagram % {"title": graph.name, "count": len(graph.boxes)}
    return draw(placed, words, name=name, prefix=layout, extra_class=f"diagram-{layout}", still=still)


def standalone_svg(pattern: Pattern, view: View, words: Words) -> str:
    """The pattern as a file of its own: colours for light paper as attributes, no links, nothing from outside."""
    return standalone(_drawn(graph_of(pattern, replace(view, href="")), words, "wide", still=True))


INK, INK_2, INK_3 = "#15202b", "#42505e", "#5b6875"
LINE, ACCENT, PAPER = "#b7bfc7", "#a8108f", "#fbfbfc"
_WIRE: Final = {"fill": "none", "stroke": INK_2, "stroke-width": "1.5"}
PAINT: Final[Mapping[str, Mapping[str, str]]] = {
    "d-zone": {"fill": "#eff1f2"},
    "d-zone-label": {"font-size": "11", "fill": INK_3},
    "w-call": _WIRE,
    "w-reply": {**_WIRE, "stroke": INK_3, "stroke-width": "1"},
    "w-event": {**_WIRE, "stroke-dasharray": "6 4"},
    "w-undo": {**_WIRE, "stroke-dasharray": "2 4"},
    "w-tip": {"fill": INK_2},
    "w-dot": {"fill": ACCENT},
    "w-node": {"fill": PAPER, "stroke": INK_2, "stroke-width": "1.5"},
    "d-wall": {"fill": "none", "stroke": LINE},
    "d-icon": {"fill": "none", "stroke": INK_3, "stroke-width": "1.2"},
    "d-label": {"font-size": "13", "font-weight": "600", "fill": INK},
    "d-second": {"font-size": "11.5", "fill": INK_2},
    "d-words": {"font-size": "10.5", "fill": INK_3},
    "d-tag": {"font-weight": "600", "fill": INK_2},
    "d-count": {"font-weight": "600", "fill": INK},
    "d-state-word": {
        "font-size": "11",
        "font-weight": "600",
        "fill": INK,
        "stroke": PAPER,
        "stroke-width": "6",
        "paint-order": "stroke",
    },
    "d-state-back": {"fill": PAPER, "stroke": INK_3},
    "d-state-icon": {"fill": "none", "stroke": INK, "stroke-width": "1.5"},
    "w-lit": {"stroke": ACCENT, "stroke-width": "2"},
}
_ROOT: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" '
    'font-family="Segoe UI, Roboto, Noto Sans, Liberation Sans, Arial, sans-serif"'
)


def standalone(svg: str) -> str:
    """A drawing with its classes turned into attributes."""
    painted = re.sub(r' class="([^"]*)"', _painted, svg.replace('"w-tip w-lit"', '"w-dot"'))
    head, shapes = painted.split(">", 1)
    paper = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    return f"{head.replace('<svg', _ROOT, 1)}>{paper}{shapes}\n"


def _painted(match: re.Match[str]) -> str:
    known = [PAINT[name] for name in match[1].split() if name in PAINT]
    attributes = {key: value for paint in known for key, value in paint.items()}
    return "".join(f' {key}="{value}"' for key, value in attributes.items())

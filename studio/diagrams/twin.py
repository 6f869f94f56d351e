"""A drawing in words: what a screen reader, a search and a printed page get. It names every node and every line.

Also the drawing as mermaid text, for people who keep their diagrams as text.
"""

import re
from dataclasses import dataclass

from studio.diagrams.graph import Box, Graph, Line, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node: where it is, what it is, its state in words (empty at rest)."""

    id: str
    zone: str
    label: str
    second: str
    state: str
    sentence: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A line: its ends by name, its kind as the line language calls it, what it says."""

    id: str
    source: str
    target: str
    kind: str
    label: str
    protocol: str
    count: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """Both tables, in the order of the drawing, and all of it as sentences."""

    nodes: tuple[NodeRow, ...]
    lines: tuple[LineRow, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*(row.sentence for row in self.nodes), *(row.sentence for row in self.lines))


def text_twin(graph: Graph, words: Words) -> Twin:
    """The graph in words."""
    names = {box.id: box.label for box in graph.boxes}
    nodes = tuple(
        NodeRow(
            id=box.id,
            zone=graph.zones.get(box.zone, ""),
            label=box.label,
            second=box.second,
            state="" if box.state == "idle" else words.states[box.state],
            sentence=_node_sentence(box, words),
            href=box.href,
        )
        for box in graph.boxes
    )
    return Twin(nodes=nodes, lines=tuple(_line(line, names, words) for line in graph.lines))


def _node_sentence(box: Box, words: Words) -> str:
    if not box.second:
        return f"{box.label}."
    return (words.unmatched if box.unmatched else words.node) % {"label": box.label, "service": box.second}


def _line(line: Line, names: dict[str, str], words: Words) -> LineRow:
    source, target = names[line.source], names[line.target]
    templates = {
        "call": words.call,
        "reply": words.reply,
        "event": words.event_sentence,
        "compensation": words.compensation,
    }
    said = {"source": source, "target": target, "label": line.label, "protocol": line.protocol}
    return LineRow(
        id=line.id,
        source=source,
        target=target,
        kind=line.kind,
        label=line.label,
        protocol=line.protocol,
        count=line.count,
        sentence=templates[line.kind] % said,
    )


ARROWS = {"call": "-->", "reply": "-->", "event": "-.->", "compensation": "-.->"}


def mermaid(graph: Graph, words: Words) -> str:
    """The graph as a mermaid flowchart."""
    found = ["flowchart LR"]
    for zone, label in graph.zones.items():
        inside = [box for box in graph.boxes if box.zone == zone]
        if inside:
            found.append(f'  subgraph {_id(f"zone_{zone}")}["{_quoted(label)}"]')
            found += [f"    {_mermaid_node(box.id, box.label, box.second)}" for box in inside]
            found.append("  end")
    outside = (box for box in graph.boxes if box.zone not in graph.zones)
    found += [f"  {_mermaid_node(box.id, box.label, box.second)}" for box in outside]
    for line in graph.lines:
        kind = {"event": words.event, "compensation": words.undo}.get(line.kind, "")
        said = _quoted(": ".join(filter(None, (kind, line.label or line.protocol))))
        label = f'|"{said}"|' if said else ""
        found.append(f"  {_id(line.source)} {ARROWS[line.kind]}{label} {_id(line.target)}")
    return "\n".join(found) + "\n"


def _mermaid_node(node_id: str, label: str, second: str) -> str:
    return f'{_id(node_id)}["{"<br/>".join(_quoted(part) for part in (label, second) if part)}"]'


def _id(value: str) -> str:
    """An id that is no keyword of mermaid and holds nothing it would read as something else."""
    return "n_" + re.sub(r"[^A-Za-z0-9_]", lambda match: f"_{ord(match[0]):x}_", value)


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")

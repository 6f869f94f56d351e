"""Reads the pattern files strictly: every fault at its line, unknown keys refused, both languages everywhere.

Two kinds of file: building blocks (what one kind of part is on each of the five platforms, said once) and patterns,
whose nodes name a block. docs/patterns.md describes both.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, cast

from workflows.domain.faults import InvalidDefinition, Problem, suggestion
from workflows.domain.pattern_stories import story_problems
from workflows.domain.patterns import (
    EDGE_KINDS,
    FITS,
    LANGUAGES,
    NODE_KINDS,
    PARTS,
    PLATFORMS,
    SCENARIOS,
    STATES,
    Beat,
    Edge,
    Node,
    Pattern,
    Scenario,
    Service,
    Text,
)
from workflows.domain.source import read_source

Path = tuple[str | int, ...]
Blocks = Mapping[str, Mapping[str, Service]]

ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ADDRESS: Final = re.compile(r"https://[a-z0-9.-]+/\S*")
PATTERN_KEYS: Final = tuple(field.name for field in fields(Pattern))
MOST_COLUMNS: Final = 5
MOST_ROWS: Final = 6
BEAT_MILLISECONDS: Final = 500


def read_blocks(text: str | bytes) -> Blocks:
    """The building blocks of a file; InvalidDefinition with every fault."""
    source = read_source(text)
    reader = _Reader()
    blocks = {key: _services(reader, value, (key,)) for key, value in reader.named(source.data, ())}
    if reader.problems:
        raise InvalidDefinition(source.fault(problem) for problem in reader.problems)
    return blocks


def read_pattern(text: str | bytes, blocks: Blocks) -> Pattern:
    """The pattern of a file; InvalidDefinition with every fault."""
    source = read_source(text)
    reader = _Reader()
    pattern = _pattern(reader, source.data, blocks)
    problems = reader.problems or [*_joined(pattern), *story_problems(pattern)]
    if problems:
        raise InvalidDefinition(source.fault(problem) for problem in problems)
    return pattern


class _Reader:
    """Takes values apart and notes what is wrong with them; what it returns counts only if nothing was."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.missing: set[Path] = set()

    def fault(self, path: Path, text: str, **data: Any) -> None:
        """A fault, unless what it speaks of was reported missing."""
        if not any(path[:end] in self.missing for end in range(1, len(path) + 1)):
            self.problems.append(Problem(path=path, text=text, data=data))

    def unknown(self, path: Path, text: str, value: Any, known: Collection[str], *, on_key: bool = False) -> None:
        """A word that is not known here, with the one probably meant."""
        if path in self.missing:
            return
        fix, data = suggestion(str(value)[:60], known)
        self.problems.append(
            Problem(path=path, text=text, fix=fix, data={"value": str(value)[:60], **data}, on_key=on_key)
        )

    def mapping(
        self, value: Any, path: Path, needed: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, Any]:
        """A mapping with these keys and no others; missing ones are faults and come back as None."""
        if not isinstance(value, dict):
            self.fault(path, "This must be a mapping.")
            value = {}
        known = [*needed, *optional]
        for key in value:
            if key not in known:
                self.unknown((*path, key), "The key “%(value)s” is not known here.", key, known, on_key=True)
        for key in needed:
            if key not in value:
                self.fault(path, "The key “%(key)s” is missing.", key=key)
                self.missing.add((*path, key))
        return {key: value.get(key) for key in known}

    def named(self, value: Any, path: Path) -> Iterator[tuple[str, Any]]:
        """Entries of a mapping whose keys are ids of its own."""
        if not isinstance(value, dict) or not value:
            self.fault(path, "This must be a mapping of ids to values.")
            return
        for key, item in value.items():
            self.id(key, (*path, key))
            yield key, item

    def items(self, value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
        """Items of a list that is not empty."""
        if not isinstance(value, list) or not value:
            self.fault(path, "This must be a list with something in it.")
            return
        for index, item in enumerate(value):
            yield item, (*path, index)

    def id(self, value: Any, path: Path) -> str:
        if not isinstance(value, str) or not ID.fullmatch(value):
            self.fault(path, "An id is small letters, digits and single hyphens.")
            return ""
        return value

    def string(self, value: Any, path: Path) -> str:
        if not isinstance(value, str) or not value.strip():
            self.fault(path, "This must be a text.")
            return ""
        return " ".join(value.split())

    def text(self, value: Any, path: Path) -> Text:
        """A text in every language."""
        parts = self.mapping(value, path, LANGUAGES)
        present = [key for key in LANGUAGES if isinstance(value, dict) and key in value]
        return {key: self.string(parts[key], (*path, key)) if key in present else "" for key in LANGUAGES}

    def texts(self, value: Any, path: Path) -> tuple[Text, ...]:
        return tuple(self.text(item, at) for item, at in self.items(value, path))

    def choice(self, value: Any, path: Path, known: Sequence[str]) -> Any:
        if value not in known:
            self.unknown(path, "“%(value)s” is none of the values known here.", value, [name for name in known if name])
        return value

    def number(self, value: Any, path: Path, least: int, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(path, "This must be a whole number from %(least)d to %(most)d.", least=least, most=most)
            return least
        return value


def _pattern(reader: _Reader, data: Any, blocks: Blocks) -> Pattern:
    found = reader.mapping(
        data,
        (),
        PATTERN_KEYS,
    )
    captions = reader.mapping(found["captions"], ("captions",), ("cloudflare", "portable"))
    nodes = tuple(_node(reader, item, at, blocks) for item, at in reader.items(found["nodes"], ("nodes",)))
    edges = tuple(_edge(reader, item, at) for item, at in reader.items(found["edges"], ("edges",)))
    ids = [node.id for node in nodes]
    return Pattern(
        slug=reader.id(found["slug"], ("slug",)),
        number=reader.number(found["number"], ("number",), 1, 5),
        title=reader.text(found["title"], ("title",)),
        summary=reader.text(found["summary"], ("summary",)),
        use_when=reader.texts(found["use_when"], ("use_when",)),
        avoid_when=reader.texts(found["avoid_when"], ("avoid_when",)),
        trade_offs=reader.texts(found["trade_offs"], ("trade_offs",)),
        captions={
            "cloudflare": reader.text(captions["cloudflare"], ("captions", "cloudflare")),
            "portable": reader.text(captions["portable"], ("captions", "portable")),
        },
        zones={key: reader.text(value, ("zones", key)) for key, value in reader.named(found["zones"], ("zones",))},
        nodes=nodes,
        edges=edges,
        scenarios=tuple(
            _scenario(reader, name, value, ids) for name, value in reader.named(found["scenarios"], ("scenarios",))
        ),
    )


def _services(reader: _Reader, value: Any, path: Path) -> Mapping[str, Service]:
    found = reader.mapping(value, path, PLATFORMS)
    return {name: _service(reader, found[name], (*path, name)) for name in PLATFORMS if found[name] is not None}


def _service(reader: _Reader, value: Any, path: Path) -> Service:
    found = reader.mapping(value, path, ("service", "how", "limits", "fit", "doc"))
    if not ADDRESS.fullmatch(str(found["doc"])):
        reader.fault((*path, "doc"), "This must be an https:// address.")
    return Service(
        service=reader.string(found["service"], (*path, "service")),
        how=reader.text(found["how"], (*path, "how")),
        limits=reader.text(found["limits"], (*path, "limits")),
        fit=reader.choice(found["fit"], (*path, "fit"), FITS),
        doc=str(found["doc"]),
    )


def _node(reader: _Reader, value: Any, path: Path, blocks: Blocks) -> Node:
    found = reader.mapping(value, path, ("id", "kind", "zone", "column", "row", "label", "role", "block"), ("part",))
    block = found["block"]
    if block not in blocks:
        reader.unknown((*path, "block"), "There is no building block “%(value)s”.", block, list(blocks))
    return Node(
        id=reader.id(found["id"], (*path, "id")),
        kind=reader.choice(found["kind"], (*path, "kind"), NODE_KINDS),
        zone=reader.id(found["zone"], (*path, "zone")),
        column=reader.number(found["column"], (*path, "column"), 0, MOST_COLUMNS - 1),
        row=reader.number(found["row"], (*path, "row"), 0, MOST_ROWS - 1),
        label=reader.text(found["label"], (*path, "label")),
        role=reader.text(found["role"], (*path, "role")),
        part=reader.choice(found["part"] or "", (*path, "part"), PARTS),
        services=blocks.get(block, {}) if isinstance(block, str) else {},
    )


def _edge(reader: _Reader, value: Any, path: Path) -> Edge:
    found = reader.mapping(value, path, ("id", "from", "to", "kind", "protocol", "label"))
    return Edge(
        id=reader.id(found["id"], (*path, "id")),
        source=reader.id(found["from"], (*path, "from")),
        target=reader.id(found["to"], (*path, "to")),
        kind=reader.choice(found["kind"], (*path, "kind"), EDGE_KINDS),
        protocol=reader.string(found["protocol"], (*path, "protocol")),
        label=reader.text(found["label"], (*path, "label")),
    )


def _scenario(reader: _Reader, name: str, value: Any, nodes: Sequence[str]) -> Scenario:
    path: Path = ("scenarios", name)
    found = reader.mapping(value, path, ("title", "beats"))
    states: dict[str, Any] = dict.fromkeys(nodes, "idle")
    beats = []
    for item, at in reader.items(found["beats"], (*path, "beats")):
        beats.append(_beat(reader, item, at, states))
        states = {**states, **beats[-1].states}
    return Scenario(
        id=cast("Any", name),
        title=reader.text(found["title"], (*path, "title")),
        beats=tuple(beats),
    )


def _beat(reader: _Reader, value: Any, path: Path, before: Mapping[str, Any]) -> Beat:
    """The states written in the file are changes; those of a beat are everybody's."""
    found = reader.mapping(value, path, ("say",), ("edges", "back", "states", "milliseconds"))
    edges = reader.items(found["edges"], (*path, "edges")) if found["edges"] is not None else iter(())
    written = reader.named(found["states"], (*path, "states")) if found["states"] is not None else iter(())
    states = {key: reader.choice(state, (*path, "states", key), STATES) for key, state in written}
    for key in states:
        if key not in before:
            reader.unknown((*path, "states", key), "There is no node “%(value)s”.", key, list(before), on_key=True)
    if found["back"] not in (None, True, False):
        reader.fault((*path, "back"), "This must be true or false.")
    milliseconds = BEAT_MILLISECONDS if found["milliseconds"] is None else found["milliseconds"]
    return Beat(
        edges=tuple(reader.id(edge, at) for edge, at in edges),
        back=bool(found["back"]),
        states={**before, **states},
        say=reader.text(found["say"], (*path, "say")),
        milliseconds=reader.number(milliseconds, (*path, "milliseconds"), 100, 3000),
    )


def _joined(pattern: Pattern) -> Iterator[Problem]:
    """What the parts say of each other: ids once, cells once, ends that exist, nothing left alone."""
    yield from _once("nodes", [node.id for node in pattern.nodes])
    yield from _once("edges", [edge.id for edge in pattern.edges])
    yield from _placed(pattern)
    ids = [node.id for node in pattern.nodes]
    for index, edge in enumerate(pattern.edges):
        for key, end in (("from", edge.source), ("to", edge.target)):
            if end not in ids:
                yield _unknown(("edges", index, key), "node", end, ids)
    names = [scenario.id for scenario in pattern.scenarios]
    for name in names:
        if name not in SCENARIOS:
            yield _unknown(("scenarios", name), "scenario", name, SCENARIOS)
    for wanted in SCENARIOS:
        if wanted not in names:
            yield Problem(path=("scenarios",), text="The scenario “%(name)s” is missing.", data={"name": wanted})


def _placed(pattern: Pattern) -> Iterator[Problem]:
    """Each node in a cell of its own, in a zone that exists, and on an edge."""
    cells = Counter((node.column, node.row) for node in pattern.nodes)
    ends = {end for edge in pattern.edges for end in (edge.source, edge.target)}
    for index, node in enumerate(pattern.nodes):
        if cells[node.column, node.row] > 1:
            yield Problem(path=("nodes", index, "column"), text="Another node stands in the same cell.")
        if node.zone not in pattern.zones:
            yield _unknown(("nodes", index, "zone"), "zone", node.zone, list(pattern.zones))
        if node.id not in ends:
            yield Problem(path=("nodes", index, "id"), text="No edge touches this node.")


def _once(key: str, ids: Sequence[str]) -> Iterator[Problem]:
    for index, value in enumerate(ids):
        if value in ids[:index]:
            yield Problem(path=(key, index, "id"), text="The id “%(id)s” is here twice.", data={"id": value})


def _unknown(path: Path, what: str, value: str, known: Collection[str]) -> Problem:
    fix, data = suggestion(value, known)
    text = f"There is no {what} “%(value)s”."
    return Problem(path=path, text=text, fix=fix, data={"value": value, **data})

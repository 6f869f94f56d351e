"""The five integration patterns as values: what the Studio draws, tells, plays and turns into configurations.

A pattern is written once, in a data file with both languages (docs/patterns.md); `workflows.domain.pattern_file` reads
it. Everything drawn or told from a pattern is a function of these values.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar, get_args

Text = Mapping[str, str]
Platform = Literal["cloudflare", "azure", "aws", "gcp", "onprem"]
ScenarioName = Literal["happy", "slow-model", "model-down", "step-fails", "duplicate-event"]
NodeKind = Literal["client", "hub", "router", "ai", "adapter", "core", "store", "bus", "worker", "person"]
EdgeKind = Literal["call", "reply", "event", "compensation"]
State = Literal["idle", "active", "waiting", "done", "failed", "undone", "hit", "won"]
Part = Literal["", "route", "definition", "connector", "event", "approval"]
Fit = Literal["native", "emulated", "none"]

LANGUAGES: Final = ("en", "vi")
PLATFORMS: Final[tuple[str, ...]] = get_args(Platform)
SCENARIOS: Final[tuple[str, ...]] = get_args(ScenarioName)
NODE_KINDS: Final[tuple[str, ...]] = get_args(NodeKind)
EDGE_KINDS: Final[tuple[str, ...]] = get_args(EdgeKind)
STATES: Final[tuple[str, ...]] = get_args(State)
PARTS: Final[tuple[str, ...]] = get_args(Part)
FITS: Final[tuple[str, ...]] = get_args(Fit)
PLATFORM_NAMES: Final[Mapping[str, str]] = {
    "cloudflare": "Cloudflare",
    "azure": "Azure",
    "aws": "AWS",
    "gcp": "Google Cloud",
    "onprem": "On-premise",  # translated where it is shown
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a node is on one platform. `fit` says how close it comes: native, emulated, or none."""

    service: str
    how: Text
    limits: Text
    fit: Fit
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One part of a pattern. `part` names what of a tenant's configuration stands behind it."""

    id: str
    kind: NodeKind
    zone: str
    column: int
    row: int
    label: Text
    role: Text
    part: Part
    services: Mapping[str, Service]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line from `source` to `target`. A compensation leads back from the node whose work it undoes."""

    id: str
    source: str
    target: str
    kind: EdgeKind
    protocol: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One moment of a scenario: what travels over which edges (`back`: against them), and then every node's state."""

    edges: tuple[str, ...]
    back: bool
    states: Mapping[str, State]
    say: Text
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story told in beats."""

    id: ScenarioName
    title: Text
    beats: tuple[Beat, ...]

    @property
    def milliseconds(self) -> int:
        return sum(beat.milliseconds for beat in self.beats)


Item = TypeVar("Item", Node, Edge, Scenario)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One of the five. `zones` names the regions of the drawing, in order; `captions` are for Cloudflare and others."""

    slug: str
    number: int
    title: Text
    summary: Text
    use_when: tuple[Text, ...]
    avoid_when: tuple[Text, ...]
    trade_offs: tuple[Text, ...]
    captions: Mapping[Literal["cloudflare", "portable"], Text]
    zones: Mapping[str, Text]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def router(self) -> str:
        """The id of the node that chooses a model; empty without one."""
        return next((node.id for node in self.nodes if node.kind == "router"), "")

    def node(self, node_id: str) -> Node:
        """The node of that id; LookupError without one."""
        return _by_id(self.nodes, node_id)

    def edge(self, edge_id: str) -> Edge:
        """The edge of that id; LookupError without one."""
        return _by_id(self.edges, edge_id)

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name; LookupError without one."""
        return _by_id(self.scenarios, name)


def _by_id(items: tuple[Item, ...], wanted: str) -> Item:
    found = next((item for item in items if item.id == wanted), None)
    if found is None:
        raise LookupError(wanted)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What moving a pattern to another platform means: the nodes whose service changes, and those without a match."""

    nodes: int
    changed: tuple[str, ...]
    no_match: tuple[str, ...]


def changes(pattern: Pattern, from_platform: str, to_platform: str) -> Changes:
    """Which nodes change their service between two platforms, and which have no close match on the second."""
    return Changes(
        nodes=len(pattern.nodes),
        changed=tuple(
            node.id
            for node in pattern.nodes
            if node.services[from_platform].service != node.services[to_platform].service
        ),
        no_match=tuple(node.id for node in pattern.nodes if node.services[to_platform].fit == "none"),
    )


def nearest(value: str, allowed: Collection[str]) -> str:
    """The allowed value that an address probably meant: itself, one spelled alike, else the first."""
    known = tuple(allowed)
    if value in known:
        return value
    by_letters = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(value[:60].casefold(), by_letters, n=1, cutoff=0.6)
    return by_letters[found[0]] if found else known[0]


def nearest_beat(value: str, scenario: Scenario) -> int:
    """The beat an address probably meant, counted from 1: within the scenario, the first if it is no number."""
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 1
    return min(max(number, 1), len(scenario.beats))

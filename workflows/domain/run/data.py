"""What a run is made of: the tree of tasks that have begun and not ended, and the ledger of what may have to be undone.

    State    the whole run; `root` holds the tasks of the plan, `undo` those of the compensation that is running
    Node     one task of the tree; a composite task has children: one in a sequence, one per branch in a fork
    Entry    one effect in the ledger, in the order of starting; it never changes its place

All of it is plain data: `state_to_json` leaves out what has its default. Values of tenants (inputs, outputs, contexts)
are shared between copies and never changed in place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Final, Literal, Self, TypeAlias

from workflows.domain.signals import RunStatus

Json: TypeAlias = Any
FORMAT: Final = 1

# new: to begin · begun: input made, kind's work not started · block: children run · performing: an effect is asked
# later: it said that its answer comes later · timer, listening: waits for that · retrying: waits to try again
# draining: cancelled, but its effect must answer first · ended, cancelled, failed: kept for siblings or a retry
Phase = Literal[
    "new", "begun", "block", "performing", "later", "timer", "listening", "retrying", "draining",
    "ended", "cancelled", "failed",
]  # fmt: skip
OVER: Final[frozenset[Phase]] = frozenset({"ended", "cancelled", "failed"})

Happened = Literal["running", "succeeded", "failed", "unknown", "cancelled"]
Undone = Literal["", "compensating", "compensated", "failed", "skipped", "not_applicable"]


@dataclass(slots=True)
class Node:
    """A task that has begun. `raw` is its input before `input.from`, or its output once it has ended in a fork."""

    at: int = 0
    visit: int = 0
    generation: int = 0
    phase: Phase = "new"
    part: Literal["", "catch"] = ""
    raw: Json = None
    input: Json = None
    since: str = ""
    seq: int = 0
    attempt: int = 0
    timer: str = ""
    timeout: str = ""
    children: list["Node"] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    perform: dict[str, Json] = field(default_factory=dict)
    items: list[Json] | None = None
    index: int = 0
    carried: Json = None
    error: dict[str, Json] | None = None
    # what a signal brought; used up before the signal's turn ends, unless the quantum does first
    answer: dict[str, Json] | None = None
    fired: bool = False
    expired: bool = False

    def copy(self) -> "Node":
        """A copy that may be changed; values are shared."""
        made = Node.__new__(Node)
        for name in _FIELDS:
            setattr(made, name, getattr(self, name))
        made.children = [child.copy() for child in self.children]
        made.visits = dict(self.visits)
        made.attempts = dict(self.attempts)
        return made

    def below(self) -> Iterator["Node"]:
        """This node and all under it."""
        yield self
        for child in self.children:
            yield from child.below()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An effect that was started: how it went, and what became of it when the run was undone.

    `input`, `output`, `context` (a place in `State.snapshots`) and `variables` are as they were when the effect ended;
    they are kept only where there is a compensation to see them. `awaited` says that its answer is still to come.
    """

    seq: int
    effect: str
    pointer: str
    iteration: str = ""
    generation: int = 0
    attempt: int = 0
    key: str = ""
    handler: bool = False
    pivot: bool = False
    happened: Happened = "running"
    awaited: bool = False
    until: str = ""
    input: Json = None
    output: Json = None
    context: int = -1
    variables: Mapping[str, Json] = field(default_factory=dict)
    error: Json = None
    undone: Undone = ""
    reason: str = ""
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why the run stopped going forward."""

    why: Literal["faulted", "cancelled"]
    error: Json = None
    by: str = ""
    reason: str = ""


@dataclass(slots=True)
class State:
    """A run between two signals."""

    status: RunStatus = "pending"
    step: Literal["forward", "draining", "undoing", "over"] = "forward"
    sequence: int = 0
    entries: int = 0
    generation: int = 0
    started_at: str = ""
    input: Json = None
    context: Json = None
    output: Json = None
    root: Node | None = None
    timer: str = ""
    saga: bool = False
    pivoted: bool = False
    continuing: bool = False
    suspended: bool = False
    held: list[Json] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    snapshots: list[Json] = field(default_factory=list)
    ending: Ending | None = None
    undo: Node | None = None
    undo_seq: int = 0
    undo_context: Json = None
    format: int = FORMAT

    def copy(self) -> Self:
        """A copy that may be changed; values and ledger entries are shared."""
        made = replace(self)
        made.root = self.root.copy() if self.root else None
        made.undo = self.undo.copy() if self.undo else None
        made.held, made.ledger, made.snapshots = list(self.held), list(self.ledger), list(self.snapshots)
        return made

    def nodes(self) -> Iterator[Node]:
        """Every task that has begun and not ended, of the plan and of the running compensation."""
        for tree in (self.root, self.undo):
            yield from tree.below() if tree else ()


def state_to_json(state: State) -> dict[str, Json]:
    """JSON-able form of a state, without what has its default."""
    return {"format": state.format, **_encode(state)}


def state_from_json(data: Mapping[str, Json]) -> State:
    """The state that `state_to_json` wrote; ValueError for another format."""
    if data.get("format") != FORMAT:
        raise ValueError(f"state format {data.get('format')!r} is not known")
    made = State(**data)
    made.root, made.undo = (_node(tree) if tree else None for tree in (data.get("root"), data.get("undo")))
    made.ledger = [Entry(**entry) for entry in data.get("ledger", ())]
    made.ending = Ending(**data["ending"]) if data.get("ending") else None
    return made.copy()


def _node(data: Mapping[str, Json]) -> Node:
    return Node(**{**data, "children": [_node(child) for child in data.get("children", ())]})


def _encode(value: State | Node | Entry | Ending) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, default in _DEFAULTS[type(value)].items():
        item = getattr(value, name)
        if item is not default and item != default:
            shown[name] = _plain(item)
    return shown


def _plain(value: Any) -> Json:
    if isinstance(value, Node | Entry | Ending):
        return _encode(value)
    if isinstance(value, list) and value and isinstance(value[0], Node | Entry):
        return [_encode(item) for item in value]
    return value


def _defaults_of(form: Any) -> dict[str, Any]:
    made = {item.name: item.default_factory() for item in fields(form) if item.default_factory is not MISSING}
    return {item.name: made.get(item.name, item.default) for item in fields(form)}


_FIELDS: Final = tuple(item.name for item in fields(Node))  # `dataclasses.replace` takes five times as long
_DEFAULTS: Final[Mapping[Any, Mapping[str, Any]]] = {form: _defaults_of(form) for form in (State, Node, Entry, Ending)}

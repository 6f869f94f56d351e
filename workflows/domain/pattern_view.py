"""A pattern's drawing with a tenant's own names on it, and what has to be counted for each of its lines. Pure.

The nodes of a pattern say which part stands behind them. Where a drawing has several nodes of one part, the
configuration's parts are handed out in order; a node that nothing is left for keeps its general name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workflows.domain.hearing import entries, heard, said
from workflows.domain.patterns import Edge, Node, Pattern
from workflows.domain.plan import Block, Call, Plan, walk

Kind = Literal["requests", "calls", "runs", "undone", "events", "approvals"]
Operation = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """What to count: requests to routes (`route`, or `route/deployment`), calls of `connector.operation`, runs, …"""

    kind: Kind
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one definition asks, hears and says."""

    name: str
    routes: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    undoing: tuple[Operation, ...] = ()
    heard: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    asks_people: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The parts of a configuration. `deployments` are those of its first route, in the order of fallback."""

    routes: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    undoing: tuple[Operation, ...] = ()
    uses: tuple[Use, ...] = ()
    entry: tuple[str, ...] = ()


@dataclass(slots=True)
class _Dealt:
    """What stands behind the nodes, and behind the lines that undo."""

    operations: dict[str, tuple[Operation, ...]] = field(default_factory=dict)
    uses: dict[str, tuple[Use, ...]] = field(default_factory=dict)
    deployments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    undoing: dict[str, tuple[Operation, ...]] = field(default_factory=dict)


def use_of(name: str, plan: Plan) -> Use:
    """What a definition asks, hears and says, as far as its document says it literally."""
    undone = {task.pointer for one in walk(plan.block) for task in walk(one.policy.compensate or ())}
    forward = [task for task in _calls(plan.block) if task.pointer not in undone]
    backward = [task for task in _calls(plan.block) if task.pointer in undone]
    return Use(
        name=name,
        routes=_once(_text(task, "model") for task in forward if task.function == "chat"),
        operations=_operations(forward),
        undoing=_operations(backward),
        heard=tuple(heard(plan)),
        said=tuple(said(plan)),
        asks_people=any(task.function == "approval" for task in forward),
    )


def own_parts(uses: Sequence[Use], plans: Sequence[Plan]) -> Own:
    """The parts of a configuration that is definitions."""
    return Own(
        routes=_once(route for use in uses for route in use.routes),
        operations=_once(one for use in uses for one in use.operations),
        undoing=_once(one for use in uses for one in use.undoing),
        uses=tuple(uses),
        entry=tuple(entries(plans)),
    )


def own_names(pattern: Pattern, own: Own) -> dict[str, str]:
    """Own names of the nodes, by their ids."""
    dealt = _deal(pattern, own)
    found = {node: _core_name(ones) for node, ones in dealt.operations.items()}
    found |= {node: _joined([use.name.rpartition("/")[2] for use in ones]) for node, ones in dealt.uses.items()}
    found |= {node: _joined(ones) for node, ones in dealt.deployments.items()}
    for node in pattern.nodes:
        if node.part == "route" and own.routes:
            found[node.id] = _joined(own.routes)
        if node.part == "event" and own.entry:
            found[node.id] = _joined(own.entry)
    return {node: name for node, name in found.items() if name}


def edge_measures(pattern: Pattern, own: Own) -> dict[str, Measure]:
    """What to count for each line, by its id; lines that nothing is known of are left out."""
    dealt, nodes = _deal(pattern, own), {node.id: node for node in pattern.nodes}
    found = {edge.id: _measure(edge, nodes[edge.source], nodes[edge.target], own, dealt) for edge in pattern.edges}
    return {edge: measure for edge, measure in found.items() if measure is not None and measure.keys}


def _measure(edge: Edge, source: Node, target: Node, own: Own, dealt: _Dealt) -> Measure | None:  # noqa: PLR0911
    """The most special thing that a line says."""
    ends = (source, target)
    if edge.kind == "compensation":
        known = dealt.undoing.get(edge.id, ())
        return Measure("calls", _names(known)) if own.undoing else Measure("undone", _definitions(own.uses))
    if any(node.part == "approval" for node in ends):
        return Measure("approvals", _definitions(use for use in own.uses if use.asks_people))
    if ai := next((node for node in ends if node.id in dealt.deployments), None):
        keys = tuple(f"{own.routes[0]}/{one}" for one in dealt.deployments[ai.id])
        return Measure("requests", keys)
    if any(node.part == "route" for node in ends):
        return Measure("requests", own.routes) if _is_asked(ends) else None
    if called := next((node for node in ends if dealt.operations.get(node.id)), None):
        if not any(node.kind == "store" for node in ends):
            return Measure("calls", _names(dealt.operations[called.id]))
        return None
    if any(node.part == "event" for node in ends):
        return _event_measure(source, target, own, dealt)
    if edge.kind in {"call", "reply"} and any(node.kind == "client" for node in ends):
        return Measure("runs", _definitions(own.uses))
    return None


def _is_asked(ends: tuple[Node, Node]) -> bool:
    """Whether it is a client or a worker who asks the route, and not a part of the gateway itself."""
    return all(node.kind not in {"store", "ai"} for node in ends)


def _event_measure(source: Node, target: Node, own: Own, dealt: _Dealt) -> Measure | None:
    if target.part == "event":
        said_by = dealt.uses.get(source.id)
        types = tuple(type_ for use in said_by for type_ in use.said) if said_by else own.entry
        return Measure("events", types) if said_by or source.kind == "client" else None
    hears = dealt.uses.get(target.id)
    return Measure("runs", _definitions(hears)) if hears else None


def _deal(pattern: Pattern, own: Own) -> _Dealt:
    dealt = _Dealt()
    models = [node.id for node in pattern.nodes if node.kind == "ai"]
    dealt.deployments = dict(zip(models, _shared(own.deployments, len(models)), strict=True)) if own.routes else {}
    back = [edge.id for edge in pattern.edges if edge.kind == "compensation"]
    dealt.undoing = dict(zip(back, _shared(own.undoing, len(back)), strict=True))
    workers = [node for node in pattern.nodes if node.kind == "worker"]
    if workers:
        dealt.uses = _participants(workers, own.uses)
    else:
        hubs = [node.id for node in pattern.nodes if node.part == "definition"]
        dealt.uses = dict.fromkeys(hubs[:1], own.uses) if own.uses else {}
    cores = [node.id for node in pattern.nodes if node.part == "connector" and node.kind != "worker"]
    dealt.operations = dict(zip(cores, _shared(own.operations, len(cores)), strict=True))
    if workers:
        called = [node.id for node in pattern.nodes if node.kind == "core"]
        dealt.operations = dict.fromkeys(called[:1], own.operations)
    return dealt


def _participants(workers: Sequence[Node], uses: Sequence[Use]) -> dict[str, tuple[Use, ...]]:
    """Workers by what they do: the one that reads asks a model, the one before a core calls it, the others follow."""
    left, found = list(uses), dict[str, tuple[Use, ...]]()
    fits = {"definition": lambda use: bool(use.routes), "connector": lambda use: bool(use.operations)}
    for node in (*(one for one in workers if one.part), *(one for one in workers if not one.part)):
        wanted = [use for use in left if fits.get(node.part, lambda _use: True)(use)]
        if wanted:
            found[node.id] = (wanted[0],) if node.part else tuple(wanted)
            left = [use for use in left if use not in found[node.id]]
    return found


def _shared(items: Sequence[Any], places: int) -> list[tuple[Any, ...]]:
    """The items over the places, one each; the last place takes what is left over."""
    found = [(item,) for item in items[:places]] + [()] * (places - len(items))
    return [*found[:-1], tuple(items[places - 1 :])] if len(items) > places > 0 else found


def _calls(block: Block) -> Iterator[Call]:
    return (task for task in walk(block) if isinstance(task, Call))


def _operations(tasks: Sequence[Call]) -> tuple[Operation, ...]:
    pairs = ((_text(task, "connector"), _text(task, "operation")) for task in tasks if task.function == "connector")
    return _once(pair for pair in pairs if all(pair))


def _text(task: Call, name: str) -> str:
    """An argument that the document says literally."""
    given: Mapping[str, Any] = task.arguments if isinstance(task.arguments, Mapping) else {}
    value = given.get(name)
    return value if isinstance(value, str) and not value.startswith("${") else ""


def _once(items: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(item for item in items if item))


def _names(operations: Sequence[Operation]) -> tuple[str, ...]:
    return tuple(f"{core}.{name}" for core, name in operations)


def _definitions(uses: Any) -> tuple[str, ...]:
    return tuple(use.name for use in uses)


def _core_name(operations: Sequence[Operation]) -> str:
    """The connector; of a single operation, that one first, since a box is narrow."""
    if len(operations) == 1:
        return f"{operations[0][1]} · {operations[0][0]}"
    return _joined(list(dict.fromkeys(core for core, _name in operations)))


def _joined(names: Sequence[str]) -> str:
    return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "") if names else ""

"""The outcome of a simulation as a moment of a pattern: whom the router tried, who answers.

A value names the nodes in the order they were asked, the last one answered: `small`, `small.other`. It ends in `nobody`
where none did, and is `cache` where none was asked. Only values of `outcomes` are known.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from typing import Final

from routing.domain.simulation import Simulation
from workflows.domain.patterns import Beat, Pattern, State

CACHE: Final = "cache"  # also the id of the node, in a pattern that draws one
NOBODY: Final = "nobody"


def outcomes(pattern: Pattern) -> tuple[str, ...]:
    """Every outcome the pattern can show; none without a router."""
    models = _models(pattern)
    if not models:
        return ()
    paths = [".".join(one) for count in range(1, len(models) + 1) for one in permutations(models, count)]
    return (*paths, *(f"{one}.{NOBODY}" for one in paths), CACHE, NOBODY)


def outcome_of(simulation: Simulation, pattern: Pattern) -> str:
    """What the pattern shows of a simulation; empty without a router.

    The last model node stands for all that have no node of their own; the others share the candidates by size. A
    pattern with a chosen and a standby model so shows the first choice, and everybody after it.
    """
    models = _models(pattern)
    if not models or simulation.cache == "hit":
        return CACHE if models else ""
    tried = [one.candidate for one in simulation.rehearsal.attempts]
    path = [models[seat] for seat in _seats(tried, _by_size(simulation), len(models))]
    return ".".join(dict.fromkeys(path if simulation.answered is not None else [*path, NOBODY]))


def moment(pattern: Pattern, outcome: str) -> Beat:
    """The pattern in the states the outcome leaves, with the line to whoever answered lit."""
    router = pattern.router
    *failed, last = outcome.split(".")
    lit = [edge.id for edge in pattern.edges if (edge.source, edge.target) == (router, last)][:1]
    changed: dict[str, State] = dict.fromkeys(failed, "failed")
    if lit:
        changed |= {router: "done", last: "hit" if last == CACHE else "won"}
    else:
        changed[router] = "hit" if last == CACHE else "failed"
    states: Mapping[str, State] = {node.id: changed.get(node.id, "idle") for node in pattern.nodes}
    return Beat(edges=tuple(lit), back=False, states=states, say={}, milliseconds=0)


def _models(pattern: Pattern) -> list[str]:
    """The models that the router calls, in the order of its lines."""
    calls = [edge for edge in pattern.edges if edge.source == pattern.router]
    return [edge.target for edge in calls if pattern.node(edge.target).kind == "ai"]


def _by_size(simulation: Simulation) -> list[int]:
    """The candidates from the smallest to the largest, as “always the largest model” counts."""
    found = simulation.decision.candidates
    costs = [one.cost.value or 0 for one in simulation.estimates]
    return sorted(range(len(found)), key=lambda index: (found[index].deployment.quality, costs[index]))


def _seats(tried: Iterable[int], by_size: Sequence[int], count: int) -> list[int]:
    """A place for each try: its own by size while it is free, else the last one."""
    taken: dict[int, int] = {}
    for one in tried:
        own = by_size.index(one) * (count - 1) // len(by_size)
        taken.setdefault(one, count - 1 if own in taken.values() else own)
    return list(taken.values())

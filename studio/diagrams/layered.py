"""Places for graphs nobody has placed, such as a tenant's events and their handlers: columns along the arrows.

Each box stands one column right of the furthest box that leads to it (longest path; lines that close a circle are left
out of this), and in its column near the boxes it is joined to (barycentre, a few sweeps). Deterministic; in time linear
in boxes and lines but for sorting.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from studio.diagrams.graph import Graph

SWEEPS: Final = 4
Pairs = Sequence[tuple[str, str]]


def arranged(graph: Graph) -> Graph:
    """The graph with a column and a row for every box. Zones are dropped, since nothing keeps them together."""
    places = layered([box.id for box in graph.boxes], [(line.source, line.target) for line in graph.lines])
    boxes = tuple(replace(box, column=places[box.id][0], row=places[box.id][1], zone="") for box in graph.boxes)
    return replace(graph, boxes=boxes, zones={})


def layered(ids: Sequence[str], pairs: Pairs) -> Mapping[str, tuple[int, int]]:
    """Column and row of each id."""
    forward = _without_circles(ids, pairs)
    columns = _columns(ids, forward)
    layers: dict[int, list[str]] = defaultdict(list)
    for node in ids:
        layers[columns[node]].append(node)
    _sort(layers, forward)
    tallest = max((len(layer) for layer in layers.values()), default=0)
    return {
        node: (column, (tallest - len(layer)) // 2 + row)
        for column, layer in layers.items()
        for row, node in enumerate(layer)
    }


def _without_circles(ids: Sequence[str], pairs: Pairs) -> list[tuple[str, str]]:
    """The pairs but those that lead back to where a walk from the first ids came from."""
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in dict.fromkeys(pairs):
        after[source].append(target)
    kept: list[tuple[str, str]] = []
    state: dict[str, str] = {}
    for start in ids:
        if start in state:
            continue
        state[start] = "open"
        walk = [(start, iter(after[start]))]
        while walk:
            node, targets = walk[-1]
            target = next(targets, "")
            if not target:
                state[node] = "closed"
                walk.pop()
            elif state.get(target) != "open":
                kept.append((node, target))
                if target not in state:
                    state[target] = "open"
                    walk.append((target, iter(after[target])))
    return kept


def _columns(ids: Sequence[str], pairs: Pairs) -> dict[str, int]:
    """The longest way to each id, counted in lines."""
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, int] = dict.fromkeys(ids, 0)
    for source, target in pairs:
        after[source].append(target)
        before[target] += 1
    columns = dict.fromkeys(ids, 0)
    ready = [node for node in ids if not before[node]]
    for node in ready:
        for target in after[node]:
            columns[target] = max(columns[target], columns[node] + 1)
            before[target] -= 1
            if not before[target]:
                ready.append(target)
    return columns


def _sort(layers: dict[int, list[str]], pairs: Pairs) -> None:
    """Moves the boxes of each column near their neighbours, from the left and from the right in turn."""
    left: dict[str, list[str]] = defaultdict(list)
    right: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        right[source].append(target)
        left[target].append(source)
    for sweep in range(SWEEPS):
        neighbours = left if sweep % 2 == 0 else right
        rows = {node: row for layer in layers.values() for row, node in enumerate(layer)}
        for column in sorted(layers, reverse=sweep % 2 == 1):
            means = {node: _mean([rows[one] for one in neighbours[node]], rows[node]) for node in layers[column]}
            layers[column].sort(key=means.__getitem__)
            rows.update({node: row for row, node in enumerate(layers[column])})


def _mean(rows: Sequence[int], otherwise: int) -> float:
    return sum(rows) / len(rows) if rows else otherwise

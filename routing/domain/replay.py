"""Making a logged decision again from what was stored, and comparing the bytes.

A stored decision carries its inputs. If the code that decides has not changed its mind, the same inputs give the same
canonical JSON to the last byte; a difference names the first paths that changed.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from routing.domain.explain import decision_from_dict, decision_to_dict
from routing.domain.select import decide
from routing.domain.types import Decision, DifficultyWeights, canonical_json


def redecide(source: Mapping[str, Any], *, weights: DifficultyWeights | None = None) -> Decision:
    """Decide again from the inputs of a stored decision."""
    logged = decision_from_dict(source, weights=weights)
    return decide(logged.features, logged.route, logged.snapshot)


def replay(source: Mapping[str, Any], *, weights: DifficultyWeights | None = None) -> bytes:
    """The canonical JSON of the decision made again; equal to `canonical_json(source)` when nothing changed."""
    return canonical_json(decision_to_dict(redecide(source, weights=weights)))


def is_reproduced(source: Mapping[str, Any], *, weights: DifficultyWeights | None = None) -> bool:
    """Whether making the decision again gives the very same bytes."""
    return replay(source, weights=weights) == canonical_json(source)


def differences(logged: Any, again: Any, *, limit: int = 10) -> list[str]:
    """The paths at which two stored decisions differ, as `path: before -> after`."""
    return list(islice(_differences(logged, again, "decision"), limit))


def _differences(logged: Any, again: Any, path: str) -> Iterator[str]:
    if isinstance(logged, Mapping) and isinstance(again, Mapping):
        for name in sorted({*logged, *again}):
            yield from _differences(logged.get(name), again.get(name), f"{path}.{name}")
    elif isinstance(logged, list) and isinstance(again, list) and len(logged) == len(again):
        for index, (before, after) in enumerate(zip(logged, again, strict=True)):
            yield from _differences(before, after, f"{path}.{index}")
    elif logged != again:
        yield f"{path}: {logged!r} -> {again!r}"

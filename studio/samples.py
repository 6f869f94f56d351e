"""Inputs to try a definition with, offered where it is started. Who has some binds them at start."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One input; `label` says what it is, in the reader's language when it is asked for."""

    key: str
    label: str
    values: Mapping[str, object]


Source = Callable[[str], Sequence[Sample]]
_sources: list[Source] = []


def bind_samples(source: Source) -> None:
    """Offer what `source` knows for a definition, named as `namespace/name`."""
    if source not in _sources:
        _sources.append(source)


def samples_for(definition: str) -> list[Sample]:
    """What may be tried with a definition."""
    return [sample for source in _sources for sample in source(definition)]

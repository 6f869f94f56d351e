"""What `advance` is given besides plan, state and signal: time, chance, and the two parts that know jq and schemas."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflows.domain.expressions import Evaluator
from workflows.domain.run.data import Json, State
from workflows.domain.signals import Command, HistoryEntry


class Schemas(Protocol):
    """Checks a value against a JSON Schema; the answer is what is wrong, or nothing."""

    def fault(self, schema: Json, value: Json) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`draw` is a number from 0 to 1, another one each time: jitter is made of it.

    `deadline_seconds` is for effects whose task has no timeout. `quantum` is how many tasks one call may begin.
    """

    run_id: str
    now: datetime
    evaluator: Evaluator
    schemas: Schemas
    draw: float = 0.5
    deadline_seconds: float = 60
    quantum: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The new state and what to do about it. `ignored` says why the signal changed nothing; then all else is empty."""

    state: State
    commands: tuple[Command, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    ignored: str = ""

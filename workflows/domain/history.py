"""What is told about a run: its status, and the numbered lines of its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = Any
RunStatus = Literal[
    "pending", "running", "waiting", "suspended", "compensating",
    "completed", "faulted", "cancelled", "compensated", "compensation_failed",
]  # fmt: skip
FINAL: Final[frozenset[RunStatus]] = frozenset(
    {"completed", "faulted", "cancelled", "compensated", "compensation_failed"}
)

EntryType = Literal[
    "run.started", "run.completed", "run.faulted", "run.cancelled", "run.compensating", "run.compensated",
    "run.compensation_failed", "run.cancel_requested", "run.suspended", "run.resumed", "run.retried",
    "task.started", "task.completed", "task.skipped", "task.faulted", "task.caught", "task.retried", "task.waiting",
    "task.cancelled", "task.settled",
    "compensation.started", "compensation.compensated", "compensation.failed", "compensation.skipped",
    "compensation.not_applicable", "compensation.decided",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line. `pointer`, `iteration` and `generation` name the task, `attempt` its try; `data` depends on the type.

    Tasks that take no time (`set`, `switch`, `raise`, `emit`) have no `task.started`; their last entry has the input.
    A value larger than `state.HISTORY_VALUE_BYTES` is given as `{"$digest": "sha256:…", "$bytes": n}`.
    """

    number: int
    at: datetime
    type: EntryType
    pointer: str = ""
    iteration: str = ""
    generation: int = 0
    attempt: int = 0
    data: Mapping[str, Json]

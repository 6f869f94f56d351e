"""What an effect answers: it succeeded, it failed, nobody knows, or the answer comes later."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from workflows.domain.failures import WorkflowError

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    output: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The effect did not happen. `retriable` False: trying again cannot help, whatever a retry policy says; None: the
    policy decides. It is not tried again before `retry_after_seconds`."""

    error: WorkflowError
    retriable: bool | None = None
    retry_after_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The effect may have happened (no answer after a write). It is tried again only where `retriable` says that the
    other side removes duplicates by the idempotency key; it counts as started when the run is undone."""

    error: WorkflowError
    retriable: bool = False
    retry_after_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The answer comes later, as another `Performed` of the same attempt (an approval). `detail` is for the pages."""

    detail: Json = None


Outcome: TypeAlias = Succeeded | Failed | Unknown | Waiting

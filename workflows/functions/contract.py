"""What a function is given, and what it must answer."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from workflows.domain.signals import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One attempt of one effect.

    `recovered`: another worker may have made this very attempt and died before it could say so. `idempotency_key` is
    the same for all attempts of an effect. `input` is that of the task.
    """

    tenant_id: UUID
    run_id: UUID
    definition_id: UUID
    effect: str
    attempt: int
    pointer: str
    function: str
    arguments: Any
    input: Any = None
    idempotency_key: str
    deadline_seconds: float
    recovered: bool = False
    compensating: bool = False


class Function(Protocol):
    """A module of this folder."""

    VERSIONS: tuple[str, ...]
    NETWORK: bool

    def perform(self, invocation: Invocation) -> Outcome: ...

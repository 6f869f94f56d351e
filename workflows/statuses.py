"""The words for what state definitions, runs and deliveries are in."""

from enum import StrEnum
from typing import Final


class DefinitionStatus(StrEnum):
    """An archived definition starts no more runs; those it has go on."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class RunStatus(StrEnum):
    """Where a run stands; the last five are final."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUSPENDED = "suspended"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    FAULTED = "faulted"
    CANCELLED = "cancelled"
    COMPENSATED = "compensated"
    COMPENSATION_FAILED = "compensation_failed"


FINAL: Final = frozenset(
    {
        RunStatus.COMPLETED,
        RunStatus.FAULTED,
        RunStatus.CANCELLED,
        RunStatus.COMPENSATED,
        RunStatus.COMPENSATION_FAILED,
    }
)


class DeliveryStatus(StrEnum):
    """What became of one event for one subscription; dead ones wait for a redrive."""

    PENDING = "pending"
    DELIVERED = "delivered"
    IGNORED = "ignored"
    DEAD = "dead"

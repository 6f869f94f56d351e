"""What earlier calls with the same idempotency key allow. Pure: the times are given.

nothing was ever sent, or it was refused      send
confirmed                                     give the first answer again
still running                                 wait: another worker is at it, or has died a moment ago; what can
                                                  be looked up is looked up meanwhile
sent, and no answer                           native_header        send again with the same key, the core sorts it out
                                              business_key_lookup  look it up first; absent counts only once the core
                                                                   can no longer be working on it
                                              none                 never again: a person has to look
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from connectors.contract import OutcomeKind


class Next(StrEnum):
    """What to do with a write."""

    SEND = "send"
    REPLAY = "replay"
    KEY_REUSED = "key_reused"
    IN_FLIGHT = "in_flight"
    LOOK_UP = "look_up"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class PastCall:
    """One earlier try; `outcome` is None while nobody has written how it ended."""

    number: int
    digest: bytes
    started_at: datetime
    lease_seconds: float
    ended_at: datetime | None = None
    outcome: OutcomeKind | None = None
    output: Any = None

    @property
    def busy_until(self) -> datetime:
        """When the last byte of it had been sent at the latest."""
        return self.ended_at or self.started_at + timedelta(seconds=self.lease_seconds)


@dataclass(frozen=True, slots=True)
class Step:
    """The decision, with the call it rests on and the number of the next try."""

    next: Next
    number: int = 1
    past: PastCall | None = None


def decide(past: Sequence[PastCall], *, strategy: str, digest: bytes, now: datetime) -> Step:
    """What to do now; `past` holds the tries with this key in their order."""
    if not past:
        return Step(Next.SEND)
    last, following = past[-1], past[-1].number + 1
    if any(one.digest != digest for one in past):
        return Step(Next.KEY_REUSED, following, last)
    if last.outcome in _SETTLED:
        return Step(_SETTLED[last.outcome], following, last)
    if last.outcome is None and now < last.busy_until and _DOUBTFUL[strategy] is not Next.LOOK_UP:
        return Step(Next.IN_FLIGHT, following, last)
    return Step(_DOUBTFUL[strategy], following, last)


def in_doubt(step: Step) -> bool:
    """Whether an earlier try may have had its effect, so that a try which fails now proves nothing."""
    return step.past is not None and step.past.outcome in (None, OutcomeKind.UNKNOWN)


def seconds_until_conclusive(past: PastCall, *, server_seconds: float, now: datetime) -> float:
    """How long "it is not there" still proves nothing, because the core may be working on it."""
    return max((past.busy_until + timedelta(seconds=server_seconds) - now).total_seconds(), 0.0)


_SETTLED: dict[OutcomeKind | None, Next] = {OutcomeKind.CONFIRMED: Next.REPLAY, OutcomeKind.REJECTED: Next.SEND}
_DOUBTFUL = {"native_header": Next.SEND, "business_key_lookup": Next.LOOK_UP, "none": Next.STUCK}

"""Limits as values: meters, windows, calendar periods, headroom.

Admission itself happens in SQL (`keys_exchange`), by database time. This arithmetic is for showing, and agrees with it:
months and days are calendar ones in the tenant's time zone, minutes are UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

MAX_LIMIT = 10**18


class Meter(StrEnum):
    """What a limit counts: money in nano-USD, or admitted requests."""

    COST = "cost"
    REQUESTS = "requests"


class Window(StrEnum):
    """The calendar span after which a limit starts again."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


class LimitScope(StrEnum):
    """Whose calls a limit covers."""

    VIRTUAL_KEY = "virtual_key"
    UNIT = "unit"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Period:
    """One turn of a window: from `starts_at` up to, not including, `ends_at`."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit in its current period, as admission saw it; `used` is committed, held and overrun together."""

    id: UUID
    name: str
    scope: LimitScope
    meter: Meter
    window: Window
    amount: int
    used: int
    remaining: int
    resets_at: datetime
    hard: bool = True


def _local_midnight(local: datetime, zone: ZoneInfo) -> datetime:
    """Midnight of a local date as PostgreSQL reads it: in a gap the offset before, in an overlap the offset after."""
    early = datetime.combine(local.date(), time(), zone)
    late = early.replace(fold=1)
    overlaps = (early.utcoffset() or timedelta()) > (late.utcoffset() or timedelta())
    return (late if overlaps else early).astimezone(UTC)


def period_at(window: Window, at: datetime, time_zone: str) -> Period:
    """The period of a window that contains an instant."""
    if window is Window.MINUTE:
        start = at.astimezone(UTC).replace(second=0, microsecond=0)
        return Period(start, start + timedelta(minutes=1))
    zone = ZoneInfo(time_zone)
    first = at.astimezone(zone).replace(tzinfo=None)
    if window is Window.MONTH:
        first = first.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    else:
        following = first + timedelta(days=1)
    return Period(_local_midnight(first, zone), _local_midnight(following, zone))


def headroom(amount: int, *, committed: int, held: int, overrun: int) -> int:
    """What may still be admitted; never negative, also when the limit was lowered or overrun."""
    return max(0, amount - committed - held - overrun)


def share_used(state: LimitState) -> float:
    """The used share of a limit; a limit of nothing is used up."""
    return state.used / state.amount if state.amount else 1.0


def tightest(states: Iterable[LimitState]) -> LimitState | None:
    """The limit that will refuse first: hard before soft, then the largest used share, then the later reset."""
    return max(states, key=lambda state: (state.hard, share_used(state), state.resets_at), default=None)

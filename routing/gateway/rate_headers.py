"""Rate limit headers in OpenAI's form: durations such as `12ms`, `1s`, `6m0s`."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from keys.domain.limits import LimitState, Meter

Header = tuple[bytes, bytes]


def duration(seconds: float) -> str:
    """A duration as OpenAI writes it."""
    if seconds < 1:
        return f"{max(ceil(seconds * 1000), 1)}ms"
    whole = ceil(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"


def seconds_header(seconds: float) -> tuple[Header, ...]:
    """When to come back, in both forms that clients read."""
    milliseconds = max(ceil(seconds * 1000), 1)
    return (b"retry-after", b"%d" % ceil(milliseconds / 1000)), (b"retry-after-ms", b"%d" % milliseconds)


def rate_limit_headers(limits: Sequence[LimitState], *, now: datetime) -> tuple[Header, ...]:
    """The request quota that will refuse first; nothing when none applies."""
    tightest = min((limit for limit in limits if limit.meter is Meter.REQUESTS), key=_remaining, default=None)
    if tightest is None:
        return ()
    reset = duration(max((tightest.resets_at - now).total_seconds(), 0.0))
    return (
        (b"x-ratelimit-limit-requests", b"%d" % tightest.amount),
        (b"x-ratelimit-remaining-requests", b"%d" % max(tightest.remaining, 0)),
        (b"x-ratelimit-reset-requests", reset.encode()),
    )


def budget_remaining(limits: Sequence[LimitState]) -> int | None:
    """The smallest remainder of all budgets in nano-USD; None when no budget applies."""
    return min((limit.remaining for limit in limits if limit.meter is Meter.COST), default=None)


def _remaining(limit: LimitState) -> int:
    return limit.remaining

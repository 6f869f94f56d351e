"""Times of permits: how long a lease is, when a call may still start, how often to ask. Pure."""

# what asking the store may take before a call with its full deadline no longer fits the lease
START_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5


def lease_seconds(deadline_seconds: float) -> float:
    """How long a permit is leased for a call with this hard deadline."""
    return deadline_seconds + START_SECONDS


def may_start(*, now: float, asked_at: float, lease: float, deadline_seconds: float) -> bool:
    """Whether a call that starts now has ended before its lease; `asked_at` is before the store was asked."""
    return now + deadline_seconds < asked_at + lease


def pause_seconds(ahead: int) -> float:
    """How long to wait before asking again with `ahead` others in front: the further back, the rarer."""
    return min(FIRST_PAUSE_SECONDS * (ahead + 1), LONGEST_PAUSE_SECONDS)

"""Whether and when to try again; time and chance come in as numbers.

Two users: the `retry` of a `catch`, whose limits the definition's author chose, and `PERSISTENT`, for what must get
done: compensations, and effects after the point of no return.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

MAX_DELAY_SECONDS: Final = 365 * 86_400
# A policy that allows endless retries without delay would turn an error into a busy loop.
LEAST_DELAY_SECONDS: Final = 1.0

_ISO: Final = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS: Final[Mapping[str, float]] = {
    "weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "milliseconds": 0.001,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """A retry policy with its expressions evaluated. `count` is the most retries after the first attempt."""

    delay_seconds: float = 0
    backoff: Literal["constant", "linear", "exponential"] = "constant"
    count: int | None = None
    total_seconds: float | None = None
    jitter_from: float = 0
    jitter_to: float = 0
    cap_seconds: float = MAX_DELAY_SECONDS


# Starts within a second, then once an hour, for three days; after that a person decides.
PERSISTENT: Final = RetryPolicy(
    delay_seconds=1, backoff="exponential", total_seconds=3 * 86_400, jitter_to=0.5, cap_seconds=3_600
)


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """Try again after `delay_seconds`, or give up for `reason`."""

    again: bool
    delay_seconds: float = 0
    reason: str = ""


def decide(
    policy: RetryPolicy, *, retries: int, elapsed_seconds: float, draw: float, wait_seconds: float = 0
) -> RetryDecision:
    """What to do after a failure: `retries` were made already, the first attempt began `elapsed_seconds` ago.

    `wait_seconds` is what the other side asked for. A retry that would come after the total limit is not made.
    """
    if policy.count is not None and retries >= policy.count:
        return RetryDecision(again=False, reason=f"{retries} of {policy.count} retries were made")
    delay = max(delay_seconds(policy, retries=retries, draw=draw), wait_seconds)
    if policy.total_seconds is not None and elapsed_seconds + delay > policy.total_seconds:
        return RetryDecision(again=False, reason=f"the limit of {policy.total_seconds:g} s would be passed")
    return RetryDecision(again=True, delay_seconds=delay)


def delay_seconds(policy: RetryPolicy, *, retries: int, draw: float) -> float:
    """The pause before the next retry when `retries` were made: growth first, then the cap, then jitter on top."""
    growth = {"constant": 1.0, "linear": retries + 1.0, "exponential": 2.0 ** min(retries, 60)}[policy.backoff]
    delay = min(policy.delay_seconds * growth, policy.cap_seconds)
    delay += policy.jitter_from + draw * max(policy.jitter_to - policy.jitter_from, 0)
    endless = policy.count is None and policy.total_seconds is None
    return min(max(delay, LEAST_DELAY_SECONDS if endless else 0), MAX_DELAY_SECONDS)


def seconds(value: Any) -> float:
    """A duration in seconds: a number, an ISO 8601 text or an object of parts; ValueError for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        total = float(value)
    elif isinstance(value, str):
        total = _iso_seconds(value)
    elif isinstance(value, Mapping) and value.keys() <= _SECONDS.keys():
        total = sum(seconds(amount) * _SECONDS[part] for part, amount in value.items())
    else:
        raise ValueError(f"{value!r} is not a duration")
    if not 0 <= total <= MAX_DELAY_SECONDS:
        raise ValueError(f"{total:g} s is not between nothing and a year")
    return total


def _iso_seconds(text: str) -> float:
    found = _ISO.fullmatch(text)
    if not found or not any(found.groups()):
        raise ValueError(f"{text!r} is not an ISO 8601 duration of weeks, days and time")
    return sum(float(amount) * _SECONDS[part] for part, amount in found.groupdict().items() if amount)

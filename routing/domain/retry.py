"""What to do after an attempt at one rung of the ladder, and what it says about the health of the deployment.

Everything is a value: `classify` names what happened, `next_step` says what the gateway should do, `observe` gives the
new circuit. Time, the share of jitter and the answer come in as arguments.

The rules: nothing is tried again once the client has seen a byte; a fault of the request is not tried elsewhere, except
that a prompt too long for one model may fit another; a provider that names a time to wait is not called before it;
every other failure goes to the next rung, and to the same one only when there is no other.
"""

from dataclasses import dataclass
from typing import Final, Literal

from routing.domain.types import HealthState

__all__ = ["AttemptOutcome", "HealthState", "RetryDecision", "classify", "is_ambiguous", "next_step", "observe"]

Breakdown = Literal[
    "", "connect", "connect_timeout", "tls", "send", "first_byte_timeout", "idle_timeout", "total_timeout", "cut",
    "protocol", "cancelled",
]  # fmt: skip
OutcomeClass = Literal[
    "ok", "cancelled", "request", "content_policy", "context_overflow", "rate_limited", "quota", "credentials",
    "model_missing", "overloaded", "server_error", "gateway_error", "unreachable", "timeout", "cut",
]  # fmt: skip
Action = Literal["done", "stop", "same", "next"]

BACKOFF_MS: Final = 250
BACKOFF_CAP_MS: Final = 4_000
OPEN_AFTER_FAILURES: Final = 3
COOLDOWN_MS: Final = 5_000
COOLDOWN_CAP_MS: Final = 60_000
RATE_LIMIT_COOLDOWN_MS: Final = 1_000
RETRY_AFTER_CAP_MS: Final = 3_600_000
MISCONFIGURED_COOLDOWN_MS: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOutcome:
    """How one attempt ended: the status if there was an answer, what broke if there was none or it was cut.

    `error_code` is the upstream's own code, normalised where the gateway knows a provider's wording (for example
    `context_length_exceeded`). `client_saw_bytes` is set once any byte of this answer went to the client.
    """

    status: int = 0
    breakdown: Breakdown = ""
    error_code: str = ""
    retry_after_ms: int | None = None
    client_saw_bytes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDecision:
    """What to do next: be done, stop with the error, or wait `delay_ms` and try the same or the next rung.

    `ambiguous` says that the provider may have spent tokens on the attempt although it gave no usable answer: its hold
    must not be released. `retry_after_ms` is what to tell the client when stopping.
    """

    action: Action
    outcome: OutcomeClass
    delay_ms: int = 0
    ambiguous: bool = False
    retry_after_ms: int | None = None


_BY_BREAKDOWN: Final[dict[str, OutcomeClass]] = {
    "connect": "unreachable",
    "connect_timeout": "unreachable",
    "tls": "unreachable",
    "send": "cut",
    "first_byte_timeout": "timeout",
    "idle_timeout": "timeout",
    "total_timeout": "timeout",
    "cut": "cut",
    "protocol": "cut",
    "cancelled": "cancelled",
}
_BY_CODE: Final[dict[str, OutcomeClass]] = {
    "context_length_exceeded": "context_overflow",
    "content_filter": "content_policy",
    "content_policy_violation": "content_policy",
    "insufficient_quota": "quota",
    "billing_hard_limit_reached": "quota",
    "credit_balance_exhausted": "quota",
    "project_spend_limit_exceeded": "quota",
    "organization_spend_limit_exceeded": "quota",
    "model_not_found": "model_missing",
}
_BY_STATUS: Final[dict[int, OutcomeClass]] = {
    401: "credentials",
    402: "quota",
    403: "credentials",
    404: "model_missing",
    408: "timeout",
    429: "rate_limited",
    500: "server_error",
    502: "gateway_error",
    503: "overloaded",
    504: "gateway_error",
    529: "overloaded",
}
_FINAL: Final = frozenset({"ok", "cancelled", "request", "content_policy"})
_NEVER_SAME: Final = frozenset({"context_overflow", "quota", "credentials", "model_missing"})
_AMBIGUOUS: Final = frozenset({"timeout", "cut", "cancelled", "gateway_error"})
_FAILURES: Final = frozenset({"server_error", "gateway_error", "overloaded", "unreachable", "timeout", "cut"})
_MISCONFIGURED: Final = frozenset({"quota", "credentials", "model_missing"})


def classify(outcome: AttemptOutcome) -> OutcomeClass:
    """One word for what happened; a breakdown outweighs the status, the upstream's code outweighs both numbers."""
    if outcome.breakdown:
        return _BY_BREAKDOWN[outcome.breakdown]
    if 200 <= outcome.status < 300:
        return "ok"
    found = _BY_CODE.get(outcome.error_code) or _BY_STATUS.get(outcome.status)
    if found is not None:
        return found
    return "server_error" if outcome.status >= 500 or outcome.status < 400 else "request"


def is_ambiguous(outcome: AttemptOutcome) -> bool:
    """Whether tokens may have been spent without a full answer: the request went out and its end was not seen.

    An error answer of the provider itself is not billed. One of a proxy before it (502, 504), a timeout, a cut and a
    client that left leave the question open.
    """
    return classify(outcome) in _AMBIGUOUS


def next_step(
    outcome: AttemptOutcome,
    *,
    attempt: int,
    max_attempts: int,
    rungs_left: int,
    remaining_ms: int,
    jitter: float = 0.0,
) -> RetryDecision:
    """What follows attempt number `attempt` (from 1), with `rungs_left` untried deployments and `remaining_ms` of time.

    `jitter` (0 to 1) takes up to half off a backoff; a time the provider named is never shortened.
    """
    verdict = classify(outcome)
    ambiguous = verdict in _AMBIGUOUS
    if verdict == "ok":
        return RetryDecision(action="done", outcome=verdict)
    stop = RetryDecision(action="stop", outcome=verdict, ambiguous=ambiguous, retry_after_ms=outcome.retry_after_ms)
    if verdict in _FINAL or outcome.client_saw_bytes or attempt >= max_attempts or remaining_ms <= 0:
        return stop
    if rungs_left > 0:
        return RetryDecision(action="next", outcome=verdict, ambiguous=ambiguous)
    delay_ms = _delay_ms(outcome, attempt, jitter)
    if verdict in _NEVER_SAME or delay_ms >= remaining_ms:
        return stop
    return RetryDecision(action="same", outcome=verdict, delay_ms=delay_ms, ambiguous=ambiguous)


def _delay_ms(outcome: AttemptOutcome, attempt: int, jitter: float) -> int:
    if outcome.retry_after_ms is not None:
        return max(outcome.retry_after_ms, 0)
    backoff: int = min(BACKOFF_MS << (attempt - 1), BACKOFF_CAP_MS)
    return round(backoff * (1 - min(max(jitter, 0.0), 1.0) / 2))


def observe(state: HealthState, outcome: AttemptOutcome, now_ms: int) -> HealthState:
    """The circuit after an attempt that ended at `now_ms`.

    Success closes it. A rate limit opens it at once for the time the provider named; a wrong credential, an exhausted
    quota or a missing model for MISCONFIGURED_COOLDOWN_MS. Other failures open it after OPEN_AFTER_FAILURES in a row,
    for a time that doubles with each opening; when that time is over, one more failure opens it again. A fault of the
    request, or a client that left, says nothing. An opening is never shortened by a later failure.
    """
    verdict = classify(outcome)
    if verdict == "ok":
        return HealthState()
    if verdict == "rate_limited":
        wait_ms = RATE_LIMIT_COOLDOWN_MS if outcome.retry_after_ms is None else outcome.retry_after_ms
        return _opened(state, min(max(wait_ms, 0), RETRY_AFTER_CAP_MS), now_ms, "rate_limited")
    if verdict in _MISCONFIGURED:
        return _opened(state, MISCONFIGURED_COOLDOWN_MS, now_ms, verdict)
    return _after_failure(state, verdict, now_ms) if verdict in _FAILURES else state


def _after_failure(state: HealthState, verdict: str, now_ms: int) -> HealthState:
    """Attempts under way when the circuit opened fail late; they count, but do not lengthen the opening."""
    failures = state.consecutive_failures + 1
    opened = state.opened_times
    if failures < OPEN_AFTER_FAILURES or state.is_open(now_ms):
        return HealthState(
            consecutive_failures=failures, opened_times=opened, open_until_ms=state.open_until_ms, reason=state.reason
        )
    cooldown_ms = min(COOLDOWN_MS * 2 ** min(opened, 10), COOLDOWN_CAP_MS)
    return HealthState(
        consecutive_failures=failures, opened_times=opened + 1, open_until_ms=now_ms + cooldown_ms, reason=verdict
    )


def _opened(state: HealthState, wait_ms: int, now_ms: int, reason: str) -> HealthState:
    until_ms = now_ms + wait_ms
    keeps = state.is_open(now_ms) and state.open_until_ms > until_ms
    return HealthState(
        consecutive_failures=state.consecutive_failures,
        opened_times=state.opened_times,
        open_until_ms=state.open_until_ms if keeps else until_ms,
        reason=state.reason if keeps else reason,
    )

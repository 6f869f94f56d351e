"""After an attempt: what to try next, what may have been spent, and how the circuit of the deployment moves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.retry import AttemptOutcome, HealthState, RetryDecision, classify, is_ambiguous, next_step, observe

FAILED = AttemptOutcome(status=500)


def after(outcome: AttemptOutcome, **situation: Any) -> RetryDecision:
    """The next step after the first of three attempts, with one rung left, unless the test says otherwise."""
    return next_step(outcome, **{"attempt": 1, "max_attempts": 3, "rungs_left": 1, "remaining_ms": 60_000, **situation})


@pytest.mark.parametrize(
    ("outcome", "verdict", "action", "ambiguous"),
    [
        ({"status": 200}, "ok", "done", False),
        ({"status": 400}, "request", "stop", False),  # the same everywhere
        ({"status": 413}, "request", "stop", False),
        ({"status": 422}, "request", "stop", False),
        ({"status": 400, "error_code": "content_filter"}, "content_policy", "stop", False),
        (
            {"status": 400, "error_code": "context_length_exceeded"},
            "context_overflow",
            "next",
            False,
        ),  # another may be larger
        ({"status": 401}, "credentials", "next", False),
        ({"status": 403}, "credentials", "next", False),
        ({"status": 404}, "model_missing", "next", False),
        ({"status": 408}, "timeout", "next", True),
        ({"status": 429}, "rate_limited", "next", False),
        ({"status": 429, "error_code": "insufficient_quota"}, "quota", "next", False),
        ({"status": 500}, "server_error", "next", False),
        ({"status": 502}, "gateway_error", "next", True),  # a proxy gave up, the model may have run
        ({"status": 503}, "overloaded", "next", False),
        ({"status": 504}, "gateway_error", "next", True),
        ({"status": 529}, "overloaded", "next", False),
        ({"status": 599}, "server_error", "next", False),
        ({"status": 301}, "server_error", "next", False),
        ({"breakdown": "connect"}, "unreachable", "next", False),  # nothing was sent
        ({"breakdown": "connect_timeout"}, "unreachable", "next", False),
        ({"breakdown": "tls"}, "unreachable", "next", False),
        ({"breakdown": "send"}, "cut", "next", True),
        ({"breakdown": "first_byte_timeout"}, "timeout", "next", True),
        ({"status": 200, "breakdown": "cut"}, "cut", "next", True),
        ({"status": 200, "breakdown": "idle_timeout"}, "timeout", "next", True),
        ({"status": 200, "breakdown": "protocol"}, "cut", "next", True),
        ({"breakdown": "cancelled"}, "cancelled", "stop", True),
    ],
)
def test_every_outcome_has_its_consequence(outcome: Any, verdict: str, action: str, ambiguous: bool) -> None:
    decision = after(AttemptOutcome(**outcome))
    assert (decision.outcome, decision.action, decision.ambiguous) == (verdict, action, ambiguous)
    assert is_ambiguous(AttemptOutcome(**outcome)) is ambiguous


@pytest.mark.parametrize("breakdown", ["cut", "idle_timeout", "protocol", "total_timeout"])
def test_nothing_is_tried_again_once_the_client_saw_a_byte(breakdown: Any) -> None:
    outcome = AttemptOutcome(status=200, breakdown=breakdown, client_saw_bytes=True)
    assert after(outcome).action == "stop"


def test_the_last_attempt_stops() -> None:
    assert after(FAILED, attempt=3).action == "stop"


def test_no_time_left_stops() -> None:
    assert after(FAILED, remaining_ms=0).action == "stop"


def test_the_same_rung_is_tried_again_only_without_another() -> None:
    decision = after(FAILED, rungs_left=0)
    assert (decision.action, decision.delay_ms) == ("same", 250)


@pytest.mark.parametrize("status", [401, 404])
def test_a_misconfigured_deployment_is_not_tried_twice(status: int) -> None:
    assert after(AttemptOutcome(status=status), rungs_left=0).action == "stop"


@pytest.mark.parametrize(("attempt", "delay_ms"), [(1, 250), (2, 500), (3, 1_000), (9, 4_000)])
def test_the_wait_doubles_up_to_a_cap(attempt: int, delay_ms: int) -> None:
    assert after(FAILED, attempt=attempt, max_attempts=10, rungs_left=0).delay_ms == delay_ms


def test_jitter_takes_up_to_half_off_the_wait() -> None:
    assert after(FAILED, rungs_left=0, jitter=1.0).delay_ms == 125


def test_a_named_time_to_wait_is_kept_to_the_millisecond() -> None:
    outcome = AttemptOutcome(status=429, retry_after_ms=1_500)
    decision = after(outcome, rungs_left=0, jitter=1.0)
    assert (decision.action, decision.delay_ms) == ("same", 1_500)


def test_a_wait_longer_than_the_time_left_is_told_to_the_client_instead() -> None:
    decision = after(AttemptOutcome(status=429, retry_after_ms=90_000), rungs_left=0)
    assert (decision.action, decision.retry_after_ms) == ("stop", 90_000)


def test_success_closes_the_circuit() -> None:
    broken = HealthState(consecutive_failures=9, opened_times=2, open_until_ms=99, reason="timeout")
    assert observe(broken, AttemptOutcome(status=200), 100) == HealthState()


def test_three_failures_in_a_row_open_the_circuit() -> None:
    state = HealthState()
    for _ in range(2):
        state = observe(state, FAILED, 1_000)
        assert not state.is_open(1_000)
    state = observe(state, FAILED, 1_000)
    assert (state.open_until_ms, state.reason) == (6_000, "server_error")


def test_after_the_wait_one_more_failure_opens_it_for_twice_as_long() -> None:
    opened = HealthState(consecutive_failures=3, opened_times=1, open_until_ms=6_000, reason="timeout")
    assert observe(opened, FAILED, 6_000).open_until_ms == 6_000 + 10_000


def test_late_failures_of_attempts_under_way_do_not_lengthen_the_opening() -> None:
    opened = HealthState(consecutive_failures=3, opened_times=1, open_until_ms=6_000, reason="timeout")
    assert observe(opened, FAILED, 2_000).open_until_ms == 6_000


@pytest.mark.parametrize(("retry_after_ms", "until_ms"), [(None, 1_000), (7_000, 7_000), (10**9, 3_600_000), (-5, 0)])
def test_a_rate_limit_opens_at_once_for_the_named_time(retry_after_ms: int | None, until_ms: int) -> None:
    state = observe(HealthState(), AttemptOutcome(status=429, retry_after_ms=retry_after_ms), 0)
    assert (state.open_until_ms, state.reason) == (until_ms, "rate_limited")


def test_a_shorter_rate_limit_does_not_shorten_an_opening() -> None:
    opened = HealthState(open_until_ms=60_000, reason="rate_limited")
    assert observe(opened, AttemptOutcome(status=429, retry_after_ms=1_000), 0).open_until_ms == 60_000


@pytest.mark.parametrize("outcome", [{"status": 400}, {"status": 422}, {"breakdown": "cancelled"}])
def test_a_fault_of_the_caller_says_nothing_about_the_deployment(outcome: Any) -> None:
    state = HealthState(consecutive_failures=2)
    assert observe(state, AttemptOutcome(**outcome), 0) is state


outcomes = st.builds(
    AttemptOutcome,
    status=st.integers(min_value=0, max_value=999),
    breakdown=st.sampled_from(["", "connect", "send", "cut", "first_byte_timeout", "cancelled", "protocol"]),
    error_code=st.sampled_from(["", "context_length_exceeded", "insufficient_quota", "other"]),
    retry_after_ms=st.none() | st.integers(min_value=-10, max_value=10**9),
    client_saw_bytes=st.booleans(),
)


@given(outcome=outcomes, attempt=st.integers(1, 10), rungs_left=st.integers(0, 5), remaining_ms=st.integers(-5, 10**6))
def test_a_retry_is_always_within_the_rules(
    outcome: AttemptOutcome, attempt: int, rungs_left: int, remaining_ms: int
) -> None:
    decision = next_step(outcome, attempt=attempt, max_attempts=4, rungs_left=rungs_left, remaining_ms=remaining_ms)
    if decision.action in ("same", "next"):
        assert not outcome.client_saw_bytes
        assert attempt < 4
        assert 0 <= decision.delay_ms < remaining_ms
        assert decision.delay_ms >= (outcome.retry_after_ms or 0) or decision.action == "next"


@given(st.lists(outcomes, max_size=30))
def test_no_sequence_of_outcomes_keeps_a_circuit_open_for_more_than_the_caps(sequence: list[AttemptOutcome]) -> None:
    state = HealthState()
    for outcome in sequence:
        state = observe(state, outcome, 0)
        assert 0 <= state.open_until_ms <= 3_600_000
        assert classify(outcome) != "ok" or state == HealthState()

"""When to try again: growth, cap, jitter, limits; and durations in their three forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.domain.retry import MAX_DELAY_SECONDS, PERSISTENT, RetryPolicy, decide, delay_seconds, seconds


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [("constant", [3, 3, 3, 3]), ("linear", [3, 6, 9, 12]), ("exponential", [3, 6, 12, 24])],
)
def test_delays_grow_as_the_backoff_says(backoff, delays):
    policy = RetryPolicy(delay_seconds=3, backoff=backoff, count=9)
    assert [delay_seconds(policy, retries=n, draw=0) for n in range(4)] == delays


@pytest.mark.parametrize(("draw", "delay"), [(0, 4), (0.5, 5), (1, 6)])
def test_jitter_comes_on_top(draw, delay):
    policy = RetryPolicy(delay_seconds=3, jitter_from=1, jitter_to=3, count=9)
    assert delay_seconds(policy, retries=0, draw=draw) == delay


@pytest.mark.parametrize(
    ("policy", "retries", "elapsed", "again"),
    [
        (RetryPolicy(count=2), 1, 0, True),
        (RetryPolicy(count=2), 2, 0, False),
        (RetryPolicy(count=0), 0, 0, False),
        (RetryPolicy(delay_seconds=4, total_seconds=10), 1, 6, True),
        (RetryPolicy(delay_seconds=4, total_seconds=10), 1, 7, False),
        (RetryPolicy(), 1_000, 1_000_000, True),
    ],
)
def test_limits_of_count_and_time(policy, retries, elapsed, again):
    assert decide(policy, retries=retries, elapsed_seconds=elapsed, draw=0).again is again


def test_what_must_get_done_is_tried_for_three_days_at_most_hourly():
    elapsed, delays = 0.0, []
    while (decision := decide(PERSISTENT, retries=len(delays), elapsed_seconds=elapsed, draw=1)).again:
        delays.append(decision.delay_seconds)
        elapsed += decision.delay_seconds
    assert (delays[0] < 2, max(delays) <= 3601, elapsed > 2.9 * 86_400) == (True, True, True)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_no_delay_is_ever_negative_or_endless(retries, draw):
    for backoff in ("constant", "linear", "exponential"):
        policy = RetryPolicy(delay_seconds=1, backoff=backoff, jitter_to=5)
        assert 0 < delay_seconds(policy, retries=retries, draw=draw) <= MAX_DELAY_SECONDS


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0),
        (1.5, 1.5),
        ("PT1M30S", 90),
        ("P1DT0.5S", 86_400.5),
        ({"minutes": 2, "milliseconds": 500}, 120.5),
        ({}, 0),
    ],
)
def test_durations_are_numbers_texts_or_parts(given, expected):
    assert seconds(given) == expected


@pytest.mark.parametrize("given", [-1, True, "5", "P", "PT", "P1Y", {"years": 1}, None, [], 10**12, "P9999W"])
def test_what_is_no_duration_is_refused(given):
    with pytest.raises(ValueError, match=r".+"):
        seconds(given)

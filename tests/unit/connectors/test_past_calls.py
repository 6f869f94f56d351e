"""What earlier calls with the same key allow: one row for each case of the table in the module."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import OutcomeKind
from connectors.domain.past_calls import Next, PastCall, decide, in_doubt, seconds_until_conclusive
from connectors.domain.waiting import START_SECONDS, lease_seconds, may_start, pause_seconds

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAME, OTHER = b"same", b"other"


def past(outcome=None, *, seconds_ago=60, ended_ago=None, digest=SAME):
    ended = None if ended_ago is None else NOW - timedelta(seconds=ended_ago)
    started = NOW - timedelta(seconds=seconds_ago)
    return PastCall(1, digest, started, lease_seconds=10, ended_at=ended, outcome=outcome)


@pytest.mark.parametrize(
    ("earlier", "strategy", "expected"),
    [
        ([], "none", Next.SEND),
        ([past(OutcomeKind.CONFIRMED)], "none", Next.REPLAY),
        ([past(OutcomeKind.REJECTED)], "none", Next.SEND),
        ([past(digest=OTHER)], "native_header", Next.KEY_REUSED),
        ([past(OutcomeKind.CONFIRMED, digest=OTHER)], "none", Next.KEY_REUSED),
        ([past(seconds_ago=5)], "native_header", Next.IN_FLIGHT),
        ([past(seconds_ago=5)], "business_key_lookup", Next.LOOK_UP),
        ([past(seconds_ago=5)], "none", Next.IN_FLIGHT),
        ([past(seconds_ago=11)], "native_header", Next.SEND),  # its worker died
        ([past(seconds_ago=11)], "business_key_lookup", Next.LOOK_UP),
        ([past(seconds_ago=11)], "none", Next.STUCK),
        ([past(OutcomeKind.UNKNOWN)], "native_header", Next.SEND),
        ([past(OutcomeKind.UNKNOWN)], "business_key_lookup", Next.LOOK_UP),
        ([past(OutcomeKind.UNKNOWN)], "none", Next.STUCK),
        ([past(OutcomeKind.UNKNOWN), past(OutcomeKind.CONFIRMED)], "none", Next.REPLAY),
    ],
)
def test_earlier_calls_decide_what_is_done(earlier, strategy, expected):
    assert decide(earlier, strategy=strategy, digest=SAME, now=NOW).next is expected


def test_only_a_call_without_a_known_end_leaves_doubt():
    doubt = [None, OutcomeKind.UNKNOWN, OutcomeKind.REJECTED, OutcomeKind.CONFIRMED]
    steps = [decide([past(one)], strategy="native_header", digest=SAME, now=NOW) for one in doubt]
    assert [in_doubt(step) for step in steps] == [True, True, False, False]
    assert not in_doubt(decide([], strategy="none", digest=SAME, now=NOW))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (past(OutcomeKind.UNKNOWN, seconds_ago=4, ended_ago=3), 27),
        (past(OutcomeKind.UNKNOWN, seconds_ago=60, ended_ago=50), 0),
        (past(seconds_ago=12), 28),  # its end is not written: its lease counts
    ],
)
def test_absent_proves_something_only_once_the_core_cannot_be_working(call, expected):
    assert seconds_until_conclusive(call, server_seconds=30, now=NOW) == expected


def test_a_call_starts_only_if_it_ends_before_its_lease():
    lease = lease_seconds(5)
    assert may_start(now=100 + START_SECONDS - 0.01, asked_at=100, lease=lease, deadline_seconds=5)
    assert not may_start(now=100 + START_SECONDS, asked_at=100, lease=lease, deadline_seconds=5)


def test_those_further_back_ask_more_rarely():
    assert [pause_seconds(0) < pause_seconds(5) < pause_seconds(20), pause_seconds(1000)] == [True, 0.5]

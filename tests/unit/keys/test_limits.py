"""Periods, headroom and the tightest limit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.domain.limits import LimitScope, LimitState, Meter, Window, headroom, period_at, tightest

ZONES = ["UTC", "Asia/Ho_Chi_Minh", "America/New_York", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"]
INSTANTS = st.integers(0, 10 * 366 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def state(name: str, *, amount: int, used: int, hard: bool = True) -> LimitState:
    return LimitState(
        UUID(int=1),
        name,
        LimitScope.TENANT,
        Meter.COST,
        Window.MONTH,
        amount,
        used,
        amount - used,
        datetime(2026, 1, 1, tzinfo=UTC),
        hard,
    )


def test_a_minute_is_a_minute_of_utc() -> None:
    period = period_at(Window.MINUTE, datetime(2026, 3, 1, 10, 20, 30, 5, tzinfo=UTC), "Asia/Ho_Chi_Minh")
    assert period.starts_at == datetime(2026, 3, 1, 10, 20, tzinfo=UTC)
    assert period.ends_at - period.starts_at == timedelta(minutes=1)


def test_a_month_follows_the_tenants_calendar() -> None:
    period = period_at(Window.MONTH, datetime(2026, 2, 28, 18, tzinfo=UTC), "Asia/Ho_Chi_Minh")
    assert period.starts_at == datetime(2026, 2, 28, 17, tzinfo=UTC)
    assert period.ends_at == datetime(2026, 3, 31, 17, tzinfo=UTC)


def test_a_day_with_a_clock_change_is_shorter() -> None:
    period = period_at(Window.DAY, datetime(2026, 3, 8, 12, tzinfo=UTC), "America/New_York")
    assert period.ends_at - period.starts_at == timedelta(hours=23)


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from([Window.DAY, Window.MONTH]))
def test_periods_join_without_gap(at: datetime, zone: str, window: Window) -> None:
    period = period_at(window, at, zone)
    assert period.ends_at > at
    assert period_at(window, period.ends_at, zone).starts_at == period.ends_at


@pytest.mark.parametrize(
    ("committed", "held", "overrun", "left"), [(0, 0, 0, 10), (4, 5, 0, 1), (4, 6, 0, 0), (4, 5, 3, 0)]
)
def test_headroom_counts_everything_and_is_never_negative(committed: int, held: int, overrun: int, left: int) -> None:
    assert headroom(10, committed=committed, held=held, overrun=overrun) == left


def test_the_tightest_limit_is_the_one_that_refuses_first() -> None:
    loose, tight = state("loose", amount=100, used=10), state("tight", amount=1000, used=900)
    assert tightest([loose, tight]) is tight
    assert tightest([]) is None


def test_a_soft_limit_is_never_tighter_than_a_hard_one() -> None:
    soft, hard = state("soft", amount=10, used=10, hard=False), state("hard", amount=10, used=1)
    assert tightest([soft, hard]) is hard


def test_a_limit_of_nothing_is_used_up() -> None:
    assert tightest([state("some", amount=10, used=9), state("none", amount=0, used=0)]).name == "none"  # type: ignore[union-attr]

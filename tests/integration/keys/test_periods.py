"""Calendar periods: created on demand, kept through changes of zone and limit, pruned when nobody needs them."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from keys.domain.limits import Window, period_at
from keys.models import LimitPeriod
from keys.services import limit_change, limit_deactivate, periods_prune
from tenants.services import tenant_change
from tests.cast import committed, conninfo
from tests.integration.keys.kit import Desk
from tests.integration.keys.ways import WAYS

pytestmark = [committed, pytest.mark.parametrize("way", WAYS)]
ZONES = ["UTC", "Asia/Ho_Chi_Minh", "America/New_York", "America/Santiago", "Asia/Beirut", "America/Havana"]


def test_the_arithmetic_for_showing_agrees_with_the_database(desk: Desk) -> None:
    start = datetime(2025, 1, 1, 0, 30, tzinfo=UTC)
    instants = [start + timedelta(hours=hours) for hours in range(0, 24 * 366, 7)]
    query = "select k.starts_at, k.ends_at from unnest(%s::timestamptz[]) a, keys_period(%s, %s, a) k"
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        for zone in ZONES:
            for window in Window:
                rows = connection.execute(query, [instants, window.value, zone]).fetchall()
                periods = [period_at(window, at, zone) for at in instants]
                assert rows == [(period.starts_at, period.ends_at) for period in periods], (zone, window)


@pytest.mark.parametrize("window", list(Window))
def test_the_first_call_opens_the_period(desk: Desk, window: Window) -> None:
    limit = desk.limit(1000, window=window.value)
    desk.take(1)
    with desk.cast.acting():
        period = LimitPeriod.objects.get(limit=limit)
    expected = period_at(window, period.starts_at, "UTC")
    assert (period.starts_at, period.ends_at) == (expected.starts_at, expected.ends_at)
    assert (period.amount, period.hard) == (1000, True)


def test_another_time_zone_gives_nobody_a_fresh_budget(desk: Desk) -> None:
    desk.limit(1000)
    desk.take(900)
    tenant_change(desk.cast.scope(), name="Alpha Bank", time_zone="Asia/Ho_Chi_Minh")
    assert not desk.ask(desk.hold_op(200))[0]["ok"]
    assert desk.ask(desk.hold_op(100))[0]["ok"]


def test_the_next_period_follows_the_one_before_without_overlap(desk: Desk) -> None:
    limit = desk.limit(1000)
    desk.take(1)
    desk.end_period(limit)
    desk.take(1)
    with desk.cast.acting():
        before, after = LimitPeriod.objects.filter(limit=limit).order_by("ends_at")
    assert before.ends_at == after.starts_at < after.ends_at


def test_a_raised_or_lowered_limit_counts_at_once(desk: Desk) -> None:
    limit = desk.limit(1000)
    desk.take(900)
    with desk.cast.acting():
        limit_change(limit.id, name="Budget", amount=1500, hard=True, reason="campaign")
    desk.take(600)
    with desk.cast.acting():
        limit_change(limit.id, name="Budget", amount=100, hard=True)
    answer = desk.ask(desk.hold_op(1))[0]
    assert (answer["limit"]["amount"], answer["limit"]["used"], answer["limit"]["remaining"]) == (100, 1500, 0)
    assert desk.proof().balances


def test_a_limit_made_soft_or_switched_off_stops_refusing(desk: Desk) -> None:
    soft, off = desk.limit(0, name="soft"), desk.limit(0, name="off", scope="unit")
    assert not desk.ask(desk.hold_op(1))[0]["ok"]
    with desk.cast.acting():
        limit_change(soft.id, name="soft", amount=0, hard=False, reason="try")
        limit_deactivate(off.id, reason="not needed")
    assert [shown["name"] for shown in desk.ask(desk.hold_op(1))[0]["limits"]] == ["soft"]


def test_old_minutes_are_forgotten_and_months_are_kept(desk: Desk) -> None:
    minute, month = desk.limit(9, meter="requests", window="minute"), desk.limit(1000)
    desk.take(1)
    desk.as_owner(
        "update keys_limitperiod set starts_at = now() - interval '9 days', ends_at = now() - interval '8 days'"
    )
    assert periods_prune() == 1
    with desk.cast.acting():
        assert not LimitPeriod.objects.filter(limit=minute).exists()
        assert LimitPeriod.objects.filter(limit=month).exists()

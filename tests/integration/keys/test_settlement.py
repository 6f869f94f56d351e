"""Settling, releasing, expiring: each hold ends once, and every amount is explained."""

import pytest

from keys.models import LedgerEntry
from tests.cast import committed
from tests.integration.keys.kit import Answer, Desk, expire

pytestmark = committed


def entries(desk: Desk, hold: Answer) -> list[tuple[str, int, int]]:
    """Kind, amount and held of the entries of a hold, in the order of booking."""
    with desk.cast.acting():
        found = LedgerEntry.objects.filter(hold_id=hold["hold"]).order_by("at", "-kind")
        return [(entry.kind, entry.amount, entry.held) for entry in found]


@pytest.mark.parametrize("usage", [0, 1, 399, 400])
def test_settling_books_the_usage_and_frees_the_rest(desk: Desk, usage: int) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    assert desk.settle(held, usage) == {"ok": True, "overrun": 0}
    assert desk.counters(limit) == (usage, 0, 0)
    assert entries(desk, held) == [("settled", usage, 400)]


def test_releasing_gives_everything_back_but_the_request_stays_counted(desk: Desk) -> None:
    budget, quota = desk.limit(1000), desk.limit(1, meter="requests", window="minute")
    held = desk.take(400)
    assert desk.ask(desk.end_op(held, "release")) == [{"ok": True, "overrun": 0}]
    assert (desk.counters(budget), desk.counters(quota)) == ((0, 0, 0), (1, 0, 0))
    assert entries(desk, held) == [("released", 0, 400)]


def test_usage_above_the_hold_is_booked_whole_apart_and_closes_the_limit(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    assert desk.settle(held, 1100) == {"ok": True, "overrun": 700}
    assert desk.counters(limit) == (400, 0, 700)
    assert entries(desk, held) == [("settled", 400, 400), ("overrun", 700, 400)]
    for amount in (0, 1):
        assert desk.ask(desk.hold_op(amount))[0]["reason"] == "limit"


def test_an_overrun_that_uses_the_limit_up_exactly_closes_it_for_free_calls_too(desk: Desk) -> None:
    desk.limit(1000)
    desk.settle(desk.take(400), 1000)
    assert not desk.ask(desk.hold_op(0))[0]["ok"]


def test_an_overrun_within_the_limit_leaves_the_rest(desk: Desk) -> None:
    desk.limit(1000)
    desk.settle(desk.take(400), 600)
    assert desk.ask(desk.hold_op(400))[0]["ok"]
    assert not desk.ask(desk.hold_op(1))[0]["ok"]


@pytest.mark.parametrize(("first", "word"), [("settle", "settled"), ("release", "released")])
@pytest.mark.parametrize("second", ["settle", "release"])
def test_a_hold_ends_once(desk: Desk, first: str, word: str, second: str) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    ops = [desk.end_op(held, kind, 300 if kind == "settle" else None) for kind in (first, second)]
    assert desk.ask(ops[0])[0]["ok"]
    assert desk.ask(ops[1]) == [{"ok": False, "reason": word, "overrun": 0}]
    assert desk.counters(limit) == (300 if first == "settle" else 0, 0, 0)


def test_of_two_ends_in_one_batch_the_first_counts(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    settled, again = desk.ask(desk.end_op(held, "settle", 100), desk.end_op(held, "settle", 300))
    assert (settled["ok"], again["reason"]) == (True, "settled")
    assert desk.counters(limit) == (100, 0, 0)


def test_a_repeated_settlement_reports_the_overrun_of_the_first(desk: Desk) -> None:
    held = desk.take(100)
    desk.settle(held, 150)
    assert desk.settle(held, 150) == {"ok": False, "reason": "settled", "overrun": 50}


def test_a_hold_that_nobody_ends_is_booked_in_full(desk: Desk) -> None:
    limit = desk.limit(1000)
    due, live = desk.take(400), desk.take(100)
    assert expire() == 0
    desk.overdue(due)
    assert (expire(), expire()) == (1, 0)
    assert desk.counters(limit) == (400, 100, 0)
    assert (entries(desk, due), entries(desk, live)) == ([("expired", 400, 400)], [])


def test_a_hold_past_its_time_can_be_settled_until_it_is_expired(desk: Desk) -> None:
    held = desk.take(400)
    desk.overdue(held)
    assert desk.settle(held, 10) == {"ok": True, "overrun": 0}
    assert expire() == 0


def test_usage_that_arrives_late_is_not_given_back(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    desk.overdue(held)
    expire()
    assert desk.settle(held, 10) == {"ok": False, "reason": "expired", "overrun": 0}
    assert desk.counters(limit) == (400, 0, 0)


def test_usage_that_arrives_late_and_exceeds_the_hold_is_booked_once(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    desk.overdue(held)
    expire()
    late = {"ok": False, "reason": "expired", "overrun": 250}
    assert desk.ask(desk.end_op(held, "settle", 650), desk.end_op(held, "settle", 650)) == [late, late]
    assert desk.settle(held, 900) == late
    assert desk.counters(limit) == (400, 0, 250)
    assert entries(desk, held) == [("expired", 400, 400), ("overrun", 250, 400)]


def test_a_hold_belongs_to_the_period_of_its_admission(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(900)
    desk.end_period(limit)
    assert desk.ask(desk.hold_op(900))[0]["ok"], "the new period starts empty"
    desk.settle(held, 1200)
    assert desk.counters(limit) == (0, 900, 0), "the old call does not touch the new period"
    assert desk.proof().balances


def test_a_hold_of_another_tenant_cannot_be_ended(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    theft = desk.end_op(held, "release") | {"tenant": str(desk.cast.tenant_b.id)}
    assert desk.ask(theft) == [{"ok": False, "reason": "unknown", "overrun": 0}]
    assert desk.counters(limit) == (0, 400, 0)


def test_every_level_is_counted(desk: Desk) -> None:
    limits = [desk.limit(1000, scope=scope) for scope in ("key", "unit", "top", "tenant")]
    desk.settle(desk.take(400), 500)
    assert {desk.counters(limit) for limit in limits} == {(400, 0, 100)}
    assert desk.proof().balances

"""Many callers at once, on many connections and in several processes: exact, and never a deadlock."""

import random
import threading
import time
from collections import Counter
from typing import Any

import psycopg
import pytest

from keys.services import limit_change
from tests.cast import committed, conninfo
from tests.integration.keys.kit import Answer, Desk, exchange, open_desk
from tests.integration.keys.racers import race
from tests.integration.keys.ways import WAYS

pytestmark = committed
each_way = pytest.mark.parametrize("way", WAYS)
BROKEN = (
    "select count(*) from keys_limitperiod where committed + held > amount or committed < 0 or held < 0 or overrun < 0"
)


@each_way
def test_a_budget_for_ten_admits_ten_of_a_hundred(desk: Desk) -> None:
    limit = desk.limit(1000)
    answers = race(conninfo(), [[desk.hold_op(100)] for _ in range(100)], way=desk.way)
    assert Counter(answer["ok"] for answer in answers) == {True: 10, False: 90}
    assert {answer["limit"]["id"] for answer in answers if not answer["ok"]} == {str(limit.id)}
    assert desk.counters(limit) == (0, 1000, 0)


def test_a_quota_for_ten_admits_ten_of_a_hundred_in_batches(desk: Desk) -> None:
    limit = desk.limit(10, meter="requests", window="day")
    answers = race(conninfo(), [[desk.hold_op() for _ in range(5)] for _ in range(20)])
    assert sum(answer["ok"] for answer in answers) == 10
    assert desk.counters(limit) == (10, 0, 0)


@each_way
def test_the_first_calls_of_a_period_open_it_once(desk: Desk) -> None:
    limits = [
        desk.limit(100_000, scope=scope, window=window) for scope in ("key", "tenant") for window in ("day", "month")
    ]
    answers = race(conninfo(), [[desk.hold_op(10)] for _ in range(40)], way=desk.way)
    assert all(answer["ok"] for answer in answers)
    assert {desk.counters(limit) for limit in limits} == {(0, 400, 0)}


@each_way
def test_the_same_hold_from_everywhere_is_admitted_once(desk: Desk) -> None:
    limit = desk.limit(1000)
    op = desk.hold_op(400)
    answers = race(conninfo(), [[op] for _ in range(20)], way=desk.way)
    assert all(answer["ok"] for answer in answers)
    assert desk.counters(limit) == (0, 400, 0)


def test_the_same_settlement_from_everywhere_is_booked_once(desk: Desk) -> None:
    limit = desk.limit(1000)
    held = desk.take(400)
    answers = race(conninfo(), [[desk.end_op(held, "settle", 500)] for _ in range(20)])
    assert Counter(answer["ok"] for answer in answers) == {True: 1, False: 19}
    assert desk.counters(limit) == (400, 0, 100)
    assert desk.proof().balances


def test_batches_across_tenants_in_any_order_do_not_deadlock(desk: Desk) -> None:
    with open_desk(desk.cast, desk.cast.tenant_b) as other:
        limits = [(one, one.limit(10**9, scope=scope)) for one in (desk, other) for scope in ("key", "unit", "tenant")]
        held = [one.take(10) for one in (desk, other) for _ in range(40)]
        batches = [_mixed(desk, other, held, seed) for seed in range(40)]
        answers = race(conninfo(), batches, processes=2)
        assert len(answers) == sum(map(len, batches))
        assert desk.proof().balances
        assert other.proof().balances
        assert all(sum(one.counters(limit)) > 0 for one, limit in limits)


def test_the_invariant_holds_at_every_instant(desk: Desk) -> None:
    """A watcher looks on while callers hold, settle and release against a budget that is always nearly spent."""
    desk.limit(500)
    seen, stop = [], threading.Event()
    watcher = threading.Thread(target=_watch, args=(str(desk.tenant.id), seen, stop))
    watcher.start()
    callers = [threading.Thread(target=_spend, args=(desk, seed)) for seed in range(6)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    stop.set()
    watcher.join()
    assert len(seen) > 20
    assert set(seen) == {0}
    assert desk.proof().balances


def test_a_limit_lowered_among_callers_admits_nothing_afterwards(desk: Desk) -> None:
    """Once the change is committed, no call is admitted by the old amount, however long it had waited for the lock."""
    limit = desk.limit(10**6)
    stop, callers = threading.Event(), []
    for _ in range(4):
        callers.append(threading.Thread(target=_spend_until, args=(desk, stop)))
        callers[-1].start()
    while sum(desk.counters(limit)) < 100:
        time.sleep(0.01)
    with desk.cast.acting():
        limit_change(limit.id, name="closed", amount=0, hard=True)
    after = desk.counters(limit)
    time.sleep(0.3)
    stop.set()
    for caller in callers:
        caller.join()
    assert desk.counters(limit) == after


def _spend_until(desk: Desk, stop: threading.Event) -> None:
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        while not stop.is_set():
            exchange(connection, desk.hold_op(1))


def _mixed(desk: Desk, other: Desk, held: list[Answer], seed: int) -> list[Answer]:
    chooser = random.Random(seed)
    ends = [desk.end_op(one, "settle", chooser.choice([5, 10, 30])) for one in chooser.sample(held, 6)]
    ops = ends + [chooser.choice([desk, other]).hold_op(10) for _ in range(6)]
    chooser.shuffle(ops)
    return ops


def _watch(tenant: str, seen: list[int], stop: threading.Event) -> None:
    with psycopg.connect(conninfo()) as connection:
        while not stop.is_set():
            connection.execute("select set_config('app.tenant', %s, true)", [tenant])
            row = connection.execute(BROKEN).fetchone()
            connection.commit()
            seen.append(row[0] if row else -1)


def _spend(desk: Desk, seed: int) -> None:
    chooser = random.Random(seed)
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        held: list[Any] = []
        for _ in range(60):
            ops = [desk.hold_op(chooser.randint(0, 200)) for _ in range(chooser.randint(0, 3))]
            ended = [held.pop() for _ in range(min(len(held), chooser.randint(0, 3)))]
            ends = [desk.end_op(one, *chooser.choice([("settle", one["amount"] // 3), ("release",)])) for one in ended]
            answers = exchange(connection, *ops, *ends)
            held += [op for op, answer in zip(ops, answers, strict=False) if answer["ok"]]


@pytest.mark.parametrize("alias", ["default", "relay"])
def test_no_run_time_role_writes_counters_holds_or_ledger(desk: Desk, alias: str) -> None:
    desk.limit(1000)
    desk.take(1)
    statements = (
        "update keys_limitperiod set held = 0",
        "delete from keys_hold",
        "update keys_ledgerentry set amount = 0",
        "delete from keys_ledgerentry",
        "delete from keys_limitperiod",
    )
    with psycopg.connect(conninfo(alias), autocommit=True) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())

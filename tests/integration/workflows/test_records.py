"""Leases, fencing and the one write of a step, against PostgreSQL."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.cast import Cast, committed, committed_as_owner
from tests.integration.workflows.kit import MOST_RECOVERIES, Bench, entry, open_bench, sql

pytestmark = committed


def test_a_run_is_claimed_once(bench: Bench):
    run = bench.run()
    assert bench.claim(run)["epoch"] == 1
    assert bench.claim(run, "two") is None


def test_of_many_workers_that_claim_at_once_one_gets_the_run(bench: Bench):
    run, found = bench.run(), []

    def work(owner: str) -> None:
        found.append(bench.claim(run, owner))
        connection.close()

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in found if claim]) == 1


def test_a_run_that_is_not_due_is_not_claimed(bench: Bench):
    assert bench.claim(bench.run(wake_at=None)) is None
    assert bench.claim(bench.run(wake_at=timezone.now() + timedelta(minutes=1))) is None


def test_a_record_writes_state_and_history_in_order_without_gaps(bench: Bench):
    run = bench.run()
    epoch = bench.claim(run)["epoch"]
    bench.record(run, epoch, state={"at": 1}, history=[entry("run.started"), entry("task.started")])
    bench.record(run, epoch, state={"at": 2}, history=[entry("task.completed", attempt=1)])
    assert bench.fresh(run).state == {"at": 2}
    assert bench.history(run) == [(1, "run.started"), (2, "task.started"), (3, "task.completed")]


def test_whoever_lost_the_lease_writes_nothing(bench: Bench):
    run = bench.run()
    old = bench.claim(run, lease=0.0)["epoch"]
    new = bench.claim(run, "two")["epoch"]
    assert bench.record(run, old, state={"by": "old"}, history=[entry()], publish=[]) is None
    assert bench.record(run, new, state={"by": "new"}) is not None
    assert bench.fresh(run).state == {"by": "new"}
    assert bench.history(run) == []


def test_a_lease_that_was_given_back_cannot_be_used_again(bench: Bench):
    run = bench.run()
    epoch = bench.claim(run)["epoch"]
    bench.record(run, epoch, release=True)
    assert bench.record(run, epoch, state={"late": True}) is None


def test_a_released_run_wakes_at_its_earliest_timer_and_not_before(bench: Bench):
    run, now = bench.run(), timezone.now()
    timers = [{"name": name, "due_at": (now + timedelta(seconds=s)).isoformat()} for name, s in (("b", 60), ("a", 30))]
    epoch = bench.claim(run)["epoch"]
    bench.record(run, epoch, timers=timers, release=True)
    assert bench.fresh(run).wake_at == now + timedelta(seconds=30)
    assert bench.claim(run) is None


def test_a_due_timer_comes_with_the_claim_and_one_that_is_not_due_does_not(bench: Bench):
    run, now = bench.run(), timezone.now()
    timers = [{"name": name, "due_at": (now + timedelta(seconds=s)).isoformat()} for name, s in (("b", 60), ("a", -1))]
    bench.record(run, bench.claim(run)["epoch"], timers=timers, release=True)
    assert [timer["name"] for timer in bench.claim(run)["timers"]] == ["a"]


def test_ended_timers_are_gone(bench: Bench):
    run, due = bench.run(), timezone.now().isoformat()
    epoch = bench.claim(run)["epoch"]
    bench.record(run, epoch, timers=[{"name": "a", "due_at": due}, {"name": "b", "due_at": due}])
    bench.record(run, epoch, untimers=["a"])
    assert bench.timers(run) == ["b"]


def test_a_signal_wakes_a_waiting_run_and_is_read_in_order(bench: Bench):
    run = bench.run(wake_at=None)
    assert bench.signal(run, {"n": 1})
    assert bench.signal(run, {"n": 2})
    assert [signal["data"]["n"] for signal in bench.claim(run)["signals"]] == [1, 2]


def test_a_signal_that_comes_while_a_worker_is_at_it_is_not_lost(bench: Bench):
    run = bench.run()
    epoch = bench.claim(run)["epoch"]
    bench.signal(run, {"n": 1})
    assert bench.record(run, epoch, state={})["signals"] is True
    bench.record(run, epoch, release=True)
    claimed = bench.claim(run)
    assert claimed["signals"][0]["data"] == {"n": 1}
    assert bench.record(run, claimed["epoch"], consumed=1, release=True)["signals"] is False
    assert bench.claim(run) is None


def test_a_finished_run_takes_no_signal_unless_it_reopens_the_run(bench: Bench):
    run = bench.run()
    bench.record(run, bench.claim(run)["epoch"], status="faulted", error={"status": 500}, final=True)
    assert bench.fresh(run).finished_at is not None
    assert not bench.signal(run, {})
    assert bench.signal(run, {}, reopens=True)
    bench.record(run, bench.claim(run)["epoch"], status="running", consumed=1)
    assert (bench.fresh(run).finished_at, bench.fresh(run).error) == (None, None)


def test_a_run_that_kills_its_workers_is_suspended_with_the_reason(bench: Bench):
    run = bench.run()
    claims = [bench.claim(run, lease=0.0) for _ in range(MOST_RECOVERIES + 2)]
    assert [claim is not None for claim in claims] == [True] * (MOST_RECOVERIES + 1) + [False]
    assert bench.fresh(run).status == "suspended"
    assert "without progress" in bench.fresh(run).suspended_reason
    assert bench.history(run) == [(1, "run.suspended")]


def test_progress_forgives_recoveries(bench: Bench):
    run = bench.run()
    for _ in range(MOST_RECOVERIES):
        claim = bench.claim(run, lease=0.0)
    bench.record(run, claim["epoch"], progress=True, lease_seconds=0.0)
    assert bench.fresh(run).recoveries == 0


def test_failures_of_ours_are_tried_later_and_suspend_in_the_end(bench: Bench):
    run = bench.run()
    for _ in range(MOST_RECOVERIES + 1):
        epoch = bench.claim(run)["epoch"]
        sql("workflows_fail", bench.tenant.id, run.id, epoch, "a bug", 0.0, MOST_RECOVERIES)
    assert bench.fresh(run).status == "suspended"
    assert bench.fresh(run).suspended_reason == "a bug"


def test_renewing_extends_what_is_held_and_names_what_is_lost(bench: Bench):
    kept, lost = bench.run(), bench.run()
    leases = [{"run": str(run.id), "epoch": bench.claim(run, lease=0.0)["epoch"]} for run in (kept, lost)]
    bench.claim(lost, "two")
    given = [lease | {"tenant": str(bench.tenant.id)} for lease in leases]
    assert sql("workflows_renew", "one", given, 30.0) == [lost.id]
    assert bench.claim(kept, "two") is None


def test_renewing_covers_many_tenants(cast: Cast, bench: Bench):
    other = open_bench(cast, cast.tenant_b)
    given = [
        {"tenant": str(one.tenant.id), "run": str(run.id), "epoch": one.claim(run)["epoch"]}
        for one, run in ((bench, bench.run()), (other, other.run()))
    ]
    assert sql("workflows_renew", "one", given, 30.0) == []


def test_another_tenant_can_neither_claim_nor_record_nor_signal(cast: Cast, bench: Bench):
    run = bench.run()
    outsider = cast.tenant_b.id
    assert sql("workflows_claim", outsider, run.id, "x", 30.0, 3) is None
    epoch = bench.claim(run)["epoch"]
    assert sql("workflows_record", outsider, run.id, epoch, {"state": {"stolen": True}, "lease_seconds": 1}) is None
    assert sql("workflows_signal", outsider, run.id, {}, False) is False
    assert bench.fresh(run).state is None


@pytest.mark.parametrize("table", ["runevent", "event", "timer", "runsignal"])
def test_the_app_cannot_change_what_happened(bench: Bench, table: str):
    with connection.cursor() as cursor:
        cursor.execute("select has_table_privilege(%s, 'insert,update,delete')", [f"workflows_{table}"])
        assert cursor.fetchone() == (False,)


@committed_as_owner
def test_a_step_is_one_commit(bench: Bench, owner_connection):
    """Numbers of transactions are the whole server's, and others use it too: what one of many counts says is ours."""

    def counted() -> int:
        run = bench.run()
        epoch = bench.claim(run)["epoch"]
        before = next_transaction(owner_connection)
        for number in range(10):
            bench.record(run, epoch, state={"n": number}, history=[entry("task.started"), entry()])
        return next_transaction(owner_connection) - before - 1

    counts = (counted() for _ in range(100))
    assert next(count for count in counts if count <= 10) == 10


def next_transaction(owner_connection) -> int:
    return owner_connection.execute("select pg_current_xact_id()::text::bigint").fetchone()[0]

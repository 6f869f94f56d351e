"""Leases in a process: long steps keep theirs, hung and paused ones lose it, and what they say then is refused."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connections

from tests.cast import committed
from tests.integration.workflows.effects import Effects
from tests.integration.workflows.runs import Engine, call, plan_of
from workflows import engine as engine_module
from workflows import leases
from workflows.leases import Keeper

pytestmark = committed
LEASE_SECONDS = 0.8


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """Short leases, often renewed."""
    keeper = Keeper(renew_seconds=0.2, lease_seconds=LEASE_SECONDS)
    monkeypatch.setattr(engine_module, "keeper", keeper)
    monkeypatch.setattr(leases, "GRACE_SECONDS", 0.2)
    yield keeper
    while keeper._thread is not None:
        time.sleep(0.05)


def in_background(engine: Engine, run) -> threading.Thread:
    """A worker of its own."""

    def work() -> None:
        try:
            engine.drive(run)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def gated(effects: Effects, path: str) -> threading.Event:
    gate = effects.gates[path] = threading.Event()
    return gate


def asked(effects: Effects, path: str, times: int = 1) -> None:
    until = time.monotonic() + 5
    while effects.paths().count(path) < times and time.monotonic() < until:
        time.sleep(0.02)
    assert effects.paths().count(path) == times


def test_a_step_longer_than_a_lease_keeps_its_run(engine: Engine, effects: Effects, quick: Keeper):
    gate = gated(effects, "/slow")
    run = engine.start(plan_of(call(effects, "slow")))
    worker = in_background(engine, run)
    asked(effects, "/slow")
    time.sleep(LEASE_SECONDS * 2)
    assert not engine.drive(run)
    gate.set()
    worker.join()
    assert engine.result(run)[0] == "completed"
    assert effects.paths() == ["/slow"]


def test_a_step_that_hangs_beyond_its_deadline_is_taken_over_and_its_late_word_is_refused(
    engine: Engine, effects: Effects, quick: Keeper, monkeypatch: pytest.MonkeyPatch
):
    gate = gated(effects, "/hangs")
    task = replace(call(effects, "hangs", method="put"), timeout=0.3)
    monkeypatch.setattr("workflows.functions.http.request_of", lambda given: _hung(given, gate, effects))
    run = engine.start(plan_of(task, call(effects, "next")))
    worker = in_background(engine, run)
    time.sleep(LEASE_SECONDS * 2)
    monkeypatch.undo()
    assert engine.sweep() == 1
    engine.hints.clear()
    gate.set()
    worker.join()
    assert effects.paths().count("/next") == 0
    while engine.result(run)[0] not in {"completed", "faulted"}:
        engine.drive(run)
    numbers = [number for number, _ in engine.bench.history(run)]
    assert numbers == list(range(1, len(numbers) + 1))


def _hung(invocation, gate: threading.Event, effects: Effects):
    """A function that does not look at its deadline."""
    gate.wait(10)
    raise RuntimeError("woke up late")


def test_a_worker_paused_past_its_lease_changes_nothing_when_it_wakes(engine: Engine, effects: Effects, quick: Keeper):
    gate = gated(effects, "/first")
    quick.renew = lambda: None  # a paused process renews nothing
    run = engine.start(plan_of(call(effects, "first", method="put"), call(effects, "second", method="put")))
    paused = in_background(engine, run)
    asked(effects, "/first")
    time.sleep(LEASE_SECONDS * 1.5)
    taken_over = in_background(engine, run)
    asked(effects, "/first", 2)
    gate.set()
    for worker in (paused, taken_over):
        worker.join()
    assert engine.result(run)[0] == "completed"
    assert effects.paths().count("/second") == 1
    assert len(set(effects.keys("/first"))) == 1


def test_a_cancel_reaches_a_run_between_its_steps(engine: Engine, effects: Effects):
    from workflows.services import run_cancel

    gate = gated(effects, "/first")
    run = engine.start(plan_of(call(effects, "first"), call(effects, "second")))
    worker = in_background(engine, run)
    asked(effects, "/first")
    with engine.bench.cast.acting():
        run_cancel(run.pk)
    gate.set()
    worker.join()
    engine.work()
    assert engine.result(run)[0] in {"cancelled", "compensated"}
    assert "/second" not in effects.paths()

"""Runs driven by the real engine in this process: consecutive steps, crashes between them, hints of every quality."""

import os
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from tenants import failpoints
from tests.cast import committed
from tests.integration.workflows.effects import Effects
from tests.integration.workflows.runs import Engine, call, plan_of, undone_by
from workflows.domain import plan
from workflows.functions import registry

pytestmark = committed


@pytest.fixture(autouse=True)
def _no_failpoints_left():
    yield
    failpoints.configure("", environment="test")
    registry._bound.clear()


def crash(engine: Engine, run, where: str) -> None:
    """A worker that dies at a failpoint: its lease stays behind, and runs out."""
    failpoints.configure(f"{where}=raise", environment="test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.engine._give_up", lambda lease, error: None)
        engine.drive(run)
    failpoints.configure("", environment="test")
    with engine.bench.cast.acting():
        engine.bench.fresh(run)
    expire_lease(engine, run)


def expire_lease(engine: Engine, run) -> None:
    import psycopg

    from tests.cast import owner_conninfo

    with psycopg.connect(owner_conninfo()) as connection:
        connection.execute("select set_config('app.tenant', %s, true)", [str(engine.bench.tenant.id)])
        connection.execute("update workflows_run set lease_expires_at = now() where id = %s", [run.pk])


def test_two_steps_run_in_one_turn_and_the_run_is_completed(engine: Engine, effects: Effects):
    run = engine.start(plan_of(call(effects, "reserve"), call(effects, "book")))
    assert engine.drive(run)
    assert engine.result(run) == ("completed", {"path": "/book", "sent": {"task": "book"}})
    assert effects.paths() == ["/reserve", "/book"]
    assert [type_ for _, type_ in engine.bench.history(run)][:2] == ["run.started", "task.started"]


def test_the_history_has_no_gaps(engine: Engine, effects: Effects):
    run = engine.start(plan_of(*(call(effects, f"step{n}") for n in range(5))))
    engine.drive(run)
    numbers = [number for number, _ in engine.bench.history(run)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_tasks_that_reach_nowhere_cost_no_commit(engine: Engine, owner_records):
    tasks = [plan.Set(name=f"set{n}", pointer="", value={"n": n}) for n in range(20)]
    run = engine.start(plan_of(*tasks))
    with owner_records(run) as commits:
        engine.drive(run)
    assert engine.result(run) == ("completed", {"n": 19})
    assert commits() == 2  # the claim and the end


def test_n_effects_cost_n_commits_and_two(engine: Engine, effects: Effects, owner_records):
    run = engine.start(plan_of(*(call(effects, f"step{n}") for n in range(5))))
    with owner_records(run) as commits:
        engine.drive(run)
    assert commits() == 5 + 2


@pytest.mark.parametrize("where", ["workflows.record.before", "workflows.claim.after"])
def test_a_worker_that_dies_before_its_intent_is_written_changes_nothing(engine: Engine, effects: Effects, where: str):
    run = engine.start(plan_of(call(effects, "reserve"), call(effects, "book")))
    crash(engine, run, where)
    assert effects.paths() == []
    assert engine.drive(run)
    assert engine.result(run)[0] == "completed"
    assert effects.paths() == ["/reserve", "/book"]


def test_an_effect_that_was_not_recorded_is_asked_for_again_with_the_same_key(engine: Engine, effects: Effects):
    run = engine.start(plan_of(call(effects, "reserve", method="put"), call(effects, "book")))
    crash(engine, run, "workflows.effect.after")
    engine.drive(run)
    assert engine.result(run)[0] == "completed"
    assert effects.paths() == ["/reserve", "/reserve", "/book"]
    assert len(set(effects.keys("/reserve"))) == 1


def test_a_post_whose_worker_died_is_not_repeated_but_unknown(engine: Engine, effects: Effects):
    run = engine.start(plan_of(call(effects, "reserve")))
    crash(engine, run, "workflows.effect.after")
    engine.drive(run)
    assert engine.result(run)[0] == "faulted"
    assert effects.paths() == ["/reserve"]


def test_a_failure_undoes_in_reverse_order(engine: Engine, effects: Effects):
    effects.answers["/book"] = (422, {"error": "refused"})
    reserve = undone_by(call(effects, "reserve"), call(effects, "release", method="put"))
    notify = undone_by(call(effects, "notify"), call(effects, "recall", method="put"))
    run = engine.start(plan_of(reserve, notify, call(effects, "book")))
    engine.drive(run)
    assert engine.result(run)[0] == "compensated"
    assert effects.paths() == ["/reserve", "/notify", "/book", "/recall", "/release"]


def test_doubled_hints_do_nothing_twice(engine: Engine, effects: Effects):
    run = engine.start(plan_of(call(effects, "reserve")))
    assert [engine.drive(run) for _ in range(3)] == [True, False, False]
    assert effects.paths() == ["/reserve"]


def test_a_lost_hint_is_made_up_for_by_the_sweeper(engine: Engine, effects: Effects):
    run = engine.start(plan_of(call(effects, "reserve")))
    engine.hints.clear()
    assert engine.sweep() == 1
    engine.work()
    assert engine.result(run)[0] == "completed"
    assert engine.sweep() == 0


def test_a_wait_is_never_early_and_the_sweeper_ends_it(engine: Engine, effects: Effects):
    run = engine.start(plan_of(plan.Wait(name="pause", pointer="", duration=0.6), call(effects, "after")))
    began = timezone.now()
    engine.drive(run)
    assert engine.result(run)[0] == "waiting"
    assert not engine.drive(run)
    assert engine.sweep() == 0
    while engine.bench.fresh(run).status == "waiting":
        engine.sweep()
        engine.work()
    assert timezone.now() - began >= timedelta(seconds=0.6)
    assert engine.result(run)[0] == "completed"


def test_branches_are_performed_side_by_side(engine: Engine, effects: Effects):
    branches = tuple(
        plan.Do(name=name, pointer=f"/do/0/fork/{name}", block=(call(effects, name),))
        for name in ("one", "two", "three")
    )
    run = engine.start(plan_of(plan.Fork(name="fork", pointer="", branches=branches)))
    engine.drive(run)
    status, output = engine.result(run)
    assert (status, [part["path"] for part in output]) == ("completed", ["/one", "/two", "/three"])


def test_a_step_of_its_own_task_begins_another_turn(engine: Engine, effects: Effects):
    second = call(effects, "second", policy=plan.Policy(dispatch="task"))
    run = engine.start(plan_of(call(effects, "first"), second))
    engine.drive(run)
    assert effects.paths() == ["/first"]
    engine.work()
    assert engine.result(run)[0] == "completed"


def test_cancelling_undoes_what_was_done(engine: Engine, effects: Effects):
    from workflows.services.runs import run_cancel

    reserve = undone_by(call(effects, "reserve"), call(effects, "release", method="put"))
    run = engine.start(plan_of(reserve, plan.Wait(name="pause", pointer="", duration=3600)))
    engine.drive(run)
    with engine.bench.cast.acting():
        run_cancel(run.pk, reason="changed our mind")
    engine.work()
    assert engine.result(run)[0] == "cancelled" or engine.result(run)[0] == "compensated"
    assert effects.paths() == ["/reserve", "/release"]


def test_a_fault_of_ours_is_tried_later_and_ends_in_suspension(engine: Engine, effects: Effects, caplog):
    run = engine.start(plan_of(call(effects, "reserve")))
    failpoints.configure("workflows.record.before=raise", environment="test")
    for _ in range(10):
        engine.drive(run)
        _due_now(engine, run)
    assert engine.bench.fresh(run).status == "suspended"
    assert "failpoint" in engine.bench.fresh(run).suspended_reason
    assert effects.paths() == []


def _due_now(engine: Engine, run) -> None:
    from workflows.models import Run

    with engine.bench.cast.acting():
        Run.objects.filter(pk=run.pk).exclude(status="suspended").update(wake_at=timezone.now())


def test_a_suspended_run_goes_on_where_it_was(engine: Engine, effects: Effects, caplog):
    from workflows.services import run_resume

    run = engine.start(plan_of(call(effects, "reserve")))
    failpoints.configure("workflows.record.before=raise", environment="test")
    for _ in range(10):
        engine.drive(run)
        _due_now(engine, run)
    failpoints.configure("", environment="test")
    with engine.bench.cast.acting():
        run_resume(run.pk)
    engine.work()
    assert engine.result(run)[0] == "completed"
    numbers = [number for number, _ in engine.bench.history(run)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_connections_that_the_database_drops_in_the_middle_of_a_step_cost_nothing(engine: Engine, effects: Effects):
    gate = effects.gates["/first"] = threading.Event()
    run = engine.start(plan_of(call(effects, "first"), call(effects, "second")))
    worker = threading.Thread(target=lambda: (engine.drive(run), connections.close_all()))
    worker.start()
    while not effects.paths():
        time.sleep(0.02)
    failpoints.configure("workflows.record.before=sleep:0.5@1", environment="test")
    gate.set()
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        for _ in range(20):
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'orchestration_app' "
                "and datname = %s",
                [connections["default"].settings_dict["NAME"]],
            )
            time.sleep(0.05)
    worker.join()
    connections.close_all()
    assert engine.result(run)[0] == "completed"
    assert effects.paths() == ["/first", "/second"]


def test_an_answer_that_json_cannot_hold_is_made_to_fit(engine: Engine, effects: Effects):
    effects.answers["/odd"] = (200, {"nul": "a\0b", "half": "\ud800", "nan": float("nan"), "smile": "\U0001f600"})
    run = engine.start(plan_of(call(effects, "odd")))
    engine.drive(run)
    wanted = {"nul": "a\ufffdb", "half": "\ufffd", "nan": None, "smile": "\U0001f600"}
    assert engine.result(run) == ("completed", wanted)


def test_an_event_that_a_run_makes_badly_is_cut_to_fit(engine: Engine):
    event = {"type": "t" * 1000, "source": "urn:x", "id": "i" * 1000, "odd": "${ null }"}
    run = engine.start(plan_of(plan.Emit(name="tell", pointer="", event=event)))
    engine.drive(run)
    assert engine.result(run)[0] == "completed"


def test_an_answer_that_comes_later_takes_the_run_up_again(engine: Engine, effects: Effects):
    from workflows.domain.signals import Succeeded, Waiting
    from workflows.services import effect_answer

    class Later:
        VERSIONS, NETWORK = ("1.0.0",), False

        @staticmethod
        def perform(invocation):
            return Waiting(detail={"asked": invocation.effect})

    registry.bind_function("later", Later)
    asks = plan.Call(name="ask", pointer="", function="later", arguments={})
    run = engine.start(plan_of(asks, call(effects, "after")))
    engine.drive(run)
    assert engine.result(run)[0] == "waiting"
    with engine.bench.cast.acting():
        assert effect_answer(run.pk, effect="/do/0/ask", attempt=1, outcome=Succeeded(output="yes"))
    engine.work()
    assert (engine.result(run)[0], effects.paths()) == ("completed", ["/after"])
    with engine.bench.cast.acting():
        assert not effect_answer(run.pk, effect="/do/0/ask", attempt=1, outcome=Succeeded(output="no"))


def test_a_compensation_that_failed_is_settled_by_a_person(engine: Engine, effects: Effects):
    from workflows.services import run_decide

    effects.answers |= {"/book": (422, {}), "/release": (422, {})}
    reserve = undone_by(call(effects, "reserve"), call(effects, "release", method="put"))
    run = engine.start(plan_of(reserve, call(effects, "book")))
    engine.drive(run)
    assert engine.result(run)[0] == "compensation_failed"
    with engine.bench.cast.acting():
        run_decide(run.pk, effect="/do/0/reserve", decision="done", reason="released by telephone")
    engine.work()
    assert engine.result(run)[0] == "compensated"
    numbers = [number for number, _ in engine.bench.history(run)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_was_asked_is_withdrawn_when_the_run_is_cancelled(engine: Engine):
    from workflows.domain.signals import Waiting
    from workflows.services import run_cancel

    withdrawn = []

    class Asks:
        VERSIONS, NETWORK = ("1.0.0",), False

        @staticmethod
        def perform(invocation):
            return Waiting()

        @staticmethod
        def withdraw(*, run_id, effect, attempt):
            withdrawn.append((run_id, effect, attempt))

    registry.bind_function("asks", Asks)
    run = engine.start(plan_of(plan.Call(name="ask", pointer="", function="asks", arguments={})))
    engine.drive(run)
    with engine.bench.cast.acting():
        run_cancel(run.pk)
    engine.work()
    assert withdrawn == [(run.pk, "/do/0/ask", 1)]

"""Events between publishers, listeners and definitions at once: none lost, none twice, whatever becomes of hints."""

import threading

import pytest
from django.db import connection

from tests.cast import Cast, committed
from tests.integration.workflows.kit import Bench, open_bench
from tests.integration.workflows.runs import Engine, plan_of
from workflows import sweeping
from workflows.domain.plan import EventFilter, Listen, Plan
from workflows.events.cloudevents import parse_structured
from workflows.models import Run
from workflows.services import deliver, event_publish, run_cancel
from workflows.services.events import subscribe_definition

pytestmark = committed


def event(id_: str = "1", **more: object):
    base = {"specversion": "1.0", "id": id_, "source": "/tests", "type": "order.placed", "data": {"n": id_}}
    return parse_structured(base | more)


def listen(name: str = "hear", **with_: str) -> Listen:
    return Listen(name=name, pointer="", one=EventFilter(with_={"type": "order.placed"} | with_))


def publish(engine: Engine, *ids: str) -> None:
    with engine.bench.cast.acting():
        for one in ids:
            event_publish(event(one))


def subscribed(engine: Engine, **with_: str) -> Plan:
    """A definition that events start."""
    plan = plan_of(schedule_on=(EventFilter(with_={"type": "order.placed"} | with_),))
    engine.publish_version(plan)
    with engine.bench.cast.acting():
        subscribe_definition(engine.bench.definition, plan)
    return plan


def runs(bench: Bench) -> list[Run]:
    with bench.cast.acting(tenant=bench.tenant):
        return list(Run.objects.order_by("id"))


def test_listeners_and_publishers_at_once_never_miss_each_other(bench: Bench):
    barrier = threading.Barrier(2)

    def together(work) -> threading.Thread:
        def run() -> None:
            barrier.wait()
            work()
            connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    for number in range(15):
        one = bench.run()
        epoch = bench.claim(one)["epoch"]
        wanted = [{"listener": "l", "attributes": {"type": f"t{number}"}}]
        threads = [
            together(lambda one=one, epoch=epoch, wanted=wanted: bench.record(one, epoch, listen=wanted, release=True)),
            together(lambda number=number: bench.publish(f"e{number}", type=f"t{number}")),
        ]
        for thread in threads:
            thread.join()
        assert [delivery.run_id for delivery in bench.deliveries()][-1] == one.pk, number
        assert len(bench.deliveries()) == number + 1


def test_two_listeners_in_a_row_take_two_events_in_order(engine: Engine):
    run = engine.start(plan_of(listen("first"), listen("second")))
    engine.drive(run)
    publish(engine, "1", "2")
    engine.work()
    status, output = engine.result(run)
    assert (status, output) == ("completed", [{"n": "2"}])


def test_events_that_came_before_the_first_listener_are_enough_for_all(engine: Engine):
    run = engine.start(plan_of(listen("first"), listen("second")))
    publish(engine, "1", "2")
    engine.work()
    engine.drive(run)
    engine.work()
    assert engine.result(run)[0] == "completed"


def test_a_delivery_that_is_hinted_twice_starts_one_run(engine: Engine):
    subscribed(engine)
    publish(engine, "1")
    (delivery,) = engine.bench.deliveries()
    for _ in range(3):
        engine.hints.append(("workflows.deliver", {"delivery_ids": [str(delivery.pk)]}))
    engine.work()
    assert [run.status for run in runs(engine.bench)] == ["completed"]


def test_a_delivery_whose_hint_is_lost_is_made_all_the_same(engine: Engine):
    subscribed(engine)
    publish(engine, "1")
    engine.hints.clear()
    until = threading.Event()
    while not engine.hints:
        sweeping.hint_due_deliveries()
        until.wait(0.1)
    engine.work()
    assert [run.status for run in runs(engine.bench)] == ["completed"]


def test_a_publication_that_is_rolled_back_leaves_nothing(engine: Engine):
    from django.db import transaction

    subscribed(engine)
    with engine.bench.cast.acting():
        event_publish(event("1"))
        transaction.set_rollback(True)
    engine.work()
    assert engine.bench.deliveries() == []
    assert engine.hints == []


def test_a_condition_decides_on_delivery(engine: Engine):
    subscribed(engine, data='${ .n == "2" }')
    publish(engine, "1", "2")
    engine.work()
    assert [run.input[0]["id"] for run in runs(engine.bench)] == ["2"]


def test_the_events_of_one_tenant_start_nothing_in_another(cast: Cast, engine: Engine):
    subscribed(engine)
    other = open_bench(cast, cast.tenant_b)
    with cast.acting(tenant=cast.tenant_b):
        event_publish(event("1"))
    assert other.deliveries() == engine.bench.deliveries() == []


def test_a_cancelled_run_listens_no_more(engine: Engine):
    run = engine.start(plan_of(listen()))
    engine.drive(run)
    with engine.bench.cast.acting():
        run_cancel(run.pk)
    engine.work()
    publish(engine, "1")
    assert engine.bench.deliveries() == []


def test_what_nobody_can_deliver_yet_stays_due(engine: Engine, monkeypatch):
    from tenants.scope import use_scope
    from workflows.domain.expressions import EvaluatorUnavailable

    subscribed(engine, data='${ .n == "1" }')
    publish(engine, "1")
    (delivery,) = engine.bench.deliveries()
    engine.hints.clear()

    class Away:
        def evaluate(self, *_: object) -> None:
            raise EvaluatorUnavailable

    with monkeypatch.context() as patch, use_scope(engine.scope):
        patch.setattr("workflows.ports.evaluator", Away)
        with pytest.raises(EvaluatorUnavailable):
            deliver(delivery.pk)
    assert engine.bench.deliveries()[0].status == "pending"
    engine.hints.append(("workflows.deliver", {"delivery_ids": [str(delivery.pk)]}))
    engine.work()
    assert engine.bench.deliveries()[0].status == "delivered"

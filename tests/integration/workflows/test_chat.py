"""Chat tasks are clients of the gateway: the unit of the definition pays, the usage record names the run."""

from collections.abc import Iterator

import pytest

from routing import gateway_port
from routing.adapters.gateway_client import HttpGateway
from routing.gateway_port import bind_gateway
from tests.cast import committed
from tests.gateway import Gateway
from tests.integration.routing.gateway.conftest import Bank, bank  # noqa: F401 - a fixture
from tests.integration.workflows.runs import Engine, plan_of
from workflows import workload_keys
from workflows.domain.plan import Call

pytestmark = committed
QUESTION = {"model": "assistant", "prompt": "Is this payment unusual?", "maxTokens": 40}


@pytest.fixture
def asking(engine: Engine, bank: Bank, gateway: Gateway) -> Iterator[Engine]:  # noqa: F811
    """The engine beside a gateway; the definition belongs to the unit that has the budget."""
    workload_keys.forget_secrets()
    bank.route("assistant", "sandbox-small")
    before = gateway_port.gateway()
    bind_gateway(HttpGateway(gateway.url))
    with bank.acting():
        engine.bench.definition.unit = bank.world.unit()
        engine.bench.definition.save()
    yield engine
    bind_gateway(before)


def ask(**arguments: object) -> Call:
    return Call(name="screen", pointer="", function="chat", version="1.0.0", arguments=QUESTION | arguments)


def test_a_question_is_answered_booked_on_the_unit_and_linked_to_its_run(asking: Engine, bank: Bank):  # noqa: F811
    run = asking.start(plan_of(ask()))
    asking.drive(run)
    status, output = asking.result(run)
    assert status == "completed", asking.bench.fresh(run).error
    assert output["content"]
    (record,) = bank.records(1)
    assert (record["run_id"], record["status"]) == (run.pk, "ok")
    assert str(record["id"]) == output["requestId"]
    assert record["unit_id"] == asking.bench.definition.unit_id
    assert record["cost"] > 0


def test_two_questions_use_one_key(asking: Engine, bank: Bank):  # noqa: F811
    from keys.models import VirtualKey

    run = asking.start(plan_of(ask(), Call(name="again", pointer="", function="chat", arguments=QUESTION)))
    asking.drive(run)
    with bank.acting():
        assert VirtualKey.objects.filter(name=workload_keys.WORKLOAD_KEY).count() == 1


def test_an_exhausted_budget_of_the_unit_stops_the_run(asking: Engine, bank: Bank):  # noqa: F811
    from keys.services import limit_create

    with bank.acting():
        unit = bank.world.unit()
        limit_create(name="none", meter="cost", window="month", amount=1, unit_id=unit.pk)
    run = asking.start(plan_of(ask()))
    asking.drive(run)
    fresh = asking.bench.fresh(run)
    assert fresh.status == "faulted"
    assert fresh.error["status"] in {402, 403, 429}


def test_without_a_unit_nobody_pays_and_nobody_is_asked(asking: Engine, bank: Bank):  # noqa: F811
    with bank.acting():
        asking.bench.definition.unit = None
        asking.bench.definition.save()
    run = asking.start(plan_of(ask()))
    asking.drive(run)
    assert asking.bench.fresh(run).status == "faulted"
    assert "unit" in asking.bench.fresh(run).error["title"]

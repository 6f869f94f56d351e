"""What went over the lines of a configuration: counted from requests, calls, runs and events that really happened."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.services import operation_call
from tenants.domain import Role
from tenants.errors import PermissionDenied
from tenants.ids import first_uuid7, uuid7
from tenants.scope import use_scope
from tests.cast import Cast, committed
from tests.demo_core import running_core
from tests.integration.workflows.pattern_kit import Parts, parts_of, reaching_here
from tests.integration.workflows.runs import Engine
from workflows.models import PatternConfiguration
from workflows.selectors_patterns import configuration_list
from workflows.selectors_traffic import ConfigurationView, configuration_view
from workflows.services import event_publish, run_start
from workflows.services.events import event_from


def view(parts: Parts, row: PatternConfiguration) -> ConfigurationView:
    with parts.cast.acting(Role.AUDITOR):
        return configuration_view(configuration_list(archived=True).get(pk=row.pk))


def event(type_: str, data: Any) -> Any:
    given = {"specversion": "1.0", "id": str(uuid7()), "source": "/tests", "type": type_, "data": data}
    return event_publish(event_from(given))


@committed
def test_calls_of_an_adapter_are_on_its_lines(cast: Cast, tmp_path):
    with running_core(tmp_path) as core, reaching_here():
        parts = parts_of(cast, core_url=core.url)
        row = parts.live("adapter")
        with use_scope(cast.scope()):
            for account in ("50001010", "50001010", "77"):
                operation_call("demo_core", "account_read", input={"account": account})
        found = view(parts, row)
    assert found.names["adapter"] == "account_read · demo_core"
    assert (found.traffic["post"].count, found.traffic["post"].failed) == (3, 1)
    assert found.traffic["post"].last_at is not None


@committed
def test_runs_and_events_of_a_choreography_are_on_its_lines(engine: Engine, cast: Cast):
    parts = parts_of(cast)
    row = parts.live("choreography", "Orders")
    with cast.acting():
        event("orders.submitted", {"text": "x", "account": "50001010"})
        event("orders.other", {})
    engine.work()
    found = view(parts, row)
    assert found.names["bus"] == "orders.submitted"
    assert found.names["reader"] == "orders-screening"
    assert (found.traffic["publish"].count, found.traffic["to-reader"].count) == (1, 1)
    assert found.traffic["think"].count == 0


@pytest.mark.django_db
def test_runs_of_others_are_not_counted(cast: Cast):
    parts = parts_of(cast)
    mine, other = parts.live("orchestrator", "Mine"), parts.live("orchestrator", "Other")
    with cast.acting():
        run_start(definition="patterns/mine", input={})
    assert (view(parts, mine).traffic["ask"].count, view(parts, other).traffic["ask"].count) == (1, 0)


@pytest.mark.django_db
def test_a_view_costs_the_same_however_many_definitions_there_are(cast: Cast, django_assert_max_num_queries):
    parts = parts_of(cast)
    row = parts.live("choreography")
    view(parts, row)  # plans are read once for each process
    with django_assert_max_num_queries(19):
        view(parts, row)


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ["orchestrator", "model-router", "adapter", "saga", "choreography"])
def test_a_draft_has_names_of_what_it_will_ask(cast: Cast, pattern: str):
    parts = parts_of(cast)
    found = view(parts, parts.drafted(pattern))
    assert bool(found.names) == (pattern != "model-router")
    assert {one.count for one in found.traffic.values()} <= {0}


@pytest.mark.django_db
def test_who_may_not_read_patterns_sees_no_traffic(cast: Cast):
    parts = parts_of(cast)
    row = parts.live("adapter")
    with cast.acting(Role.APPROVER), pytest.raises(PermissionDenied):
        configuration_view(row)


def test_ids_made_since_a_moment_are_not_below_it():
    now = timezone.now()
    assert first_uuid7(now - timedelta(seconds=1)) < uuid7() < first_uuid7(now + timedelta(seconds=60))

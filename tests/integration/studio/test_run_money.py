"""From a run to what it cost and whom it asked, and back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, committed
from tests.integration.routing import control_kit
from tests.integration.studio.kit import at, page
from tests.integration.workflows.approving import Desk
from tests.integration.workflows.kit import open_bench
from tests.integration.workflows.runs import Engine

pytestmark = committed
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    with Engine.opened(open_bench(cast)) as engine:
        yield Desk(engine)


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def called(cast: Cast, run_id: Any) -> dict[str, Any]:
    """A model call of the run that cost a cent."""
    with cast.acting():
        made = control_kit.record(NOON, run_id=run_id, cost=10_000_000, input_tokens=40, output_tokens=2)
        control_kit.write([made])
    return made


def test_a_run_leads_to_its_requests_with_their_sum_and_a_request_back(cast: Cast, desk: Desk, alice: Client) -> None:
    run, _ = desk.ask()
    made = called(cast, run.pk)
    shown = page(alice, "run-show", run.pk)
    assert f"{at('request-list')}?run_id={run.pk}" in shown
    totals = alice.get(at("run-show", run.pk)).context["totals"]
    assert (totals.calls, totals.cost, totals.tokens) == (1, 10_000_000, 42)
    assert at("run-show", run.pk) in page(alice, "request-show", made["id"])


def test_the_requests_of_a_run_are_listed_with_a_way_out(cast: Cast, desk: Desk, alice: Client) -> None:
    run, _ = desk.ask()
    made, other = called(cast, run.pk), called(cast, None)
    shown = page(alice, "request-list", run_id=str(run.pk))
    assert str(made["id"]) in shown
    assert str(other["id"]) not in shown
    assert f'<a href="{at("run-show", run.pk)}">' in shown


def test_a_run_leads_to_its_approvals_and_they_back(desk: Desk, alice: Client) -> None:
    (run, approval), (other, _) = desk.ask(), desk.ask()
    assert at("approval-show", approval.pk) in page(alice, "run-show", run.pk)
    assert at("run-show", run.pk) in page(alice, "approval-show", approval.pk)
    shown = page(alice, "approval-list", run_id=str(run.pk))
    assert str(approval.pk) in shown
    assert str(other.pk) not in shown


def test_an_outsider_sees_nothing_of_a_run_among_requests_and_approvals(cast: Cast, desk: Desk) -> None:
    run, approval = desk.ask()
    made, charlie = called(cast, run.pk), cast.browser(cast.charlie)
    for view, hidden in (("request-list", made["id"]), ("approval-list", approval.pk)):
        answer = charlie.get(at(view).replace("bank-a", "bank-b"), {"run_id": str(run.pk)})
        assert answer.status_code == 200
        assert str(hidden) not in answer.content.decode()

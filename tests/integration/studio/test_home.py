"""The first page: each number is what its link lists, nobody is told of what they may not see, and calm is short."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keys.domain.limits import Meter, Window
from keys.services import limit_create
from tenants.domain import Role
from tenants.ids import uuid7
from tests import factories
from tests.cast import Cast, committed
from tests.gateway import World
from tests.integration.keys.kit import open_desk
from tests.integration.routing import control_kit
from tests.integration.studio.kit import ADDRESS, at, page
from tests.integration.workflows.kit import Bench, open_bench
from workflows.events.cloudevents import parse_structured
from workflows.models import Approval, Delivery, Run
from workflows.services import definition_publish, event_publish
from workflows.statuses import RunStatus

pytestmark = committed
LISTENER = """document: {dsl: 1.0.3, namespace: tests, name: listener, version: 1.0.0}
schedule: {on: {one: {with: {type: told}}}}
do: [{pause: {wait: {seconds: 1}}}]
"""
# what a page calls the rows it lists
LISTED = {
    "approvals": "mine", "compensation_failed": "runs", "suspended": "runs", "faulted": "runs",
    "dead-letters": "deliveries", "models": "deployments", "limits": "limits",
}  # fmt: skip
COUNTS = {
    "approvals": 1, "compensation_failed": 1, "suspended": 2, "faulted": 3, "dead-letters": 1, "models": 1, "limits": 1,
}  # fmt: skip


def member(cast: Cast, role: Role) -> Client:
    person = factories.user(f"{role}@example.test")
    factories.member(cast.tenant_a, person, role)
    return cast.browser(person)


def run(bench: Bench, status: RunStatus, *, ended: timedelta | None = None) -> Run:
    """A run that stands like this."""
    return bench.run(status=status, finished_at=timezone.now() - ended if ended is not None else None)


def approval(bench: Bench, approvers: list[str]) -> None:
    made = run(bench, RunStatus.WAITING)
    with bench.cast.acting():
        Approval.objects.create(
            run=made, effect=str(uuid7()), title="Pay?", approvers=approvers,
            expires_at=timezone.now() + timedelta(days=1), digest="0" * 64,
        )  # fmt: skip


def used_limits(cast: Cast) -> None:
    """One that is nearly used up, one that is half used, and one that allows nothing."""
    with open_desk(cast) as desk:
        desk.limit(1_000)
        desk.limit(2_000, scope="unit")
        desk.take(850)
        desk.limit(0, meter="requests", window="minute")


def tries(at_: datetime, deployment: Any, *outcomes: str) -> None:
    """Requests that were tried at a deployment, with how each try went."""
    attempts = [{"deployment": str(deployment.pk), "outcome": outcome, "ms": 5} for outcome in outcomes]
    status = "ok" if outcomes[-1] == "ok" else "failed"
    control_kit.write([control_kit.record(at_, attempts=attempts, status=status)])


def dead_letter(cast: Cast) -> None:
    """Two deliveries, of which one is dead."""
    with cast.acting():
        definition_publish(LISTENER)
        for id_ in ("1", "2"):
            event_publish(parse_structured({"specversion": "1.0", "id": id_, "source": "/tests", "type": "told"}))
        first = Delivery.objects.earliest("id")
        Delivery.objects.filter(pk=first.pk).update(status="dead", settled_at=timezone.now())


@pytest.fixture
def trouble(cast: Cast) -> Bench:
    """A tenant in which something of each kind waits, and something else of each kind does not."""
    bench = open_bench(cast)
    run(bench, RunStatus.COMPENSATION_FAILED, ended=timedelta(days=30))
    for _ in range(2):
        run(bench, RunStatus.SUSPENDED)
    for hours in (1, 5, 23, 25, 200):
        run(bench, RunStatus.FAULTED, ended=timedelta(hours=hours))
    run(bench, RunStatus.COMPLETED, ended=timedelta(hours=1))
    approval(bench, ["owner"])
    approval(bench, ["somebody@example.test"])
    dead_letter(cast)
    used_limits(cast)
    with cast.acting():
        world = World(ADDRESS)
        tries(timezone.now(), world.deployment("broken"), "server", "server")
        tries(timezone.now(), world.deployment("sound"), "ok", "ok")
    return bench


def test_each_number_is_what_its_link_lists(cast: Cast, trouble: Bench) -> None:
    alice = cast.browser(cast.alice)
    needs = {need.key: need for need in alice.get(at("home")).context["needs"]}
    assert {key: need.count for key, need in needs.items()} == COUNTS
    listed = {key: alice.get(need.url).context[LISTED[key]] for key, need in needs.items()}
    assert {key: len(rows) for key, rows in listed.items()} == COUNTS
    assert "Review approvals (1)" in page(alice, "home")


def test_nobody_is_told_of_what_they_may_not_see(cast: Cast, trouble: Bench) -> None:
    others = COUNTS.keys() - {"approvals"}
    expected = {Role.APPROVER: set(), Role.AUDITOR: others, Role.DEVELOPER: others, Role.ADMIN: others}
    shown = {role: member(cast, role).get(at("home")).context for role in expected}
    assert {role: {need.key for need in found["needs"]} for role, found in shown.items()} == expected
    assert {role for role, found in shown.items() if "today" in found} == expected.keys() - {Role.APPROVER}
    assert cast.browser(cast.charlie).get(at("home")).status_code == 404


def test_calm_is_said_of_every_part_with_the_way_there(cast: Cast) -> None:
    with cast.acting():
        World(ADDRESS).deployment("sound")
        factories.unit()
    alice = cast.browser(cast.alice)
    shown, calm = page(alice, "home"), alice.get(at("home")).context["calm"]
    assert "Nothing needs you" in shown
    assert "No trouble with 1 deployment in the last 15 minutes." in shown
    lists = ("approval-list", "run-list", "delivery-list", "deployment-list", "limit-list")
    assert [one.url for one in calm] == [at(view) for view in lists]
    assert all(one.text in shown and alice.get(one.url).status_code == 200 for one in calm)


def test_a_part_with_trouble_is_not_called_calm(cast: Cast, trouble: Bench) -> None:
    assert cast.browser(cast.alice).get(at("home")).context["calm"] == []
    calm = member(cast, Role.APPROVER).get(at("home")).context["calm"]
    assert [one.text for one in calm] == ["No approval waits for you."]


def test_budgets_are_told_before_there_is_one_and_before_one_is_used(cast: Cast) -> None:
    with cast.acting():
        unit = factories.unit()
    alice, developer = cast.browser(cast.alice), member(cast, Role.DEVELOPER)
    assert "There is no budget yet" in page(alice, "home")
    assert f'href="{at("limit-new")}">Set a budget</a>' in page(alice, "home")
    assert "Set a budget" not in page(developer, "home")
    with cast.acting():
        limit_create(name="Lending", meter=Meter.COST, window=Window.MONTH, amount=1_000, unit_id=unit.id)
    assert "Nothing has been spent against a budget" in page(developer, "home")


def test_edits_of_workflows_are_told_to_those_who_do_not_read_the_audit_log(cast: Cast) -> None:
    developer = member(cast, Role.DEVELOPER)
    assert "No workflow has been published" in page(developer, "home")
    with cast.acting():
        version = definition_publish(LISTENER)
    shown = page(developer, "home")
    assert f'href="{at("definition-show", version.definition_id)}">tests/listener 1.0.0</a>' in shown
    assert "Published by" in shown
    assert "The whole audit log" not in shown
    assert "The whole audit log" in page(cast.browser(cast.alice), "home")
    assert "Recent changes" not in page(member(cast, Role.APPROVER), "home")


def test_figures_of_the_day_lead_to_the_requests_they_count(cast: Cast) -> None:
    with cast.acting():
        control_kit.write(
            control_kit.record(timezone.now(), status=status) for status in ("ok", "ok", "refused", "failed", "cut")
        )
        control_kit.write([control_kit.record(timezone.now() - timedelta(days=3), status="failed")])
    alice = cast.browser(cast.alice)
    found = alice.get(at("home")).context
    today = found["today"]
    addresses = {"today_url": today.calls, "refused_url": today.refused, "errors_url": today.errors}
    assert list(addresses.values()) == [5, 1, 2]
    assert {name: len(alice.get(found[name]).context["rows"]) for name in addresses} == addresses


def test_a_new_tenant_is_led_to_its_first_steps(cast: Cast) -> None:
    assert f'href="{at("first-steps")}"' in page(cast.browser(cast.alice), "home")
    assert "first-steps" not in page(member(cast, Role.APPROVER), "home")

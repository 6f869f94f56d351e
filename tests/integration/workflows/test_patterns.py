"""Pattern configurations: drafts, what starting makes, what stopping takes away, and what is refused."""

import threading
from typing import Any

import pytest

from connectors.services import connector_stop
from routing.models import Route
from routing.services import route_archive, route_create
from tenants import failpoints
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.ids import uuid7
from tenants.models import AuditEntry
from tests.cast import Cast, committed
from tests.integration.workflows.pattern_kit import ON_EVENT, PATTERNS, PLAIN, Parts, parts_of
from workflows.domain.configurations import NewRoute
from workflows.models import Definition, DefinitionVersion, PatternConfiguration, Subscription
from workflows.services import (
    configuration_archive,
    configuration_change,
    configuration_config,
    configuration_create,
    configuration_restore,
    configuration_start,
    configuration_stop,
)

pytestmark = pytest.mark.django_db
VIETNAMESE = "Thẩm định khoản vay tín chấp của khách hàng doanh nghiệp vừa"


@pytest.fixture
def parts(cast: Cast) -> Parts:
    return parts_of(cast)


def refused(parts: Parts, pattern: str, **changes: Any) -> dict[str, list[str]]:
    """The faults of a wish, by field."""
    with pytest.raises(Invalid) as error, parts.cast.acting():
        configuration_create(parts.wanted(pattern, **changes))
    return error.value.errors


def names(parts: Parts) -> set[str]:
    """Routes and definitions that are in service."""
    with parts.cast.acting():
        routes = Route.objects.filter(status="active").values_list("name", flat=True)
        return {*routes, *(str(one) for one in Definition.objects.filter(status="active"))}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_draft_makes_nothing(parts: Parts, pattern: str):
    before = names(parts)
    row = parts.drafted(pattern)
    assert (row.status, row.made, names(parts)) == ("draft", False, before)


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("orchestrator", {"patterns/my-orchestrator"}),
        ("model-router", {"my-model-router"}),
        ("adapter", set()),
        ("saga", {"patterns/my-saga"}),
        (
            "choreography",
            {f"patterns/my-choreography-{one}" for one in ("screening", "core", "record")},
        ),
    ],
)
def test_starting_makes_what_is_missing(parts: Parts, pattern: str, made: set[str]):
    before = names(parts)
    row = parts.live(pattern)
    assert (row.status, names(parts) - before, row.made) == ("live", made, bool(made))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_stopping_takes_away_what_was_made_and_starting_brings_it_back(parts: Parts, pattern: str):
    before, row = names(parts), parts.live(pattern)
    during = names(parts)
    with parts.cast.acting():
        stopped = configuration_stop(row.id)
        assert (stopped.status, names(parts)) == ("stopped", before)
        started = configuration_start(row.id)
        assert (started.status, names(parts)) == ("live", during)


def test_a_choreography_that_is_stopped_hears_nothing_until_it_is_started_again(parts: Parts):
    row = parts.live("choreography", "Orders")
    with parts.cast.acting():
        assert Subscription.objects.filter(attributes={"type": "orders.submitted"}).count() == 2
        configuration_stop(row.id)
        assert Subscription.objects.count() == 0
        configuration_start(row.id)
        assert Subscription.objects.filter(attributes={"type": "orders.submitted"}).count() == 2


def test_parts_of_others_are_not_touched_by_stopping(parts: Parts):
    row = parts.live("model-router", new_route=None, route_id=parts.route.id)
    with parts.cast.acting():
        assert configuration_stop(row.id).made is False
        assert "assistant" in names(parts)


def test_the_starter_is_filled_with_the_parts(parts: Parts):
    row = parts.live("saga", VIETNAMESE)
    with parts.cast.acting():
        version = DefinitionVersion.objects.get(definition=row.participants.get().definition)
        assert str(version.definition) == "patterns/tham-dinh-khoan-vay-tin-chap-cua-khach-h"
        assert version.definition.unit_id == parts.unit.id
        task = version.document["do"][0]["reserve"]
        assert task["with"]["connector"] == "demo_core"
        assert task["with"]["input"]["reservation"] == "${ $workflow.id }"
        assert version.document["input"]["schema"]["document"]["required"] == [
            "text", "account", "amount", "currency", "creditor_account",
        ]  # fmt: skip


def test_two_configurations_of_one_name_are_made_of_different_names(parts: Parts):
    first = parts.live("orchestrator", "Đơn hàng")
    second = parts.drafted("orchestrator", "Đơn hàng!")
    assert (first.handle, second.handle) == ("don-hang", "don-hang-2")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_part_that_does_not_exist_is_named(parts: Parts, pattern: str):
    gone = uuid7()
    changes: dict[str, Any] = {"unit_id": gone}
    if pattern == "model-router":
        changes["new_route"] = NewRoute(deployment_ids=(gone,))
    else:
        changes["connector_id"] = gone
    found = refused(parts, pattern, **changes)
    assert found["unit_id"] == ["There is no such unit."]


def test_parts_of_another_tenant_do_not_exist(parts: Parts, cast: Cast):
    theirs = parts_of(cast, cast.tenant_b)
    with cast.acting(tenant=cast.tenant_b):
        definition = Definition.objects.create(namespace="shop", name="theirs")
    assert refused(parts, "model-router", unit_id=theirs.unit.id) == {"unit_id": ["There is no such unit."]}
    assert refused(parts, "model-router", new_route=None, route_id=theirs.route.id) == {
        "route_id": ["There is no such route."]
    }
    assert refused(parts, "model-router", new_route=NewRoute(deployment_ids=(theirs.deployment.id,))) == {
        "new_route.deployment_ids": ["There is no enabled deployment with this id."]
    }
    assert refused(parts, "adapter", connector_id=theirs.connector.id) == {
        "connector_id": ["There is no such connector."]
    }
    found = refused(parts, "saga", definition_ids=(definition.id,))
    assert found == {"definition_ids": ["There is no such definition."]}


def test_faults_of_a_wish_come_at_once(parts: Parts):
    found = refused(parts, "saga", name=" ", platform="mars", route_id=None, operations={"reserve": "nix", "x": "y"})
    assert sorted(found) == [
        "name", "operations.book", "operations.reserve", "operations.undo", "operations.x", "platform", "route_id",
    ]  # fmt: skip


def test_a_saga_reads_nothing(parts: Parts):
    found = refused(parts, "saga", operations={"reserve": "account_read", "undo": "release", "book": "book"})
    assert list(found) == ["operations.reserve"]


@pytest.mark.parametrize(
    ("pattern", "text", "said"),
    [
        ("saga", PLAIN, "shop/plain undoes nothing. A saga needs a task with compensate."),
        ("choreography", PLAIN, "No event starts shop/plain. A participant needs schedule.on."),
    ],
)
def test_a_definition_must_be_what_the_pattern_says(parts: Parts, pattern: str, text: str, said: str):
    assert refused(parts, pattern, definition_ids=(parts.published(text).id,)) == {"definition_ids": [said]}


def test_existing_definitions_are_used_as_they_are(parts: Parts):
    definition, before = parts.published(ON_EVENT), names(parts)
    row = parts.live("choreography", definition_ids=(definition.id,), route_id=None, connector_id=None, operations={})
    assert (row.made, names(parts) - before) == (False, {"shop/on-order"} - before)


def test_what_a_pattern_has_no_use_for_is_refused(parts: Parts):
    assert list(refused(parts, "adapter", route_id=parts.route.id)) == ["route_id"]
    assert list(refused(parts, "model-router", connector_id=parts.connector.id)) == ["connector_id"]


def test_a_start_that_is_refused_leaves_the_draft(parts: Parts):
    row = parts.drafted("model-router", "Chat")
    with parts.cast.acting():
        spec = {"strategy": "ordered", "candidates": [{"deployment": str(parts.deployment.id)}]}
        route_create(name="chat", spec=spec)
    with pytest.raises(Invalid) as error, parts.cast.acting():
        configuration_start(row.id)
    assert error.value.errors == {"handle": ["There is a route with this name already. Choose a different one."]}
    assert (parts.fresh(row).status, parts.fresh(row).route_id) == ("draft", None)


def test_parts_are_looked_at_again_when_it_starts(parts: Parts):
    adapter, orchestrator = parts.drafted("adapter"), parts.drafted("orchestrator")
    with parts.cast.acting():
        connector_stop(parts.connector.id)
        route_archive(parts.route.id)
    for row, field in ((adapter, "connector_id"), (orchestrator, "route_id")):
        with pytest.raises(Invalid) as error, parts.cast.acting():
            configuration_start(row.id)
        assert field in error.value.errors


def test_what_another_live_configuration_uses_is_not_stopped(parts: Parts):
    made = parts.live("model-router", "Chat")
    user = parts.live("orchestrator", route_id=made.route_id)
    pointing = parts.live("model-router", "Same", new_route=None, route_id=made.route_id)
    with parts.cast.acting():
        with pytest.raises(Conflict, match="Same"):
            configuration_stop(made.id)
        configuration_stop(pointing.id)
        configuration_stop(made.id)
    assert user.made


def test_a_live_configuration_changes_its_name_and_platform_only(parts: Parts):
    row = parts.live("adapter")
    with parts.cast.acting():
        wanted = configuration_config(parts.fresh(row))
        from dataclasses import replace

        changed = configuration_change(row.id, replace(wanted, name="Other", platform="aws"))
        assert (changed.name, changed.platform, changed.operations) == ("Other", "aws", {"call": "account_read"})
        with pytest.raises(Conflict):
            configuration_change(row.id, replace(wanted, operations={"call": "booking_status"}))


def test_an_archived_name_is_free_and_restoring_asks_for_it(parts: Parts):
    first = parts.drafted("adapter", "One")
    with parts.cast.acting():
        configuration_archive(first.id)
    second = parts.drafted("adapter", "One")
    with parts.cast.acting():
        with pytest.raises(Invalid) as error:
            configuration_restore(first.id)
        assert list(error.value.errors) == ["name"]
        configuration_archive(second.id)
        assert configuration_restore(first.id).status == "draft"


def test_nothing_archived_starts_and_nothing_live_is_archived(parts: Parts):
    live, archived = parts.live("adapter", "A"), parts.drafted("adapter", "B")
    with parts.cast.acting():
        configuration_archive(archived.id)
        for act, row in ((configuration_archive, live), (configuration_start, live), (configuration_start, archived)):
            with pytest.raises(Conflict):
                act(row.id)


def test_every_write_is_audited(parts: Parts):
    row = parts.live("orchestrator")
    with parts.cast.acting():
        configuration_stop(row.id)
        configuration_archive(row.id)
        configuration_restore(row.id)
        entries = AuditEntry.objects.filter(object_id=str(row.id)).order_by("at", "id")
        assert [entry.action for entry in entries] == [
            "pattern.create", "pattern.start", "pattern.stop", "pattern.archive", "pattern.restore",
        ]  # fmt: skip


def test_who_may_do_what(parts: Parts, cast: Cast):
    row = parts.drafted("adapter")
    for roles, allowed in (((Role.ARCHITECT,), True), ((Role.DEVELOPER,), False), ((Role.AUDITOR,), False)):
        with cast.acting(*roles):
            if allowed:
                configuration_start(row.id)
            else:
                with pytest.raises(PermissionDenied):
                    configuration_start(row.id)
    with cast.acting(tenant=cast.tenant_b), pytest.raises(NotFound):
        configuration_stop(row.id)


@pytest.fixture
def breaking():
    """A place where starting breaks off."""
    yield lambda name: failpoints.configure(f"{name}=raise", environment="test")
    failpoints.configure("", environment="test")


@committed
@pytest.mark.parametrize("place", ["patterns.start.before_live", "patterns.start.before_commit"])
def test_a_start_that_dies_leaves_the_draft_and_nothing_else(cast: Cast, breaking, place: str):
    parts = parts_of(cast)
    before, row = names(parts), parts.drafted("choreography")
    breaking(place)
    with pytest.raises(failpoints.FailpointError), cast.acting():
        configuration_start(row.id)
    assert (parts.fresh(row).status, names(parts)) == ("draft", before)
    failpoints.configure("", environment="test")
    with cast.acting():
        assert configuration_start(row.id).status == "live"


@committed
def test_of_two_starts_at_once_one_wins(cast: Cast):
    parts = parts_of(cast)
    row, answers = parts.drafted("choreography"), []
    both = threading.Barrier(2)

    def start() -> None:
        from django.db import connections

        both.wait(10)
        try:
            with cast.acting():
                answers.append(configuration_start(row.id).status)
        except Conflict as error:
            answers.append(error.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["It is live already.", "live"]
    with cast.acting():
        assert PatternConfiguration.objects.get(pk=row.pk).participants.count() == 3

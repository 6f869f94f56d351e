"""Simulating over REST: the same answer as on the page, bad input by its field, nothing for outsiders."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from routing.models import Deployment, UsageRecord
from tenants.ids import uuid7
from tests.cast import Cast
from tests.integration.routing import control_kit as kit

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(cast: Cast) -> APIClient:
    return cast.api()


@pytest.fixture
def route(cast: Cast) -> UUID:
    with cast.acting():
        found: UUID = kit.route("assistant", kit.deployment("small"), kit.deployment("large", quality=0.9)).pk
    return found


def asked(api: APIClient, route: UUID, **body: Any) -> Any:
    return api.post(f"/api/v1/routes/{route}/simulate/", body, format="json")


def test_it_answers_with_the_decision_and_the_source_of_each_number(api: APIClient, route: UUID) -> None:
    answer = asked(api, route, prompt="Hello", answer_tokens=50).json()
    assert (answer["reason"], answer["cache"], answer["what_if"]) == ("first_in_order", "off", [])
    assert [one["name"] for one in answer["candidates"]] == ["small", "large"]
    assert answer["chosen"] == answer["answered"] == answer["candidates"][0]["deployment_id"]
    assert (answer["p50"]["source"], answer["cost"]["source"]) == ("assumed", "configured")


def test_latency_is_what_the_tenants_own_answers_took(cast: Cast, api: APIClient, route: UUID) -> None:
    with cast.acting():
        small = Deployment.objects.get(name="small")
        attempts = [{"deployment": str(small.pk), "outcome": "ok", "ms": 321.0}]
        kit.write(kit.record(timezone.now(), deployment_id=str(small.pk), attempts=attempts) for _ in range(3))
        assert UsageRecord.objects.count() == 3
    answer = asked(api, route, prompt="Hello").json()
    assert answer["p50"] == {"value": 321, "source": "measured", "samples": 3}


def test_what_failed_lately_is_told_and_decides_nothing(cast: Cast, api: APIClient, route: UUID) -> None:
    with cast.acting():
        small, large = (Deployment.objects.get(name=name) for name in ("small", "large"))
        attempts = [
            {"deployment": str(small.pk), "outcome": "timeout", "ms": 900.0},
            {"deployment": str(large.pk), "outcome": "ok", "ms": 50.0},
        ]
        kit.write([kit.record(timezone.now(), route_id=str(route), deployment_id=str(large.pk), attempts=attempts)])
    answer = asked(api, route, prompt="Hello").json()
    assert [(one["tries"], one["failed_tries"]) for one in answer["candidates"]] == [(1, 1), (1, 0)]
    assert answer["chosen"] == str(small.pk)


def test_a_hanging_winner_is_added_up(api: APIClient, route: UUID) -> None:
    first = asked(api, route, prompt="Hello").json()["chosen"]
    answer = asked(api, route, prompt="Hello", outages=[first]).json()
    assert [one["outcome"] for one in answer["attempts"]] == ["timeout", "ok"]
    assert answer["chosen"] == first != answer["answered"]
    assert answer["p50"]["value"] == 60_000 + 1000
    assert answer["attempts"][0]["booked"] != "0"


def test_an_empty_body_plays_the_first_task(api: APIClient, route: UUID) -> None:
    assert asked(api, route).json()["task"] == "classify"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "x" * 8001), ("answer_tokens", 0), ("outages", ["nobody"]), ("fault", "flu"), ("task", "dance"),
        ("strategy", "luck"), ("cost_weight", 2), ("latency_cap_ms", -1), ("unknown", 1),
    ],
)  # fmt: skip
def test_bad_input_is_named(api: APIClient, route: UUID, field: str, value: Any) -> None:
    answer = asked(api, route, **{field: value})
    assert answer.status_code == 400
    assert any(field in name for name in answer.json()["errors"])


def test_weights_of_nothing_are_named(api: APIClient, route: UUID) -> None:
    answer = asked(api, route, strategy="balanced", cost_weight=0, latency_weight=0, quality_weight=0)
    assert "cost_weight" in answer.json()["errors"]


def test_an_archived_route_is_refused_and_an_unknown_one_absent(cast: Cast, api: APIClient, route: UUID) -> None:
    from routing.services import route_archive

    with cast.acting():
        route_archive(route)
    assert asked(api, route).status_code == 409
    assert asked(api, uuid7()).status_code == 404


def test_a_member_of_another_tenant_finds_nothing(cast: Cast, route: UUID) -> None:
    assert asked(cast.api(tenant=cast.tenant_b), route).status_code == 404

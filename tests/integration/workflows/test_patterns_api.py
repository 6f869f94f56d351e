"""Pattern configurations over REST: from a draft to a live one, by anybody who may, and by nobody else."""

from typing import Any

import pytest

from tenants.domain import Role
from tests.cast import Cast, committed
from tests.integration.workflows.pattern_kit import OPERATIONS, PATTERNS, Parts, parts_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/patterns/"


@pytest.fixture
def parts(cast: Cast) -> Parts:
    return parts_of(cast)


def body(parts: Parts, pattern: str, /, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"name": f"My {pattern}", "pattern": pattern, "unit_id": str(parts.unit.id)}
    if pattern == "model-router":
        given["new_route"] = {"deployment_ids": [str(parts.deployment.id)]}
    else:
        given |= {"connector_id": str(parts.connector.id), "operations": OPERATIONS[pattern]}
    if pattern not in {"model-router", "adapter"}:
        given["route_id"] = str(parts.route.id)
    return given | changes


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pattern_goes_from_a_draft_to_live_and_back(parts: Parts, pattern: str):
    api = parts.cast.api(Role.ARCHITECT)
    drafted = api.post(ADDRESS, body(parts, pattern))
    assert (drafted.status_code, drafted.json()["status"]) == (201, "draft"), drafted.json()
    address = f"{ADDRESS}{drafted.json()['id']}/"
    live = api.post(f"{address}start/").json()
    assert (live["status"], bool(live["started_at"])) == ("live", True)
    assert api.post(f"{address}start/").status_code == 409
    assert api.post(f"{address}stop/").json()["status"] == "stopped"
    assert api.post(f"{address}archive/").json()["status"] == "archived"
    assert api.get(ADDRESS).json()["results"] == []
    assert api.post(f"{address}restore/").json()["status"] == "stopped"


def test_what_will_be_made_and_what_was_made_is_shown(parts: Parts):
    api = parts.cast.api()
    drafted = api.post(ADDRESS, body(parts, "model-router")).json()
    assert drafted["new_route"] == {"strategy": "cheapest", "deployment_ids": [str(parts.deployment.id)]}
    live = api.post(f"{ADDRESS}{drafted['id']}/start/").json()
    assert (live["new_route"], live["route"], live["made"]) == (None, "my-model-router", True)
    orchestrator = api.post(ADDRESS, body(parts, "orchestrator")).json()
    live = api.post(f"{ADDRESS}{orchestrator['id']}/start/").json()
    assert (live["definitions"], live["route_id"]) == (["patterns/my-orchestrator"], None)


def test_a_draft_changes_field_by_field(parts: Parts):
    api = parts.cast.api()
    drafted = api.post(ADDRESS, body(parts, "adapter")).json()
    address = f"{ADDRESS}{drafted['id']}/"
    changed = api.patch(address, {"operations": {"call": "booking_status"}, "platform": "onprem"}).json()
    assert (changed["name"], changed["operations"], changed["platform"]) == (
        "My adapter",
        {"call": "booking_status"},
        "onprem",
    )
    refused = api.patch(address, {"operations": {"call": "gone"}, "route_id": str(parts.route.id)})
    assert sorted(refused.json()["errors"]) == ["operations.call", "route_id"]
    assert api.get(address).json() == changed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pattern": "star"}, "pattern"),
        ({"platform": "moon"}, "platform"),
        ({"unit_id": "x"}, "unit_id"),
        ({"operations": {"call": ""}}, "operations.call"),
        ({"name": "\u0007"}, "name"),
        ({"colour": "red"}, "colour"),
        ({"definition_ids": ["0199f1f5-0000-7000-8000-000000000000"]}, "definition_ids"),
    ],
)
def test_what_cannot_be_is_refused_by_field(parts: Parts, changes: dict[str, Any], field: str):
    refused = parts.cast.api().post(ADDRESS, body(parts, "adapter", **changes))
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_the_list_is_paged_and_filtered(parts: Parts):
    for number in range(3):
        parts.drafted("adapter", f"A{number}")
    parts.live("model-router")
    api = parts.cast.api(Role.AUDITOR)
    first = api.get(ADDRESS, {"pattern": "adapter", "limit": 2}).json()
    rest = api.get(ADDRESS, {"pattern": "adapter", "limit": 2, "cursor": first["next_cursor"]}).json()
    assert [row["name"] for row in first["results"] + rest["results"]] == ["A2", "A1", "A0"]
    assert [row["name"] for row in api.get(ADDRESS, {"status": "live"}).json()["results"]] == ["My model-router"]


def test_the_catalogue_names_patterns_roles_and_platforms(parts: Parts):
    found = parts.cast.api(Role.AUDITOR).get(f"{ADDRESS}catalog/").json()
    assert {row["pattern"]: row["operations"] for row in found["patterns"]}["saga"] == ["reserve", "undo", "book"]
    assert found["platforms"] == ["cloudflare", "azure", "aws", "gcp", "onprem"]


def test_nobody_else_reaches_a_configuration(parts: Parts, cast: Cast):
    row = parts.drafted("adapter")
    outsider, reader = cast.api(tenant=cast.tenant_b), cast.api(Role.AUDITOR)
    for verb in ("start", "stop", "archive", "restore"):
        assert outsider.post(f"{ADDRESS}{row.id}/{verb}/").status_code == 404
        assert reader.post(f"{ADDRESS}{row.id}/{verb}/").status_code == 403
    assert outsider.get(f"{ADDRESS}{row.id}/").status_code == 404
    assert outsider.patch(f"{ADDRESS}{row.id}/", {"name": "x"}).status_code == 404
    assert cast.api(Role.APPROVER).get(ADDRESS).status_code == 403


@committed
def test_the_same_key_drafts_once(cast: Cast):
    parts = parts_of(cast)
    api, wanted = cast.api(), body(parts, "adapter")
    first = api.post(ADDRESS, wanted, HTTP_IDEMPOTENCY_KEY="k")
    again = api.post(ADDRESS, wanted, HTTP_IDEMPOTENCY_KEY="k")
    assert first.json()["id"] == again.json()["id"]
    assert len(api.get(ADDRESS).json()["results"]) == 1


def test_five_hundred_configurations_are_listed_in_a_few_queries(parts: Parts, django_assert_max_num_queries):
    from workflows.models import PatternConfiguration

    with parts.cast.acting():
        PatternConfiguration.objects.bulk_create(
            PatternConfiguration(name=f"Số {number}", pattern="adapter", unit=parts.unit, connector=parts.connector)
            for number in range(500)
        )
    api = parts.cast.api()
    with django_assert_max_num_queries(15):
        page = api.get(ADDRESS, {"limit": 200}).json()
    assert len(page["results"]) == 200

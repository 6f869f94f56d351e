"""Routing over REST: configure a model, publish and take back routes, read usage and requests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from tenants.domain import Role
from tests.cast import Cast
from tests.integration.routing import control_kit as kit

PROVIDER = {"name": "House", "kind": "openai_compatible", "base_url": kit.URL}
MISSING = "019f0000-0000-7000-8000-000000000000"


def created(api: APIClient, address: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"/api/v1/{address}/", body)
    assert answer.status_code == 201, answer.json()
    return answer.json()  # type: ignore[no-any-return]


def new_deployment(api: APIClient, **changes: Any) -> dict[str, Any]:
    provider = created(api, "providers", PROVIDER | {"name": f"for {changes.get('name', 'small')}"})
    return created(api, "deployments", {"name": "small", "provider_id": provider["id"], "model": "m"} | changes)


def new_route(api: APIClient, name: str = "assistant") -> dict[str, Any]:
    deployment = new_deployment(api, name=name)
    spec = {"strategy": "ordered", "candidates": [{"deployment": deployment["id"]}]}
    return created(api, "routes", {"name": name, "spec": spec})


def test_a_model_is_configured_from_provider_to_route(cast: Cast) -> None:
    api = cast.api(Role.ARCHITECT)
    deployment = new_deployment(api, price={"input": "0.15", "output": "0.6"}, context_window=8192)
    assert deployment["price"] == {
        "input": "0.15", "cached_input": None, "cache_write": None, "output": "0.60", "reasoning": None,
    }  # fmt: skip
    assert (deployment["priced"], deployment["price_source"], deployment["context_window"]) == (True, "given", 8192)
    route = new_route(api)
    assert route["version"]["number"] == 1
    assert [row["name"] for row in api.get("/api/v1/routes/").json()["results"]] == ["assistant"]


def test_prices_and_traits_come_from_the_catalogue_when_not_given(cast: Cast) -> None:
    api = cast.api()
    known = api.get("/api/v1/models/", {"kind": "openai_compatible", "search": "sandbox-small"}).json()["results"][0]
    deployment = new_deployment(api, model="sandbox-small")
    assert deployment["price"] == known["price"]
    assert deployment["context_window"] == known["context_window"]
    assert deployment["price_source"] == "catalogue:sandbox"


def test_a_model_that_nobody_knows_is_unpriced_and_says_so(cast: Cast) -> None:
    deployment = new_deployment(cast.api(), model="house-model-7")
    assert (deployment["priced"], deployment["price_source"]) == (False, "")


def test_a_change_leaves_everything_that_is_not_named(cast: Cast) -> None:
    api = cast.api()
    before = new_deployment(api, price={"input": "1", "output": "2"}, supports_tools=True)
    after = api.patch(f"/api/v1/deployments/{before['id']}/", {"enabled": False}).json()
    assert after == before | {"enabled": False}
    renamed = api.patch(f"/api/v1/providers/{before['provider_id']}/", {"name": "Renamed"}).json()
    assert (renamed["name"], renamed["base_url"]) == ("Renamed", kit.URL)


def test_changing_a_route_publishes_a_version_and_going_back_another(cast: Cast) -> None:
    api = cast.api()
    route = new_route(api)
    address = f"/api/v1/routes/{route['id']}/"
    spec = route["version"]["spec"] | {"max_attempts": 1}
    assert api.patch(address, {"spec": spec, "base_version": 1}).json()["current_version"] == 2
    assert api.patch(address, {"spec": spec | {"max_attempts": 2}, "base_version": 1}).status_code == 409
    back = api.post(f"{address}rollback/", {"number": 1}).json()
    assert (back["current_version"], back["version"]["restored_from"]) == (3, 1)
    assert [row["number"] for row in api.get(f"{address}versions/").json()["results"]] == [3, 2, 1]
    changes = api.get(f"{address}versions/2/").json()["changes"]
    assert changes == [{"path": "max_attempts", "before": 3, "after": 1}]


@pytest.mark.parametrize(
    ("address", "body", "field"),
    [
        ("providers", PROVIDER | {"colour": "blue"}, "colour"),
        ("providers", PROVIDER | {"base_url": "http://10.0.0.1/"}, "base_url"),
        ("deployments", {"name": "a", "provider_id": MISSING, "model": "m"}, "provider_id"),
        ("deployments", {"name": "a", "provider_id": MISSING, "model": "m", "price": {"in": 1}}, "price.in"),
        ("deployments", {"name": "a", "provider_id": MISSING, "model": "m", "price": {"input": 0.1}}, "price.input"),
        ("deployments", {"name": "a", "provider_id": "x", "model": "m"}, "provider_id"),
        ("routes", {"name": "a", "spec": {"strategy": "ordered", "candidates": []}}, "spec.candidates"),
        ("routes", {"name": "a", "spec": []}, "spec.spec"),
        ("routes", {"name": "a b", "spec": {}}, "name"),
        (
            "routes",
            {"name": "a", "spec": {"strategy": "ordered", "candidates": [{"deployment": MISSING}]}},
            "spec.candidates.0.deployment",
        ),
    ],
)
def test_a_faulty_body_is_refused_under_the_name_of_its_field(
    cast: Cast, address: str, body: dict[str, Any], field: str
) -> None:
    answer = cast.api().post(f"/api/v1/{address}/", body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_a_repeated_create_with_the_same_key_creates_once(cast: Cast) -> None:
    api = cast.api()
    answers = [api.post("/api/v1/providers/", PROVIDER, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(api.get("/api/v1/providers/").json()["results"]) == 1


def test_usage_is_read_as_totals_days_groups_and_csv(cast: Cast) -> None:
    api, now = cast.api(Role.AUDITOR), datetime.now(UTC)
    with cast.acting():
        kit.write(kit.record(now - timedelta(days=day), cost=1_500_000, model_served="m") for day in range(3))
    assert api.get("/api/v1/usage/").json()["totals"]["cost"] == "0.0045"
    days = api.get("/api/v1/usage/series/").json()["results"]
    assert [day["totals"]["calls"] for day in days] == [0] * 27 + [1, 1, 1]
    assert [day["partial"] for day in days[-2:]] == [False, True]
    groups = api.get("/api/v1/usage/by/model/").json()["results"]
    assert [(group["label"], group["totals"]["cost"]) for group in groups] == [("m", "0.0045")]
    split = api.get("/api/v1/usage/series/", {"by": "model"}).json()["results"]
    assert [row["label"] for row in split] == ["m"] * 3
    sheet = api.get("/api/v1/usage/export/", HTTP_ACCEPT="text/csv")
    assert sheet["Content-Type"].startswith("text/csv")
    assert sheet.content.decode().count("0.0015") == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-02-30"}, "since"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "since"),
        ({"since": "2001-01-01", "until": "2026-02-01"}, "since"),
        ({"unit_id": "everything"}, "unit_id"),
        ({"colour": "blue"}, "colour"),
        ({"until": "0001-01-01"}, "until"),
        ({"since": "9999-12-31"}, "since"),
    ],
)
def test_a_faulty_usage_query_is_refused_by_name(cast: Cast, query: dict[str, str], field: str) -> None:
    api = cast.api()
    for address in ("usage/", "usage/series/", "usage/by/unit/", "usage/export/"):
        answer = api.get(f"/api/v1/{address}", query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_usage_by_something_else_does_not_exist(cast: Cast) -> None:
    assert cast.api().get("/api/v1/usage/by/weekday/").status_code == 404


def test_requests_are_listed_page_by_page_and_read_whole(cast: Cast) -> None:
    api, now = cast.api(), datetime.now(UTC)
    with cast.acting():
        kit.write(kit.record(now, cost=None, usage_raw={"total_tokens": 3}) for _ in range(3))
    query: dict[str, Any] = {"limit": 2, "status": "ok"}
    first = api.get("/api/v1/requests/", query).json()
    second = api.get("/api/v1/requests/", query | {"cursor": first["next_cursor"]}).json()
    assert [len(page["results"]) for page in (first, second)] == [2, 1]
    assert second["next_cursor"] is None
    story = api.get(f"/api/v1/requests/{first['results'][0]['id']}/").json()
    assert (story["cost"], story["usage_raw"], story["explanation"]) == (None, {"total_tokens": 3}, None)


def test_a_developer_reads_and_does_not_change(cast: Cast) -> None:
    route = new_route(cast.api())
    api = cast.api(Role.DEVELOPER)
    assert api.get(f"/api/v1/routes/{route['id']}/").status_code == 200
    assert api.post(f"/api/v1/routes/{route['id']}/archive/", {}).status_code == 403
    assert api.post("/api/v1/providers/", PROVIDER).status_code == 403


def test_an_approver_sees_no_spend(cast: Cast) -> None:
    api = cast.api(Role.APPROVER)
    assert {api.get(f"/api/v1/{name}/").status_code for name in ("usage", "requests", "routes", "providers")} == {403}


def test_an_outsider_finds_nothing_of_it(cast: Cast) -> None:
    route = new_route(cast.api())
    deployment = route["version"]["spec"]["candidates"][0]["deployment"]
    with cast.acting():
        row = kit.record(datetime.now(UTC))
        kit.write([row])
    outsider = cast.api(tenant=cast.tenant_b)
    for address in (f"routes/{route['id']}/", f"routes/{route['id']}/versions/1/", f"deployments/{deployment}/",
                    f"requests/{row['id']}/"):  # fmt: skip
        assert outsider.get(f"/api/v1/{address}").status_code == 404
    assert outsider.patch(f"/api/v1/deployments/{deployment}/", {"enabled": False}).status_code == 404
    for name in ("routes", "deployments", "providers", "requests"):
        assert outsider.get(f"/api/v1/{name}/").json()["results"] == []


def test_without_a_token_nothing_is_answered(cast: Cast) -> None:
    for name in ("routes", "usage", "requests", "models"):
        assert APIClient().get(f"/api/v1/{name}/").status_code == 401

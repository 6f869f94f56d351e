"""The REST API of workflows: documents in, runs through the real engine, events in both forms, nobody else's."""

import pytest

from tenants.domain import Role
from tests.cast import Cast, committed
from tests.integration.workflows.effects import Effects
from tests.integration.workflows.runs import Engine

pytestmark = committed

YAML = """
document: {{dsl: 1.0.3, namespace: shop, name: order, version: 1.0.{patch}}}
do:
  - reserve:
      call: http
      with: {{method: post, endpoint: "{url}/reserve", body: "${{ . }}"}}
  - book:
      call: http
      with: {{method: post, endpoint: "{url}/book"}}
"""
ON_EVENT = """
document: {dsl: 1.0.3, namespace: shop, name: on-order, version: 1.0.0}
schedule:
  on: {one: {with: {type: order.placed, data: "${ .amount > 5 }"}}}
do:
  - keep: {set: {got: "${ .[0].data.amount }"}}
"""
LISTENS = """
document: {dsl: 1.0.3, namespace: shop, name: listens, version: 1.0.0}
do:
  - hear:
      listen: {to: {one: {with: {type: order.paid}}}}
"""


def publish(api, text: str, **query: str):
    return api.generic("POST", "/api/v1/definitions/", text, content_type="application/yaml", **query)


def start(api, definition: str, input_=None):
    response = api.post("/api/v1/runs", {"definition": definition, "input": input_})
    assert response.status_code == 201, response.json()
    return response.json()["id"]


def send(api, data=None, id_: str = "1", type_: str = "order.placed"):
    event = {"specversion": "1.0", "id": id_, "source": "/shop", "type": type_, "data": data}
    return api.generic("POST", "/api/v1/events", json(event), content_type="application/cloudevents+json")


def json(value) -> str:
    import json as module

    return module.dumps(value)


def test_a_published_definition_runs_two_steps_by_the_worker(engine: Engine, effects: Effects, cast: Cast):
    api = cast.api()
    answer = publish(api, YAML.format(url=effects.url, patch=0))
    assert (answer.status_code, answer.json()["current"]["version"]) == (201, "1.0.0")
    run_id = start(api, "shop/order", {"amount": 7})
    engine.work()
    run = api.get(f"/api/v1/runs/{run_id}").json()
    assert (run["status"], run["output"]["path"], run["version"]) == ("completed", "/book", "1.0.0")
    assert effects.requests[0][3] == {"amount": 7}
    lines = api.get(f"/api/v1/runs/{run_id}/history").json()["results"]
    assert (lines[0]["type"], lines[-1]["type"]) == ("run.started", "run.completed")


def test_history_is_read_in_parts(engine: Engine, effects: Effects, cast: Cast):
    api = cast.api()
    publish(api, YAML.format(url=effects.url, patch=0))
    run_id = start(api, "shop/order@1.0.0", {})
    engine.work()
    first = api.get(f"/api/v1/runs/{run_id}/history/?limit=2").json()
    rest = api.get(f"/api/v1/runs/{run_id}/history/?after={first['next_after']}").json()
    assert [line["number"] for line in first["results"]] == [1, 2]
    assert rest["results"][0]["number"] == 3
    assert rest["next_after"] is None


@pytest.mark.parametrize("text", ["", "a: [", "\0", "- 1", "{}", "do: 5", "\udcff", "document: {dsl: 9}"])
def test_a_faulty_document_is_refused_with_places(cast: Cast, text: str):
    api = cast.api()
    body = text.encode("utf-8", "surrogateescape")
    checked = api.generic("POST", "/api/v1/definitions/validate", body, content_type="application/yaml")
    refused = api.generic("POST", "/api/v1/definitions", body, content_type="application/yaml")
    assert checked.json()["valid"] is False
    assert checked.json()["faults"][0]["line"] >= 1
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_definition")


def test_a_valid_document_in_json_is_checked_without_being_published(cast: Cast):
    api = cast.api()
    document = {"dsl": "1.0.3", "namespace": "shop", "name": "x", "version": "2.0.0"}
    body = json({"document": document, "do": [{"a": {"set": {"n": 1}}}]})
    answer = api.generic("POST", "/api/v1/definitions/validate/", body, content_type="application/json").json()
    assert (answer["valid"], answer["namespace"], answer["name"], answer["tasks"]) == (True, "shop", "x", 1)
    assert api.get("/api/v1/definitions/").json()["results"] == [
        row for row in api.get("/api/v1/definitions/").json()["results"] if row["namespace"] != "shop"
    ]


def test_who_publishes_may_say_which_unit_pays(cast: Cast):
    api = cast.api()
    unit = api.post("/api/v1/units/", {"name": "Cards", "kind": "department"}).json()["id"]
    answer = api.generic("POST", f"/api/v1/definitions/?unit_id={unit}", LISTENS, content_type="application/yaml")
    assert (answer.status_code, answer.json()["unit_id"]) == (201, unit)


def test_a_document_is_reported_without_being_published(cast: Cast):
    body = YAML.format(url="https://core.test", patch=0)
    answer = cast.api().generic("POST", "/api/v1/definitions/report", body, content_type="application/yaml").json()
    assert [one["platform"] for one in answer["platforms"]] == ["cloudflare", "azure", "aws", "gcp", "onprem"]
    task = answer["platforms"][2]["tasks"][0]
    assert (task["pointer"], task["verdict"], task["reason"]) == ("/do/0/reserve", "native", "call")
    assert (task["limit"]["code"], task["limit"]["found"]) == ("state_bytes", None)
    assert cast.api().get("/api/v1/definitions/?namespace=shop").json()["results"] == []


def test_a_faulty_document_is_not_reported(cast: Cast):
    answer = cast.api().generic("POST", "/api/v1/definitions/report/", "do: 5", content_type="application/yaml")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_definition")


def test_a_version_is_reported_and_so_is_the_current_one(cast: Cast):
    api = cast.api()
    id_ = publish(api, LISTENS).json()["id"]
    of_version = api.get(f"/api/v1/definitions/{id_}/versions/1/report/?platform=gcp").json()
    assert [one["reason"] for one in of_version["platforms"][0]["tasks"]] == ["early_event"]
    assert api.get(f"/api/v1/definitions/{id_}/report/?platform=gcp").json() == of_version


def test_a_report_of_an_unknown_platform_is_refused_by_name(cast: Cast):
    api = cast.api()
    id_ = publish(api, LISTENS).json()["id"]
    answer = api.get(f"/api/v1/definitions/{id_}/report/?platform=heroku")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["platform"])


def test_a_report_answers_in_the_language_of_the_request(cast: Cast):
    api = cast.api()
    body = YAML.format(url="https://core.test", patch=0)
    asked = {"content_type": "application/yaml", "HTTP_ACCEPT_LANGUAGE": "vi"}
    answer = api.generic("POST", "/api/v1/definitions/report/?platform=aws", body, **asked).json()
    assert answer["platforms"][0]["tasks"][0]["findings"][0]["title"] == "Gọi hàm, kết nối hoặc mô hình"


def test_a_version_never_changes(effects: Effects, cast: Cast):
    api, text = cast.api(), YAML.format(url=effects.url, patch=0)
    first, again = publish(api, text), publish(api, text)
    assert first.json()["current"]["number"] == again.json()["current"]["number"] == 1
    assert publish(api, text + "\n# changed").status_code == 409
    assert publish(api, YAML.format(url=effects.url, patch=1)).json()["current"]["number"] == 2


def test_a_run_is_pinned_to_its_version(engine: Engine, effects: Effects, cast: Cast):
    api = cast.api()
    for patch in (0, 1):
        publish(api, YAML.format(url=effects.url, patch=patch))
    assert api.get(f"/api/v1/runs/{start(api, 'shop/order')}/").json()["version"] == "1.0.1"
    assert api.get(f"/api/v1/runs/{start(api, 'shop/order@1.0.0')}/").json()["version"] == "1.0.0"
    assert api.post("/api/v1/runs/", {"definition": "shop/order@7.0.0"}).status_code == 404


def test_the_same_key_starts_one_run(effects: Effects, cast: Cast):
    api = cast.api()
    publish(api, YAML.format(url=effects.url, patch=0))
    headers = {"HTTP_IDEMPOTENCY_KEY": "pay-1"}
    ids = {api.post("/api/v1/runs/", {"definition": "shop/order"}, **headers).json()["id"] for _ in range(3)}
    assert len(ids) == 1


def test_an_event_starts_the_definition_that_asks_for_it_once(engine: Engine, cast: Cast):
    api = cast.api()
    publish(api, ON_EVENT)
    assert send(api, {"amount": 9}).json()["new"] is True
    assert send(api, {"amount": 9}).json()["new"] is False
    send(api, {"amount": 1}, id_="2")
    engine.work()
    runs = api.get("/api/v1/runs/").json()["results"]
    assert [run["status"] for run in runs] == ["completed"]
    assert api.get(f"/api/v1/runs/{runs[0]['id']}/").json()["output"] == {"got": 9}
    states = [row["status"] for row in api.get("/api/v1/deliveries/").json()["results"]]
    assert sorted(states) == ["delivered", "ignored"]


def test_an_event_in_binary_form_is_the_same_event(cast: Cast):
    api = cast.api()
    headers = {
        "HTTP_CE_SPECVERSION": "1.0",
        "HTTP_CE_ID": "1",
        "HTTP_CE_SOURCE": "/shop",
        "HTTP_CE_TYPE": "order.placed",
    }
    binary = api.generic("POST", "/api/v1/events/", '{"amount": 3}', content_type="application/json", **headers)
    assert (binary.status_code, binary.json()["new"]) == (202, True)
    assert send(api, {"amount": 3}).json() == {"id": binary.json()["id"], "new": False}
    event = api.get(f"/api/v1/events/{binary.json()['id']}/").json()
    assert (event["data"], event["attributes"]["datacontenttype"]) == ({"amount": 3}, "application/json")


@pytest.mark.parametrize("body", ["{}", "[]", "x", '{"specversion": "0.3", "id": "1", "source": "a", "type": "b"}'])
def test_what_is_no_event_is_refused(cast: Cast, body: str):
    answer = cast.api().generic("POST", "/api/v1/events/", body, content_type="application/cloudevents+json")
    assert answer.status_code == 400


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_event_wakes_a_run_whether_it_comes_before_or_after_the_listening(engine: Engine, cast: Cast, when: str):
    api = cast.api()
    publish(api, LISTENS)
    run_id = start(api, "shop/listens")
    if when == "after":
        engine.work()
        assert api.get(f"/api/v1/runs/{run_id}").json()["status"] == "waiting"
    send(api, {"paid": True}, type_="order.paid")
    engine.work()
    run = api.get(f"/api/v1/runs/{run_id}").json()
    assert (run["status"], run["output"]) == ("completed", [{"paid": True}])


def test_an_event_from_before_the_run_does_not_wake_it(engine: Engine, cast: Cast):
    api = cast.api()
    publish(api, LISTENS)
    send(api, {}, type_="order.paid")
    run_id = start(api, "shop/listens")
    engine.work()
    assert api.get(f"/api/v1/runs/{run_id}").json()["status"] == "waiting"


def test_a_delivery_that_cannot_succeed_is_dead_and_can_be_sent_again(engine: Engine, cast: Cast):
    api = cast.api()
    publish(api, ON_EVENT.replace(".amount > 5", ".amount.value > 5"))
    send(api, {"amount": 9})
    engine.work()
    (dead,) = api.get("/api/v1/deliveries/?status=dead").json()["results"]
    assert dead["last_error"]
    publish(api, ON_EVENT.replace("1.0.0", "1.0.1"))
    assert api.post(f"/api/v1/deliveries/{dead['id']}/redrive/").json()["status"] == "pending"
    engine.work()
    assert api.get(f"/api/v1/deliveries/{dead['id']}/").json()["status"] == "delivered"


def test_cancelling_ends_a_waiting_run_and_a_finished_one_says_so(engine: Engine, cast: Cast):
    api = cast.api()
    publish(api, LISTENS)
    run_id = start(api, "shop/listens")
    engine.work()
    assert api.post(f"/api/v1/runs/{run_id}/cancel", {"reason": "no"}).status_code == 200
    engine.work()
    assert api.get(f"/api/v1/runs/{run_id}").json()["status"] in {"cancelled", "compensated"}
    assert api.post(f"/api/v1/runs/{run_id}/cancel").status_code == 409


def test_roles_limit_what_may_be_done(effects: Effects, cast: Cast):
    assert publish(cast.api(Role.DEVELOPER), YAML.format(url=effects.url, patch=0)).status_code == 403
    assert send(cast.api(Role.AUDITOR)).status_code == 403
    assert cast.api(Role.APPROVER).get("/api/v1/runs/").status_code == 403
    assert cast.api(Role.AUDITOR).post("/api/v1/runs/", {"definition": "a/b"}).status_code == 403


def test_an_outsider_finds_nothing(engine: Engine, effects: Effects, cast: Cast):
    mine, theirs = cast.api(), cast.api(tenant=cast.tenant_b)
    publish(mine, YAML.format(url=effects.url, patch=0))
    run_id = start(mine, "shop/order")
    assert theirs.get(f"/api/v1/runs/{run_id}").status_code == 404
    assert theirs.post(f"/api/v1/runs/{run_id}/cancel").status_code == 404
    assert theirs.post("/api/v1/runs/", {"definition": "shop/order"}).status_code == 404
    assert theirs.get("/api/v1/definitions/").json()["results"] == []
    publish(mine, ON_EVENT)
    send(theirs, {"amount": 9})
    engine.work()
    assert {run["definition"] for run in mine.get("/api/v1/runs/").json()["results"]} == {"shop/order"}


@pytest.mark.parametrize("body", [b"NaN", b'{"a": "\\u0000"}', b'["\\ud800"]', b"[" * 100_000, b"\xff", b"{"])
def test_odd_data_in_binary_form_is_refused(cast: Cast, body: bytes):
    headers = {"HTTP_CE_SPECVERSION": "1.0", "HTTP_CE_ID": "1", "HTTP_CE_SOURCE": "/shop", "HTTP_CE_TYPE": "odd"}
    answer = cast.api().generic("POST", "/api/v1/events/", body, content_type="application/json", **headers)
    assert answer.status_code == 400

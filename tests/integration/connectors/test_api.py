"""Connectors over REST: what each role may, faults by place, the test call, the log, and nothing for outsiders."""

import pytest

from config.demo.connector import demo_core
from connectors.models import Connector
from tenants.domain import Role
from tests.cast import committed

pytestmark = [committed]


def body(core, **changes):
    wanted = demo_core(core.url)
    safety = {"max_in_flight": 3, "max_server_seconds": 0.5, "max_wait_seconds": 5}
    value = {"name": "ledger", "kind": "rest", "config": dict(wanted.config), "safety": safety}
    return value | {"operations": wanted.operations} | changes


def operations(api, connector):
    found = api.get(f"/api/v1/connectors/{connector['id']}/operations/").json()["results"]
    return {one["name"]: f"/api/v1/connectors/{connector['id']}/operations/{one['id']}/" for one in found}


def test_it_is_created_read_changed_and_called(cast, core):
    api = cast.api(Role.ARCHITECT)
    connector = api.post("/api/v1/connectors/", body(core)).json()
    address = f"/api/v1/connectors/{connector['id']}/"
    changed = api.patch(address, {"title": "Ledger", "safety": {"max_in_flight": 2}}).json()
    assert (changed["title"], changed["safety"]["max_in_flight"], changed["version"]) == ("Ledger", 2, 2)
    named = operations(api, connector)
    outcome = api.post(f"{named['account_read']}call/", {"input": {"account": "50000970"}}).json()
    assert (outcome["outcome"], outcome["output"]["balance"]) == ("confirmed", "100000.00")
    assert api.get(f"{address}in-flight/").json() == {
        "max_in_flight": 2, "held": 0, "abandoned": 0, "waiting": 0, "oldest_wait_since": None,
    }  # fmt: skip


def test_a_refusal_of_the_core_is_an_outcome_and_not_an_error_of_the_api(cast, core):
    api = cast.api(Role.DEVELOPER)
    connector = cast.api().post("/api/v1/connectors/", body(core)).json()
    value = {"reservation": "r1", "account": "50000970", "amount": "999999.00", "currency": "GBP"}
    response = api.post(f"{operations(api, connector)['reserve']}call/", {"input": value, "idempotency_key": "k1"})
    assert (response.status_code, response.json()["error"]["code"]) == (200, "core.insufficient_funds")


def test_the_log_of_calls_is_a_page_with_ends(cast, core):
    api = cast.api()
    connector = api.post("/api/v1/connectors/", body(core)).json()
    named = operations(api, connector)
    for account in ("50000970", "1"):
        api.post(f"{named['account_read']}call/", {"input": {"account": account}})
    calls = api.get(f"/api/v1/connectors/{connector['id']}/calls/?operation=account_read").json()["results"]
    assert [(one["outcome"], one["code"]) for one in calls] == [("rejected", "core.account_unknown"), ("confirmed", "")]
    assert calls[1]["sent"]["input"] == {"account": "•••"}


def test_the_off_switch_works_at_once(cast, core):
    api = cast.api()
    connector = api.post("/api/v1/connectors/", body(core)).json()
    call = f"{operations(api, connector)['account_read']}call/"
    api.post(f"/api/v1/connectors/{connector['id']}/stop/")
    assert api.post(call, {"input": {"account": "50000970"}}).json()["error"]["code"] == "core.stopped"
    api.post(f"/api/v1/connectors/{connector['id']}/start/")
    assert api.post(call, {"input": {"account": "50000970"}}).json()["outcome"] == "confirmed"


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"kind": "rset"}, "kind", "invalid"),
        ({"name": "No Name"}, "name", "invalid_connector"),
        ({"config": {"base_url": "http://10.0.0.1/"}}, "config.base_url", "invalid_connector"),
        (
            {"config": {"base_url": "https://x.example", "auth": {"type": "bearer"}}},
            "credential_id",
            "invalid_connector",
        ),
        ({"safety": {"max_in_flight": 0}}, "safety.max_in_flight", "invalid_connector"),
        ({"operations": [{"name": "x"}]}, "operations.0.effect", "invalid_connector"),
        ({"credential_id": "00000000-0000-0000-0000-000000000007"}, "credential_id", "invalid_connector"),
        ({"colour": 1}, "colour", "invalid"),
    ],
)
def test_a_fault_is_named_by_its_place(cast, core, changes, where, code):
    problem = cast.api().post("/api/v1/connectors/", body(core, **changes)).json()
    assert problem["code"] == code
    assert where in problem["errors"]


def test_a_name_is_taken_once_in_a_tenant_and_free_in_the_next(cast, core):
    assert cast.api().post("/api/v1/connectors/", body(core)).status_code == 201
    assert "name" in cast.api().post("/api/v1/connectors/", body(core)).json()["errors"]
    assert cast.api(tenant=cast.tenant_b).post("/api/v1/connectors/", body(core)).status_code == 201


def test_a_secret_goes_to_the_core_and_nowhere_else(cast, core):
    api = cast.api()
    secret = "canary-secret-value"
    credential = {"name": "ledger", "kind": "connector", "secret": secret}
    credential_id = api.post("/api/v1/provider-credentials/", credential).json()["id"]
    config = {"base_url": core.url, "auth": {"type": "bearer"}}
    connector = api.post("/api/v1/connectors/", body(core, config=config, credential_id=credential_id)).json()
    call = api.post(f"{operations(api, connector)['account_read']}call/", {"input": {"account": "50000970"}})
    assert call.json()["outcome"] == "confirmed"
    shown = [api.get(f"/api/v1/connectors/{connector['id']}/{end}").content for end in ("", "calls/", "operations/")]
    assert not any(secret.encode() in one for one in (*shown, call.content))


def test_roles_read_change_and_call_as_the_table_says(cast, core):
    connector = cast.api().post("/api/v1/connectors/", body(core)).json()
    address = f"/api/v1/connectors/{connector['id']}/"
    call = f"{operations(cast.api(), connector)['account_read']}call/"
    auditor, developer = cast.api(Role.AUDITOR), cast.api(Role.DEVELOPER)
    assert auditor.get(address).status_code == 200
    assert auditor.post(call, {"input": {}}).status_code == 403
    assert developer.patch(address, {"title": "x"}).status_code == 403
    assert cast.api(Role.APPROVER).get(address).status_code == 403


def test_a_connector_does_not_exist_for_another_tenant(cast, core):
    connector = cast.api().post("/api/v1/connectors/", body(core)).json()
    named = operations(cast.api(), connector)
    outsider, address = cast.api(tenant=cast.tenant_b), f"/api/v1/connectors/{connector['id']}/"
    reads = [address, f"{address}calls/", f"{address}in-flight/", f"{address}operations/", *named.values()]
    writes = [f"{address}stop/", f"{address}start/", f"{named['release']}call/", f"{named['release']}reconcile/"]
    value = {"input": {"reservation": "r"}, "idempotency_key": "k"}
    assert {outsider.get(one).status_code for one in reads} == {404}
    assert {
        outsider.post(one, value if one.endswith(("call/", "reconcile/")) else {}).status_code for one in writes
    } == {404}
    assert outsider.patch(address, {"title": "x"}).status_code == 404
    assert outsider.get("/api/v1/connectors/").json()["results"] == []


def test_the_audit_log_says_who_changed_what(cast, core):
    from tenants.models import AuditEntry

    connector = cast.api().post("/api/v1/connectors/", body(core)).json()
    cast.api().patch(f"/api/v1/connectors/{connector['id']}/", {"safety": {"max_in_flight": 7}})
    with cast.acting():
        entries = AuditEntry.objects.filter(object_type=Connector.__name__).order_by("at")
        assert [one.action for one in entries] == ["connector.create", "connector.change"]
        assert entries[1].changes["max_in_flight"] == [3, 7]

"""The kernel's objects over HTTP: list, create, read, change, and what each role may see."""

import pytest

from tenants.domain import ACTIONS, Role
from tenants.models import ConfigStamp, OutgoingMail
from tenants.sealing import seal_tenant
from tests import factories
from tests.acceptance.api.test_kit import CARDS, UNITS, problem
from tests.cast import Cast


def one(api, address: str, **filters) -> dict:
    """The only row of a list."""
    (row,) = api.get(address, filters).json()["results"]
    return row


def test_a_unit_is_created_read_changed_archived_and_restored(cast: Cast):
    api = cast.api(Role.ADMIN)
    made = api.post(UNITS, CARDS)
    address = f"{UNITS}{made.json()['id']}/"
    assert (made.status_code, made.json()["path"]) == (201, [made.json()["id"]])
    assert api.patch(address, {"name": "Card services"}).json()["name"] == "Card services"
    assert api.post(f"{address}archive/").json()["archived_at"] is not None
    assert api.get(UNITS).json()["results"] == []
    assert one(api, UNITS, archived="true")["name"] == "Card services"
    assert api.post(f"{address}restore/").json()["archived_at"] is None
    assert api.get(address).json()["kind"] == "department"


def test_changing_a_unit_tells_the_gateway(cast: Cast):
    before = ConfigStamp.objects.get(pk=cast.tenant_a.id).version
    cast.api().post(UNITS, CARDS)
    assert ConfigStamp.objects.get(pk=cast.tenant_a.id).version == before + 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "kind": "project"}, "name"),
        ({"name": "x" * 121, "kind": "project"}, "name"),
        ({"name": "Cards", "kind": "planet"}, "kind"),
        ({"name": "Cards", "kind": "project", "parent_id": "7"}, "parent_id"),
        ({"name": "Cards", "kind": "project", "parent_id": "00000000-0000-0000-0000-000000000007"}, "parent_id"),
        ({"name": ["Cards"], "kind": "project"}, "name"),
        ({"kind": "project"}, "name"),
    ],
)
def test_a_bad_unit_names_the_field(cast: Cast, body, field):
    assert list(problem(cast.api().post(UNITS, body), 400, "invalid")["errors"]) == [field]


def test_a_change_without_a_field_is_refused(cast: Cast):
    with cast.acting():
        unit = factories.unit()
    problem(cast.api().patch(f"{UNITS}{unit.id}/", {}), 400, "invalid")


def test_members_are_listed_and_their_roles_changed(cast: Cast):
    api = cast.api()
    bob = next(row for row in api.get("/api/v1/members/").json()["results"] if row["email"] == "bob@example.test")
    changed = api.patch(f"/api/v1/members/{bob['id']}/", {"roles": ["auditor", "approver", "auditor"]})
    assert changed.json()["roles"] == ["approver", "auditor"]
    assert api.patch(f"/api/v1/members/{bob['id']}/", {"active": False}).json()["active"] is False
    assert cast.browser(cast.bob).get(f"/t/{cast.tenant_a.slug}/").status_code == 404


def test_an_owner_is_changed_by_owners_only(cast: Cast):
    admin = cast.api(Role.ADMIN)
    alice = next(row for row in admin.get("/api/v1/members/").json()["results"] if row["email"] == "alice@example.test")
    problem(admin.patch(f"/api/v1/members/{alice['id']}/", {"active": False}), 400, "invalid")
    problem(cast.api().patch(f"/api/v1/members/{alice['id']}/", {"roles": ["admin"]}), 409, "conflict")


def test_an_invitation_is_mailed_and_revoked(cast: Cast):
    api = cast.api()
    made = api.post("/api/v1/invitations/", {"email": "Olga@Example.test", "roles": ["approver"]}).json()
    assert made["email"] == "olga@example.test"
    assert "/invitations/orc-invite-" in OutgoingMail.objects.get().body
    assert "orc-invite-" not in str(made)
    assert one(api, "/api/v1/invitations/")["id"] == made["id"]
    assert api.post(f"/api/v1/invitations/{made['id']}/revoke/").json()["revoked_at"] is not None
    assert api.get("/api/v1/invitations/").json()["results"] == []
    assert one(api, "/api/v1/invitations/", open_only="false")["id"] == made["id"]


def test_a_service_account_gets_a_token_that_works_until_it_is_revoked(cast: Cast):
    api = cast.api()
    account = api.post("/api/v1/service-accounts/", {"name": "billing", "roles": ["auditor"]}).json()
    address = f"/api/v1/service-accounts/{account['id']}/"
    token = api.post(f"{address}tokens/", {"days": 30}).json()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token['secret']}"}
    client = cast.browser()
    assert client.get("/api/v1/me/", **headers).json()["label"] == "billing"
    assert "secret" not in one(api, f"{address}tokens/")
    assert api.get(f"{address}tokens/{token['id']}/").json()["last4"] == token["secret"][-4:]
    api.post(f"{address}tokens/{token['id']}/revoke/")
    problem(client.get("/api/v1/me/", **headers), 401, "unauthenticated")


def test_an_account_that_is_switched_off_is_refused_at_once(cast: Cast):
    api = cast.api()
    account = api.post("/api/v1/service-accounts/", {"name": "billing", "roles": ["auditor"]}).json()
    address = f"/api/v1/service-accounts/{account['id']}/"
    secret = api.post(f"{address}tokens/", {}).json()["secret"]
    assert api.patch(address, {"active": False}).json() == account | {"active": False}
    problem(cast.browser().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {secret}"), 401, "unauthenticated")


def test_me_says_what_the_token_may_do(cast: Cast):
    me = cast.api(Role.DEVELOPER).get("/api/v1/me/").json()
    assert (me["kind"], me["roles"], me["tenant"]["slug"]) == ("service", ["developer"], "bank-a")
    assert me["permissions"] == sorted(action for action, roles in ACTIONS.items() if Role.DEVELOPER in roles)


def test_settings_are_changed_and_checked(cast: Cast):
    api = cast.api(Role.ADMIN)
    assert api.patch("/api/v1/tenant/", {"time_zone": "Europe/Berlin"}).json()["time_zone"] == "Europe/Berlin"
    assert list(problem(api.patch("/api/v1/tenant/", {"time_zone": "Mars/Base"}), 400, "invalid")["errors"]) == [
        "time_zone"
    ]
    problem(api.patch("/api/v1/tenant/", {"slug": "other"}), 400, "invalid")
    problem(cast.api(Role.DEVELOPER).patch("/api/v1/tenant/", {"name": "X"}), 403, "permission_denied")


def test_the_audit_log_is_filtered_read_and_verified(cast: Cast):
    api = cast.api(Role.AUDITOR)
    with cast.acting():
        unit = factories.unit()
    entry = one(api, "/api/v1/audit/", action="unit.create", object_id=str(unit.id))
    assert (entry["actor_label"], entry["seq"]) == ("owner", None)
    seal_tenant(cast.tenant_a.id)
    assert api.get(f"/api/v1/audit/{entry['id']}/").json()["hash"] is not None
    said = api.get("/api/v1/audit/verify/").json()
    assert (said["intact"], said["unsealed"]) == (True, 0)
    assert api.get("/api/v1/audit/", {"since": "2031-01-01T00:00:00Z"}).json()["results"] == []
    problem(cast.api(Role.DEVELOPER).get("/api/v1/audit/"), 403, "permission_denied")


def test_the_platform_creates_suspends_and_reopens_a_tenant(cast: Cast):
    client, address = cast.browser(), "/api/v1/platform/tenants/"
    headers = {"HTTP_AUTHORIZATION": f"Bearer {factories.platform_token()}"}
    body = {"slug": "gamma", "name": "Gamma", "owner_email": "gina@example.test"}
    made = client.post(address, body, "application/json", **headers)
    assert (made.status_code, made.json()["status"]) == (201, "active")
    tenant = f"{address}{cast.tenant_a.id}/"
    api = cast.api()
    for verb, status, answer in (("suspend", "suspended", 401), ("reopen", "active", 200), ("close", "closed", 401)):
        changed = client.post(f"{tenant}{verb}/", {"reason": "test"}, "application/json", **headers)
        assert changed.json()["status"] == status
        assert api.get("/api/v1/me/").status_code == answer
    assert len(client.get(address, **headers).json()["results"]) == 3
    problem(client.post(f"{tenant}suspend/", {}, "application/json", **headers), 400, "invalid")


def test_the_platform_reads_nothing_inside_a_tenant_and_a_tenant_nothing_of_the_platform(cast: Cast):
    headers = {"HTTP_AUTHORIZATION": f"Bearer {factories.platform_token()}"}
    problem(cast.browser().get(UNITS, **headers), 401, "unauthenticated")
    problem(cast.api().get("/api/v1/platform/tenants/"), 404, "not_found")


@pytest.mark.parametrize("slug", ["Gamma", "gam ma", "-gamma", "bank-a", "x" * 41])
def test_a_bad_or_taken_short_name_is_named(cast: Cast, slug):
    headers = {"HTTP_AUTHORIZATION": f"Bearer {factories.platform_token()}"}
    body = {"slug": slug, "name": "Gamma", "owner_email": "gina@example.test"}
    response = cast.browser().post("/api/v1/platform/tenants/", body, "application/json", **headers)
    assert list(problem(response, 400, "invalid")["errors"]) == ["slug"]


def test_the_document_describes_every_operation_without_a_warning(cast: Cast, client):
    from django.core.management import call_command

    call_command("spectacular", "--fail-on-warn", "--validate", "--file", "/dev/null")
    document = client.get("/api/schema/").json()
    assert document["openapi"].startswith("3.")
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            assert "application/problem+json" in str(details["responses"]["404"]), (method, path)
            if "201" in details["responses"]:
                assert "Idempotency-Key" in str(details["parameters"]), (method, path)

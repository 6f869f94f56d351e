"""The REST API of keys and money: list, read, create, change; bad input by field; an outsider gets 404 everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from keys.models import LedgerEntry, Limit, ProviderCredential, VirtualKey
from keys.ports import Hold
from keys.services import credential_create, hold, settle
from tenants.domain import Role
from tenants.models import Unit
from tests import factories
from tests.cast import Cast

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@dataclass
class Shop:
    """An owner's API client and one unit."""

    cast: Cast
    api: APIClient
    unit: Unit

    def issue(self, **more: Any) -> dict[str, Any]:
        """A key over the API."""
        body = {"unit_id": str(self.unit.id), "name": "app"} | more
        return self.api.post(f"{V1}/virtual-keys/", body).json()

    def limit(self, **more: Any) -> Any:
        """A limit over the API; the answer."""
        body = {"name": "Budget", "meter": "cost", "window": "month", "amount": "12.50"} | more
        return self.api.post(f"{V1}/limits/", body)


@pytest.fixture
def shop(cast: Cast) -> Shop:
    with cast.acting():
        unit = factories.unit("Cards")
    return Shop(cast, cast.api(), unit)


def test_a_key_is_issued_listed_read_and_changed(shop: Shop) -> None:
    issued = shop.issue(allowed_models=["fast"])
    address = f"{V1}/virtual-keys/{issued['id']}/"
    assert issued["secret"].startswith("sk-orc-")
    assert "secret" not in shop.api.get(address).json()
    assert [row["id"] for row in shop.api.get(f"{V1}/virtual-keys/").json()["results"]] == [issued["id"]]
    changed = shop.api.patch(address, {"name": "web"}).json()
    assert (changed["name"], changed["allowed_models"], changed["unit"]) == ("web", ["fast"], "Cards")


def test_keys_are_found_by_unit_and_status(shop: Shop) -> None:
    issued = shop.issue()
    shop.api.post(f"{V1}/virtual-keys/{issued['id']}/revoke/", {"reason": "leaked"})
    for query, found in {"status=active": 0, "status=revoked": 1, f"unit_id={shop.unit.id}": 1}.items():
        assert len(shop.api.get(f"{V1}/virtual-keys/?{query}").json()["results"]) == found


def test_a_retried_creation_issues_one_key_and_repeats_no_secret(shop: Shop) -> None:
    body = {"unit_id": str(shop.unit.id), "name": "app"}
    first, again = (shop.api.post(f"{V1}/virtual-keys/", body, headers={"Idempotency-Key": "k1"}).json() for _ in "ab")
    assert (first["id"], again["secret"]) == (again["id"], None)
    assert len(shop.api.get(f"{V1}/virtual-keys/").json()["results"]) == 1


def test_rotation_answers_with_the_new_secret_and_both_rows(shop: Shop) -> None:
    issued = shop.issue()
    rotated = shop.api.post(f"{V1}/virtual-keys/{issued['id']}/rotate/", {"overlap_hours": 24}).json()
    assert rotated["secret"] != issued["secret"]
    assert len(rotated["secrets"]) == 2
    refused = shop.api.post(f"{V1}/virtual-keys/{issued['id']}/rotate/", {"overlap_hours": 3})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"overlap_hours"})


def test_limits_speak_dollars_and_requests(shop: Shop) -> None:
    assert shop.limit().json()["amount"] == "12.50"
    assert shop.limit(amount="0.000000001").json()["amount"] == "0.000000001"
    assert shop.limit(meter="requests", window="minute", amount=60).json()["amount"] == "60"


@pytest.mark.parametrize("amount", [1.5, "1e400", "-1", "NaN", "0.0000000001", "1000000001", True, None, "", "x"])
def test_an_amount_that_is_not_exact_is_refused(shop: Shop, amount: object) -> None:
    refused = shop.limit(amount=amount)
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"amount"})


def test_a_fraction_of_a_request_is_refused(shop: Shop) -> None:
    assert set(shop.limit(meter="requests", amount="1.5").json()["errors"]) == {"amount"}


def test_a_limit_is_listed_with_its_use_changed_and_switched_off(shop: Shop) -> None:
    key = shop.issue()
    limit = shop.limit(virtual_key_id=key["id"]).json()
    with shop.cast.acting():
        assert isinstance(hold(VirtualKey.objects.get(), 2_500_000_000), Hold)
    address = f"{V1}/limits/{limit['id']}/"
    for shown in (shop.api.get(f"{V1}/limits/").json()["results"][0], shop.api.get(address).json()):
        assert (shown["used"], shown["held"], shown["overrun"]) == ("2.50", "2.50", "0.00")
    assert set(shop.api.patch(address, {"amount": "20"}).json()["errors"]) == {"reason"}
    assert shop.api.patch(address, {"amount": "20", "reason": "campaign"}).json()["amount"] == "20.00"
    assert shop.api.post(f"{address}deactivate/", {"reason": "replaced"}).json()["active"] is False


def test_the_effective_limits_of_a_key_name_the_tightest(shop: Shop) -> None:
    key = shop.issue()
    shop.limit()
    shop.limit(name="Quota", meter="requests", window="minute", amount="0", unit_id=str(shop.unit.id))
    found = shop.api.get(f"{V1}/virtual-keys/{key['id']}/limits/").json()
    assert len(found["limits"]) == 2
    assert (found["tightest"]["name"], found["tightest"]["remaining"]) == ("Quota", "0")


def test_a_credential_goes_in_and_never_comes_out(shop: Shop) -> None:
    secret = "sk-provider-0123456789"
    made = shop.api.post(f"{V1}/provider-credentials/", {"name": "OpenAI", "kind": "openai", "secret": secret})
    address = f"{V1}/provider-credentials/{made.json()['id']}/"
    rotated = shop.api.post(f"{address}rotate/", {"secret": secret + "!"})
    answers = [made, rotated, shop.api.get(address), shop.api.get(f"{V1}/provider-credentials/")]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert all(secret.encode() not in answer.content for answer in answers)
    assert shop.api.delete(address).status_code == 204
    assert shop.api.get(address).status_code == 404


def test_the_ledger_is_read_and_proved(shop: Shop) -> None:
    shop.issue()
    with shop.cast.acting():
        held = hold(VirtualKey.objects.get(), 1_000_000_000)
        assert isinstance(held, Hold)
        settle(held, 250_000_000)
    entry = shop.api.get(f"{V1}/ledger/?kind=settled").json()["results"][0]
    assert (entry["amount"], entry["held"], entry["hold_id"]) == ("0.25", "1.00", str(held.id))
    assert shop.api.get(f"{V1}/ledger/{entry['id']}/").json() == entry
    proof = shop.api.get(f"{V1}/ledger/check/").json()
    assert (proof["balances"], proof["entries"], proof["mismatches"]) == (True, 1, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("virtual-keys/", {"name": "x", "unit_id": "00000000-0000-0000-0000-000000000001", "colour": "red"}),
        ("limits/", {"name": "x", "meter": "cost", "window": "month", "amount": "1", "colour": "red"}),
        ("provider-credentials/", {"name": "x", "kind": "openai", "secret": "s", "colour": "red"}),
    ],
)
def test_an_unknown_field_is_refused_and_nothing_written(shop: Shop, path: str, body: dict[str, str]) -> None:
    refused = shop.api.post(f"{V1}/{path}", body)
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"colour"})
    with shop.cast.acting():
        assert not any(model.objects.exists() for model in (VirtualKey, Limit, ProviderCredential, LedgerEntry))


def test_an_unknown_query_parameter_is_refused(shop: Shop) -> None:
    for path in ("virtual-keys", "limits", "provider-credentials", "ledger"):
        assert set(shop.api.get(f"{V1}/{path}/?colour=red").json()["errors"]) == {"colour"}


Call = Callable[[APIClient, str], Any]


def test_an_outsider_gets_404_everywhere(shop: Shop) -> None:
    key, limit = shop.issue(), shop.limit().json()
    with shop.cast.acting():
        credential = credential_create(name="OpenAI", kind="openai", secret="sk-provider-0123456789")
        held = hold(VirtualKey.objects.get(), 1)
        assert isinstance(held, Hold)
        settle(held, 1)
        entry = LedgerEntry.objects.get()
    outsider = shop.cast.api(tenant=shop.cast.tenant_b)
    reads = [f"virtual-keys/{key['id']}/", f"virtual-keys/{key['id']}/limits/", f"limits/{limit['id']}/"]
    reads += [f"provider-credentials/{credential.id}/", f"ledger/{entry.id}/"]
    writes = {f"virtual-keys/{key['id']}/rotate/": {"overlap_hours": 0}, f"virtual-keys/{key['id']}/revoke/": {}}
    writes |= {f"limits/{limit['id']}/deactivate/": {"reason": "mine"}}
    writes |= {f"provider-credentials/{credential.id}/rotate/": {"secret": "mine"}}
    assert {outsider.get(f"{V1}/{path}").status_code for path in reads} == {404}
    assert {outsider.post(f"{V1}/{path}", body).status_code for path, body in writes.items()} == {404}
    assert outsider.patch(f"{V1}/virtual-keys/{key['id']}/", {"name": "mine"}).status_code == 404
    assert outsider.post(f"{V1}/limits/", _budget_of(key)).status_code == 404
    assert outsider.get(f"{V1}/ledger/").json()["results"] == []


def _budget_of(key: dict[str, Any]) -> dict[str, str]:
    return {"name": "mine", "meter": "cost", "window": "month", "amount": "1", "virtual_key_id": key["id"]}


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.AUDITOR])
def test_readers_read_and_do_not_write(shop: Shop, role: Role) -> None:
    key = shop.issue()
    reader = shop.cast.api(role)
    assert reader.get(f"{V1}/virtual-keys/{key['id']}/").status_code == 200
    assert reader.post(f"{V1}/virtual-keys/{key['id']}/revoke/", {}).status_code == 403
    assert reader.post(f"{V1}/limits/", {"name": "x"}).status_code == 403

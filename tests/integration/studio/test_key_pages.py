"""The pages of virtual keys, limits and credentials."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from keys.models import Limit, ProviderCredential, VirtualKey
from tests import factories
from tests.cast import Cast
from tests.integration.studio.kit import a_route, at, page, send, text

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"sk-orc-\w{46}")


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def issue(cast: Cast, alice: Client, **fields: str) -> tuple[VirtualKey, str]:
    """A key issued by its form, and the secret the page showed."""
    with cast.acting():
        unit = factories.unit()
    answer = text(send(alice, "key-new", **{"name": "app", "unit": str(unit.id)} | fields))
    with cast.acting():
        return VirtualKey.objects.get(), SECRET.findall(answer)[0]


def test_the_secret_of_a_key_is_shown_once(cast: Cast, alice: Client) -> None:
    key, secret = issue(cast, alice)
    later = [page(alice, "key-show", key.id), page(alice, "key-list"), page(alice, "audit-list")]
    assert not [one for one in later if secret in one]


def test_the_page_with_the_secret_is_kept_by_nobody(cast: Cast, alice: Client) -> None:
    with cast.acting():
        unit = factories.unit()
    response = alice.post(at("key-new"), {"name": "app", "unit": str(unit.id)})
    assert "no-store" in response.headers["Cache-Control"]


def test_a_key_is_issued_with_its_budget_and_its_quota(cast: Cast, alice: Client) -> None:
    key, _secret = issue(cast, alice, budget="12.5", quota="60")
    with cast.acting():
        limits = Limit.objects.filter(virtual_key=key).values_list("meter", "window", "amount", "hard")
        assert set(limits) == {("cost", "month", 12_500_000_000, True), ("requests", "minute", 60, True)}


@pytest.mark.parametrize(("field", "value"), [("budget", "1e30"), ("quota", "-1"), ("expires_on", "2001-01-01")])
def test_a_wrong_field_is_named_and_nothing_is_issued(cast: Cast, alice: Client, field: str, value: str) -> None:
    with cast.acting():
        unit = factories.unit()
    answer = send(alice, "key-new", name="app", unit=str(unit.id), **{field: value})
    assert field in answer.context["form"].errors
    with cast.acting():
        assert not VirtualKey.objects.exists()


def test_a_name_that_is_taken_is_said_beside_the_name(cast: Cast, alice: Client) -> None:
    key, _secret = issue(cast, alice)
    answer = send(alice, "key-new", name="app", unit=str(key.unit_id))
    assert "name" in answer.context["form"].errors


def test_a_key_is_rotated_with_overlap(cast: Cast, alice: Client) -> None:
    key, first = issue(cast, alice)
    second = SECRET.findall(text(send(alice, "key-rotate", key.id, overlap_hours="1")))[0]
    assert first != second
    assert page(alice, "key-show", key.id).count("sk-orc-") == 2


def test_a_revoked_key_offers_nothing_more(cast: Cast, alice: Client) -> None:
    key, _secret = issue(cast, alice)
    assert "is refused everywhere" in text(send(alice, "key-revoke", key.id, reason="leaked"))
    assert "?do=rotate" not in page(alice, "key-show", key.id)
    assert "revoked for ever" in text(send(alice, "key-rotate", key.id, overlap_hours="1"))


def test_editing_the_name_keeps_the_hour_at_which_a_key_expires(cast: Cast, alice: Client) -> None:
    key, _secret = issue(cast, alice)
    moment = timezone.now() + timedelta(days=3)
    with cast.acting():
        VirtualKey.objects.filter(id=key.id).update(expires_at=moment)
    send(alice, "key-edit", key.id, name="renamed", expires_on=moment.date().isoformat())
    with cast.acting():
        assert VirtualKey.objects.values_list("name", "expires_at").get() == ("renamed", moment)


def test_a_key_may_be_kept_to_routes_that_exist(cast: Cast, alice: Client) -> None:
    a_route(cast)
    key, _secret = issue(cast, alice, allowed_models="assistant")
    assert "may ask for assistant" in page(alice, "key-show", key.id)


def test_raising_a_limit_needs_a_reason(cast: Cast, alice: Client) -> None:
    send(alice, "limit-new", name="month", covers="tenant", meter="cost", window="month", amount="5", hard="on")
    with cast.acting():
        limit = Limit.objects.get()
    answer = send(alice, "limit-edit", limit.id, name="month", amount="6", hard="on")
    assert "reason" in answer.context["form"].errors
    send(alice, "limit-edit", limit.id, name="month", amount="6", hard="on", reason="quarter end")
    assert "$6.00" in page(alice, "limit-list")


def test_a_limit_is_switched_off_with_a_reason(cast: Cast, alice: Client) -> None:
    send(alice, "limit-new", name="month", covers="tenant", meter="cost", window="month", amount="5", hard="on")
    with cast.acting():
        limit = Limit.objects.get()
    assert "reason" in send(alice, "limit-deactivate", limit.id).context["form"].errors
    assert "no longer counts" in text(send(alice, "limit-deactivate", limit.id, reason="pilot over"))


def test_an_amount_beyond_any_budget_is_a_field_error(cast: Cast, alice: Client) -> None:
    answer = send(alice, "limit-new", name="m", covers="tenant", meter="cost", window="month", amount="999999999999")
    assert "amount" in answer.context["form"].errors


def test_the_secret_of_a_credential_is_never_shown(cast: Cast, alice: Client) -> None:
    first = send(alice, "credential-new", name="vendor", kind="openai", secret="sk-vendor-very-secret")
    with cast.acting():
        credential = ProviderCredential.objects.get()
    failed = send(alice, "credential-new", name="vendor", kind="openai", secret="sk-vendor-very-secret")
    assert "name" in failed.context["form"].errors
    pages = [text(first), text(failed), page(alice, "audit-list"), page(alice, "credential-rotate", credential.id)]
    assert not [one for one in pages if "very-secret" in one]


def test_a_credential_in_use_is_not_deleted(cast: Cast, alice: Client) -> None:
    a_route(cast)
    with cast.acting():
        credential = ProviderCredential.objects.get()
    assert "Still used by" in text(send(alice, "credential-delete", credential.id))

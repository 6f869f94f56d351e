"""Usage, requests, ledger and audit: odd addresses, and files that a spreadsheet may open."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from routing.models import UsageRecord
from tenants.ids import uuid7
from tests import factories
from tests.cast import Cast
from tests.gateway import World
from tests.integration.routing import control_kit
from tests.integration.studio.kit import ADDRESS, at, page

pytestmark = pytest.mark.django_db
NOBODY = "01a20000-0000-7000-8000-000000000000"  # fixed: workers must agree on the names of tests
ODD = (
    {"since": "9999-12-31", "until": "9999-12-31"}, {"since": "0001-01-01", "until": "0001-01-01"}, {"since": "soon"},
    {"until": "2026-01-01", "since": "2026-02-01"}, {"cursor": "x"}, {"cursor": "🦊"}, {"model": "\0"}, {"text": "\0"},
    {"unit_id": "x"}, {"virtual_key_id": NOBODY}, {"status": "x"}, {"kind": "x"}, {"by": "x"}, {"all": "x"},
    {"actor": "%", "action": "x"}, {"cursor": "AAAA"},
)  # fmt: skip
VIEWS = ("usage", "usage-export", "request-list", "ledger-list", "audit-list", "audit-export", "key-list")


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def record(cast: Cast, **fields: Any) -> UsageRecord:
    """A request as the gateway records it."""
    with cast.acting():
        world = World(ADDRESS)
        key = world.key(f"app {uuid7()}")
        row = {
            "virtual_key_id": key.id, "unit_id": world.unit().id, "unit_path": [world.unit().id], "surface": "chat",
            "model_asked": "assistant", "model_served": "small", "input_tokens": 12, "output_tokens": 30,
            "cost": 42_000, "latency_ms": 210, "cache": "off",
        }  # fmt: skip
        wanted = control_kit.record(timezone.now(), **row | fields)
        assert control_kit.write([wanted]) == 1
        return UsageRecord.objects.get(id=wanted["id"])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("query", ODD, ids=str)
def test_an_odd_address_is_no_error(cast: Cast, alice: Client, view: str, query: dict[str, str]) -> None:
    assert alice.get(at(view), query).status_code == 200


def test_a_filter_that_cannot_be_read_says_so(alice: Client) -> None:
    assert "This filter cannot be read" in page(alice, "ledger-list", since="soon")


def test_usage_leads_to_the_requests_behind_a_row(cast: Cast, alice: Client) -> None:
    record(cast)
    record(cast, model_served="large")
    link = f"{at('request-list')}?model=small"
    assert link in page(alice, "usage", by="model")
    assert alice.get(link).content.decode().count("$0.000042") == 1


def test_a_page_says_what_it_is_narrowed_to(cast: Cast, alice: Client) -> None:
    one = record(cast)
    shown = page(alice, "request-list", virtual_key_id=str(one.virtual_key_id))
    assert "Key:" in shown
    assert "Not only app " in shown


def test_the_filter_keeps_what_the_page_is_narrowed_to(cast: Cast, alice: Client) -> None:
    one = record(cast)
    assert f'value="{one.virtual_key_id}"' in page(alice, "request-list", virtual_key_id=str(one.virtual_key_id))


def test_a_request_without_a_decision_has_its_page(cast: Cast, alice: Client) -> None:
    one = record(cast, status="refused", http_status=404, error_code="model_not_found", cost=0)
    assert "model_not_found" in page(alice, "request-show", one.id)


def test_a_request_is_found_by_the_beginning_of_its_id(cast: Cast, alice: Client) -> None:
    one = record(cast)
    assert str(one.id) in page(alice, "request-list", text=str(one.id)[:18])


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_an_export_of_the_audit_log_runs_no_formula(cast: Cast, alice: Client, name: str) -> None:
    with cast.acting():
        factories.service_account(f"{name}x")
    cells = [cell.strip('"') for line in page(alice, "audit-export").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t")]


def test_an_export_of_usage_runs_no_formula(cast: Cast, alice: Client) -> None:
    record(cast, model_served="=HYPERLINK(1)")
    cells = [cell.strip('"') for line in page(alice, "usage-export").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell[:1] in set("=+@")]


def test_the_audit_log_is_filtered(cast: Cast, alice: Client) -> None:
    with cast.acting():
        factories.unit("Cards")
    assert "Cards" in page(alice, "audit-list", action="unit.create")
    assert "No entry matches" in page(alice, "audit-list", actor="nobody")


def test_pages_of_a_long_list_follow_each_other(cast: Cast, alice: Client) -> None:
    with cast.acting():
        for number in range(52):
            factories.unit(f"Unit {number}")
    first = alice.get(at("audit-list"))
    second = alice.get(at("audit-list") + first.context["page"].older_url)
    shown = [{entry.id for entry in one.context["page"].rows} for one in (first, second)]
    assert not shown[0] & shown[1]

"""The pages of connectors: what is shown of one, its switch, its document, a call by hand."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from config.demo.connector import demo_core
from connectors import ports
from connectors.models import Connector, Operation
from connectors.services import connector_create
from connectors.transport import GuardedTransport
from tenants.domain import Role
from tenants.egress import EgressPolicy, parse_allow
from tests import factories
from tests.cast import Cast, committed
from tests.demo_core import DemoCoreServer
from tests.integration.studio.kit import at, page, send, text

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def transport() -> Iterator[None]:
    """The real transport with an operator's entry for this machine."""
    before = ports.transport()
    ports.bind_transport(GuardedTransport(EgressPolicy(parse_allow(["127.0.0.1:*"]))))
    yield
    ports.bind_transport(before)


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def a_connector(cast: Cast, url: str = NOWHERE) -> Connector:
    with cast.acting():
        return connector_create(demo_core(url))


def operation(cast: Cast, connector: Connector, name: str) -> Operation:
    with cast.acting():
        return Operation.objects.get(connector=connector, name=name)


def document(**changes: Any) -> str:
    config = replace(demo_core(NOWHERE), **changes)
    parts = {"name": config.name, "kind": config.kind, "config": config.config, "operations": config.operations}
    return json.dumps(parts, indent=1)


def reader(cast: Cast) -> Client:
    person = factories.user("auditor@example.test")
    factories.member(cast.tenant_a, person, Role.AUDITOR)
    return cast.browser(person)


def test_a_connector_shows_its_operations_and_its_gauge(cast: Cast, alice: Client) -> None:
    connector = a_connector(cast)
    shown = page(alice, "connector-show", connector.id)
    assert "Calls in flight" in shown
    assert "a doubtful call is looked up with booking_status" in shown
    assert "the core notices repeats by the header X-VORGANG-ID" in shown


def test_the_gauge_is_fetched_alone(cast: Cast, alice: Client) -> None:
    connector = a_connector(cast)
    headers = {"HX-Request": "true", "HX-Target": "div#gauge"}
    answer = text(alice.get(at("connector-show", connector.id), headers=headers))
    assert answer.startswith('<div id="gauge"')


def test_both_mappings_are_readable(cast: Cast, alice: Client) -> None:
    shown = page(alice, "operation-show", *_ids(cast, "reserve"))
    assert "body.BETRAG_MINOR" in shown
    assert "GBP → 826" in shown
    assert "STATUS_KZ" in shown


def test_a_reader_sees_no_button_that_changes(cast: Cast) -> None:
    connector, auditor = a_connector(cast), reader(cast)
    shown = page(auditor, "connector-show", connector.id)
    assert "?do=stop" not in shown
    tried = page(auditor, "operation-show", connector.id, operation(cast, connector, "reserve").id)
    assert "call-box" not in tried
    assert send(auditor, "connector-stop", connector.id).status_code == 403


def test_an_outsider_finds_no_connector(cast: Cast) -> None:
    connector = a_connector(cast)
    assert cast.browser(cast.charlie).get(at("connector-show", connector.id)).status_code == 404


def test_a_connector_is_stopped_and_started(cast: Cast, alice: Client) -> None:
    connector = a_connector(cast)
    assert "no new one starts" in text(send(alice, "connector-stop", connector.id))
    assert "?do=start" in page(alice, "connector-show", connector.id)
    assert "Calls may start again" in text(send(alice, "connector-start", connector.id))


def test_a_pasted_document_becomes_a_connector(cast: Cast, alice: Client) -> None:
    answer = send(alice, "connector-new", document=document())
    assert "Workflows can call its operations now" in text(answer)


def test_a_document_that_cannot_be_read_is_refused_with_its_line(alice: Client) -> None:
    faults = send(alice, "connector-new", document="name: a\nkind: ]\n").context["form"].faults
    assert [fault.line for fault in faults] == [2]


def test_faults_of_the_service_have_their_place_in_the_text(cast: Cast, alice: Client) -> None:
    operations = demo_core(NOWHERE).operations
    operations[1]["mapping"]["request"][0]["to"] = ""
    answer = send(alice, "connector-new", document=document(operations=operations))
    [fault] = answer.context["form"].faults
    lines = document(operations=operations).splitlines()
    assert (fault.where, lines[fault.line - 1].strip()) == ("/operations/1/mapping/request/0/to", '"to": "",')


def test_unknown_and_missing_parts_are_named(alice: Client) -> None:
    answer = send(alice, "connector-new", document="name: a\nkind: rest\noperation: []\n")
    assert [(one.line, one.where) for one in answer.context["form"].faults] == [(3, "/operation"), (1, "")]


def test_saving_a_connector_untouched_changes_nothing_but_its_version(cast: Cast, alice: Client) -> None:
    connector = a_connector(cast)
    shown = alice.get(at("connector-edit", connector.id)).context["form"]["document"].value()
    before = operation(cast, connector, "book").document
    assert "obey it" in text(send(alice, "connector-edit", connector.id, document=shown))
    assert operation(cast, connector, "book").document == before


def test_input_that_is_no_json_is_refused_with_its_place(cast: Cast, alice: Client) -> None:
    answer = send(alice, "operation-call", *_ids(cast, "account_read"), input='{"account":\n oops}')
    assert answer.context["call_form"].errors["input"] == ["This is not JSON: line 2, column 2."]


@committed
def test_a_call_by_hand_shows_the_answer_in_our_words_and_masks_the_line(cast: Cast, core: DemoCoreServer) -> None:
    ids = _ids(cast, "account_read", core.url)
    answer = send(cast.browser(cast.alice), "operation-call", *ids, input='{"account": "50000970"}')
    assert json.loads(answer.context["output"])["currency"] == "GBP"
    assert "50000970" not in answer.context["call"].sent
    assert "KTO_NR" in answer.context["call"].sent


@committed
def test_a_refused_call_says_why(cast: Cast, core: DemoCoreServer) -> None:
    answer = send(cast.browser(cast.alice), "operation-call", *_ids(cast, "account_read", core.url),
                  input='{"account": "99"}')  # fmt: skip
    assert "core.account_unknown" in text(answer)
    assert "Change the input" in text(answer)


def _ids(cast: Cast, name: str, url: str = NOWHERE) -> tuple[Any, Any]:
    connector = a_connector(cast, url)
    return connector.id, operation(cast, connector, name).id

"""Approvals from outside: the mail's link, its scanners, the page on a phone, the decision, the run that goes on."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tenants.domain import Role
from tests import factories
from tests.cast import PASSWORD, Cast, committed
from tests.integration.workflows.approving import Desk, links
from tests.integration.workflows.kit import open_bench
from tests.integration.workflows.runs import Engine
from workflows.approvals.domain import MOST_SHOWN, request_of, shown_size

pytestmark = committed
MOST_BYTES = 15 * 1024
SIGN_IN = "/accounts/login/"
DOCUMENT = """
document: {dsl: 1.0.3, namespace: shop, name: pay, version: 1.0.0}
do:
  - ask:
      call: approval:1.0.0@default
      with: {title: '${ "Pay \\(.amount)?" }', payload: '${ . }', approvers: [approver], expiresIn: P1D}
  - done: {set: {paid: true, by: '${ .by }'}}
"""


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    with Engine.opened(open_bench(cast)) as engine:
        opened = Desk(engine)
        opened.people["anna"] = factories.user("anna@example.test", PASSWORD)
        factories.member(cast.tenant_a, opened.people["anna"], Role.APPROVER)
        yield opened


def fields(text: str, decision: str) -> tuple[str, dict[str, str]]:
    """Where the form with this button posts to, and what it posts: what a browser without script does."""
    form = next(one for one in re.findall(r"<form.*?</form>", text, re.DOTALL) if f'value="{decision}"' in one)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    action = re.search(r'action="([^"]+)"', form)
    assert action
    return action[1], hidden | {"decision": decision}


def everything(cast: Cast) -> list[tuple[Any, ...]]:
    """All that a decision would change."""
    with cast.acting(), connection.cursor() as cursor:
        cursor.execute("select id, status, decided_at, version from workflows_approval order by id")
        rows = cursor.fetchall()
        cursor.execute("select id, used_at, revoked_at from workflows_approvallink order by id")
        rows += cursor.fetchall()
        cursor.execute("select id, status, signal_count, wake_at from workflows_run order by id")
        rows += cursor.fetchall()
        cursor.execute("select count(*) from tenants_auditentry")
        return rows + cursor.fetchall()


def test_a_payment_waits_is_approved_through_the_mails_link_and_completes(desk: Desk, cast: Cast):
    api = cast.api()
    api.generic("POST", "/api/v1/definitions", DOCUMENT, content_type="application/yaml")
    run = api.post("/api/v1/runs", {"definition": "shop/pay", "input": {"amount": 12}}).json()["id"]
    desk.engine.work()
    assert api.get(f"/api/v1/runs/{run}").json()["status"] == "waiting"

    link = links()["anna@example.test"]
    phone = Client(enforce_csrf_checks=True)
    sign_in = phone.get(link)
    assert (sign_in.status_code, sign_in["Location"].partition("?")[0]) == (302, SIGN_IN)
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', phone.get(sign_in["Location"]).content.decode())[
        0
    ]
    login = {"login": "anna@example.test", "password": PASSWORD, "next": link, "csrfmiddlewaretoken": token}
    assert phone.post(SIGN_IN, login)["Location"] == link
    page = phone.get(link)
    assert "Pay 12?" in page.content.decode()
    action, posted = fields(page.content.decode(), "approve")
    done = phone.post(action, posted)
    assert done.status_code == 302
    assert "Approved" in phone.get(done["Location"]).content.decode()

    desk.engine.work()
    found = api.get(f"/api/v1/runs/{run}").json()
    assert (found["status"], found["output"]) == ("completed", {"paid": True, "by": "anna@example.test"})
    assert api.get(f"/api/v1/approvals/?run_id={run}").json()["results"][0]["decided_by"] == "anna@example.test"


def test_whoever_opens_the_link_without_a_session_changes_nothing(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    link, page = links()["anna@example.test"], f"/t/bank-a/approvals/{approval.pk}/"
    before = everything(cast)
    scanner = Client()
    for address in (link, page):
        for method in ("get", "head", "options"):
            getattr(scanner, method)(address)
            getattr(scanner, method)(address, headers={"Sec-Purpose": "prefetch", "Purpose": "prefetch"})
        for decision in ("approve", "reject"):  # a scanner that runs scripts presses every button it finds
            secret = link.strip("/").rpartition("/")[2]
            sent = {"decision": decision, "digest": approval.digest, "link": secret, "text": "x"}
            assert scanner.post(address, sent).status_code in {302, 405}
    assert everything(cast) == before


def test_opening_the_pages_in_a_session_changes_nothing_either(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    link, page = links()["anna@example.test"], f"/t/bank-a/approvals/{approval.pk}/"
    anna = cast.browser(desk.person("anna"))
    before = everything(cast)
    for address in (link, page, "/t/bank-a/approvals/"):
        shown = anna.get(address, headers={"Sec-Purpose": "prefetch"})
        assert (shown.status_code, anna.head(address).status_code) == (200, 200)
        assert (shown["Cache-Control"], shown["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert anna.options(address).status_code == 405
    assert everything(cast) == before


def test_a_post_from_another_site_is_refused(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    anna = cast.browser(desk.person("anna"), enforce_csrf_checks=True)
    sent = {"decision": "approve", "digest": approval.digest}
    assert anna.post(f"/t/bank-a/approvals/{approval.pk}/", sent).status_code == 403
    assert desk.of(run).status == "open"


def test_the_link_of_one_person_leads_nobody_else_anywhere(desk: Desk, cast: Cast):
    desk.ask()
    link = links()["anna@example.test"]
    assert cast.browser(cast.alice).get(link).status_code == 404
    assert cast.browser(cast.charlie).get(link).status_code == 404
    assert Client().get("/approvals/orc-approval-made-up/").status_code == 404


def test_a_rejection_takes_a_ready_made_reason_and_a_press(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    anna, address = cast.browser(desk.person("anna")), f"/t/bank-a/approvals/{approval.pk}/"
    page = anna.get(address).content.decode()
    action, posted = fields(page, "reject")
    refused = anna.post(action, posted)
    assert (refused.status_code, "Say why" in refused.content.decode()) == (400, True)
    chosen = re.findall(r'<input type="radio" name="reason" value="([^"]+)"', page)[0]
    assert anna.post(action, posted | {"reason": chosen}).status_code == 302
    assert (desk.of(run).status, desk.of(run).reason) == ("rejected", chosen)


def test_a_second_press_shows_the_first_result_and_the_opposite_who_and_when(desk: Desk, cast: Cast):
    _, approval = desk.ask()
    anna, alice = cast.browser(desk.person("anna")), cast.browser(cast.alice)
    address, sent = f"/t/bank-a/approvals/{approval.pk}/", {"decision": "approve", "digest": approval.digest}
    assert [anna.post(address, sent).status_code for _ in range(2)] == [302, 302]
    opposite = alice.post(address, sent | {"decision": "reject", "text": "no"})
    assert opposite.status_code == 409
    assert "anna@example.test approved this on" in opposite.content.decode()


def test_whoever_asked_sees_why_there_are_no_buttons(desk: Desk, cast: Cast):
    _, approval = desk.ask(requester="anna@example.test")
    anna, address = cast.browser(desk.person("anna")), f"/t/bank-a/approvals/{approval.pk}/"
    shown = anna.get(address).content.decode()
    assert "somebody else has to decide" in shown
    assert 'name="decision"' not in shown
    assert anna.post(address, {"decision": "approve", "digest": approval.digest}).status_code == 403


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("mark", ["x", "&", "ộ", "a\n"])
def test_the_page_is_small_whatever_is_asked(desk: Desk, cast: Cast, mark: str, language: str):
    payload: dict[str, str] = {}
    asked = {"title": mark * 50, "summary": mark * 400, "risk": "high"}
    while shown_size(request_of(asked | {"payload": payload})) < MOST_SHOWN - 300:
        payload[f"value {len(payload)}"] = mark * 20
    desk.ask(**asked, payload=payload)
    link = links()["anna@example.test"]
    anna = cast.browser(desk.person("anna"))
    anna.cookies["django_language"] = language
    page = anna.get(link)
    assert page.status_code == 200
    assert len(payload) > 3
    assert len(page.content) <= MOST_BYTES
    assert b"<button" in page.content


def test_the_inbox_shows_what_waits_for_me_and_what_was_decided(desk: Desk, cast: Cast):
    _, first = desk.ask(title="First one")
    desk.ask(title="Not mine", approvers=["owner"])
    desk.decide(first, desk.person("anna"))
    desk.ask(title="Third one")
    text = cast.browser(desk.person("anna")).get("/t/bank-a/approvals/").content.decode()
    order = [
        text.index(part) for part in ("Waiting for you", "Third one", "Waiting for others", "Not mine", "First one")
    ]
    assert order == sorted(order)


def test_the_api_lists_reads_and_decides(desk: Desk, cast: Cast):
    run, approval = desk.ask()
    api, auditor = cast.api(Role.APPROVER), cast.api(Role.AUDITOR)
    address = f"/api/v1/approvals/{approval.pk}/"
    shown = auditor.get(address).json()
    assert (shown["payload"], shown["digest"]) == (approval.payload, approval.digest)
    sent = {"decision": "approve", "digest": shown["digest"]}
    assert auditor.post(f"{address}decide/", sent).status_code == 403
    assert api.post(f"{address}decide/", sent | {"digest": "0" * 64}).status_code == 409
    assert api.post(f"{address}decide/", {"decision": "reject", "digest": shown["digest"]}).status_code == 400
    assert [api.post(f"{address}decide/", sent).json()["status"] for _ in range(2)] == ["approved"] * 2
    opposite = api.post(f"{address}decide/", sent | {"decision": "reject", "reason": "no"})
    told = opposite.json()["data"]
    assert (opposite.status_code, told["decided_by"][:5], told["decided_at"][:2]) == (409, "robot", "20")
    assert cast.api(tenant=cast.tenant_b).post(f"{address}decide/", sent).status_code == 404
    assert desk.of(run).decided_by.startswith("robot")

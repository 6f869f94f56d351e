"""A brand-new tenant, made from the command line, is led by its pages alone to a real request and a real run."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from tests.system import Desk, eventually

PASSWORD = "long-enough-for-a-test"  # of an account that lives as long as the test
FIELD = re.compile(r'<input\b[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"')
OPTION = re.compile(r'<select\b[^>]*\bname="([^"]+)".*?<option value="([^"]+)"( selected)?', re.DOTALL)
AREA = re.compile(r'<textarea\b[^>]*\bname="([^"]+)"[^>]*>\s*(.*?)</textarea>', re.DOTALL)


class Owner:
    """The first owner of a fresh tenant, with a browser that runs no script."""

    def __init__(self, browser: httpx.Client, slug: str) -> None:
        self.browser, self.slug = browser, slug

    def read(self, path: str = "") -> str:
        return self.browser.get(f"/t/{self.slug}/{path}").raise_for_status().text

    def fill(self, step: str, **changes: Any) -> httpx.Response:
        """Send the form of a step with what it begins with."""
        return self._send(f"/t/{self.slug}/first-steps/{step}/", changes)

    def sign_in(self, email: str) -> None:
        self._send("/accounts/login/", {"login": email, "password": PASSWORD})

    def _send(self, address: str, changes: dict[str, Any]) -> httpx.Response:
        shown = self.browser.get(address).raise_for_status().text.partition("<main")[2]
        found = [*FIELD.findall(shown), *AREA.findall(shown), *(found[:2] for found in OPTION.findall(shown))]
        fields = {name: unescape(value) for name, value in found} | changes
        headers = {"referer": str(self.browser.base_url)}
        return self.browser.post(address, data=fields, headers=headers).raise_for_status()


@pytest.fixture
def owner(desk: Desk) -> Iterator[Owner]:
    slug = desk.name("fresh")
    email = f"{slug}@example.test"
    made = desk.up.manage(
        "tenant_create", slug, "--owner-email", email, "--owner-password-stdin", given=f"{PASSWORD}\n"
    )
    assert made.returncode == 0, made.stderr
    with httpx.Client(base_url=desk.info["base_url"], follow_redirects=True, timeout=60) as browser:
        person = Owner(browser, slug)
        person.sign_in(email)
        yield person


def test_a_new_tenant_gets_to_a_governed_call_and_a_run(desk: Desk, owner: Owner) -> None:
    assert "Nothing is wired yet" in owner.read()
    owner.fill("company", unit="Lending", time_zone="Asia/Ho_Chi_Minh")
    owner.fill("model", form="sandbox")
    secret = re.search(r'id="secret-value">(sk-orc-\w+)<', owner.fill("key", budget="5").text)
    assert secret is not None
    answered = owner.fill("call", prompt="What is a branch?").text
    assert 'class="answer"' in answered
    owner.fill("workflow")
    owner.fill("run", input='{"question": "What should a customer know?"}')
    assert eventually(lambda: "Completed" in owner.read("first-steps/"), seconds=20)
    shown = owner.read("first-steps/")
    [request_id] = set(re.findall(rf"/t/{owner.slug}/requests/([\w-]+)/", shown))
    [run_id] = set(re.findall(rf"/t/{owner.slug}/runs/([\w-]+)/", shown))
    [(status, cost)] = desk.rows("select status, cost from routing_usagerecord where id = %s", request_id)
    assert (status, cost > 0) == ("ok", True)
    [(output,)] = desk.rows("select output from workflows_run where id = %s", run_id)
    assert output["answer"]
    booked = desk.rows(
        "select l.kind from keys_ledgerentry l join tenants_tenant t on t.id = l.tenant_id where t.slug = %s",
        owner.slug,
    )
    assert {kind for (kind,) in booked} == {"settled"}
    assert "Nothing needs you" in owner.read()


def test_the_steps_go_on_where_they_were_left(owner: Owner) -> None:
    owner.fill("company", unit="Lending", time_zone="Asia/Ho_Chi_Minh")
    assert "Next: Model" in owner.read("first-steps/")
    owner.fill("model", form="sandbox")
    assert "Next: Key" in owner.read("first-steps/")
    assert 'class="answer"' in owner.fill("call", prompt="Skipped the key").text
    assert eventually(lambda: "Next: Key" in owner.read("first-steps/") and "OK" in owner.read("first-steps/"))

"""A run's page follows the run by itself; a step opens beside it, by keyboard, and stays while things move."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from tests.browser.driver import Visitor
from tests.browser.system import System
from tests.browser.test_tasks import tab_to

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAUSED = """document: {dsl: 1.0.3, namespace: browser, name: NAME, version: 1.0.0}
do:
  - first: {set: {a: 1}}
  - second: {listen: {to: {one: {with: {type: browser.NAME}}}}}
  - third: {set: {b: 2}}
"""
OPEN = "document.querySelector('dialog.drawer').open"
FOCUS = "document.activeElement.closest('dialog') ? 'drawer' : document.activeElement.textContent"


@dataclass(frozen=True)
class Paused:
    """A run that waits in its second step until it is told to go on."""

    api: httpx.Client
    name: str
    page: str

    def go(self) -> None:
        event = {
            "specversion": "1.0",
            "id": self.name,
            "source": "https://browser.test",
            "type": f"browser.{self.name}",
        }
        kind = {"content-type": "application/cloudevents+json"}
        assert self.api.post("events", content=json.dumps(event), headers=kind).status_code == 202


@pytest.fixture
def paused(system: System) -> Iterator[Paused]:
    name = f"paused-{uuid4().hex[:8]}"
    headers = {"Authorization": f"Bearer {system.api_token}"}
    with httpx.Client(base_url=f"{system.base_url}/api/v1/", headers=headers, follow_redirects=True) as api:
        kind = {"content-type": "application/yaml"}
        assert api.post("definitions", content=PAUSED.replace("NAME", name), headers=kind).status_code == 201
        run = api.post("runs", json={"definition": f"browser/{name}"}).json()["id"]
        yield Paused(api, name, f"/t/{system.slug}/runs/{run}/")


def state(page: Any, wanted: str) -> None:
    page.locator(f"#feed[data-state={wanted}]").wait_for()


def step(page: Any, name: str) -> Any:
    return page.locator("#steps tbody a", has_text=name)


def test_a_step_appears_without_a_reload_and_the_buttons_change(owner: Visitor, paused: Paused) -> None:
    page = owner.page
    owner.open(paused.page)
    page.evaluate("window.untouched = true")
    state(page, "live")
    step(page, "second").wait_for()
    assert page.get_by_role("link", name="Cancel the run").is_visible()
    paused.go()
    step(page, "third").wait_for()
    state(page, "over")
    page.get_by_role("link", name="Cancel the run").wait_for(state="detached")
    assert page.locator("#run-facts").get_by_text("Completed").is_visible()
    assert page.evaluate("window.untouched")
    assert owner.faults() == []


def test_a_step_opens_by_keyboard_and_stays_while_the_run_goes_on(owner: Visitor, paused: Paused) -> None:
    page = owner.page
    owner.open(paused.page)
    step(page, "second").wait_for()
    tab_to(owner, "second")
    page.keyboard.press("Enter")
    page.locator("dialog.drawer[open] h3").first.wait_for()
    assert page.evaluate(FOCUS) == "drawer"
    assert "?step=" in page.url
    paused.go()
    page.locator("dialog.drawer").get_by_text("Completed").first.wait_for()  # it was waiting when it was opened
    step(page, "third").wait_for()
    assert page.evaluate(OPEN)
    assert page.evaluate(FOCUS) == "drawer"
    page.keyboard.press("Escape")
    assert not page.evaluate(OPEN)
    assert page.evaluate(FOCUS) == "second"
    assert page.url.endswith(paused.page)
    assert owner.faults() == []


@pytest.mark.parametrize("end", [lambda route: route.abort(), lambda _route: None], ids=["cut off", "never answered"])
def test_where_no_stream_comes_the_page_asks_and_says_so(owner: Visitor, paused: Paused, end: Callable[[Any], None]):
    page = owner.page
    page.route("**/stream/**", end)
    try:
        owner.open(paused.page)
        state(page, "poll")
        assert page.get_by_text("Updating every 3 seconds").is_visible()
        paused.go()
        step(page, "third").wait_for()
        state(page, "over")
    finally:
        page.unroute("**/stream/**")
    owner.complaints.clear()  # the browser tells of each stream that does not come


def test_a_script_that_comes_late_is_waited_for(owner: Visitor, paused: Paused) -> None:
    page = owner.page

    def late(route: Any) -> None:
        time.sleep(1)
        route.continue_()

    page.route("**/hx-sse*", late)
    try:
        owner.open(paused.page)
        state(page, "live")
        paused.go()
        step(page, "third").wait_for()
    finally:
        page.unroute("**/hx-sse*")
    assert owner.faults() == []


def test_a_step_is_read_without_script(system: System, chromium: "Browser", paused: Paused) -> None:
    plain = Visitor(chromium, system, script=False)
    plain.sign_in("owner")
    plain.open(paused.page)
    step(plain.page, "first").click()
    assert plain.page.locator("dialog.drawer").get_by_text("In the document").is_visible()
    plain.page.locator("dialog.drawer").get_by_role("link", name="Close").click()
    assert not plain.page.locator("dialog.drawer").is_visible()
    assert plain.page.get_by_role("link", name="Reload").is_visible()
    plain.close()

"""A live configuration in the Studio: real traffic is seen on its lines, and a slow or dead server is said to be so."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.browser.driver import Visitor
from tests.browser.second_web import SecondWeb, second_web
from tests.browser.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NEXT_MS, SLOW_MS = 5_000, 3_000  # when a page asks again, and when it calls the server slow; the clock is put forward
# how far anything has moved by itself since the page stood still
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifted += one.value; })
    .observe({ type: "layout-shift" });
}"""
PLACES = """() => ["#workbench", "#board", "#player"].map((one) => {
  const { top, left, width, height } = document.querySelector(one).getBoundingClientRect();
  return [top, left, width, height];
})"""


@pytest.fixture
def web(system: System) -> Iterator[SecondWeb]:
    """A console of its own, to be killed."""
    with second_web(system) as one:
        yield one


@pytest.fixture
def owner(system: System, chromium: "Browser", web: SecondWeb) -> Iterator[Visitor]:
    """The owner of the demo tenant on that console."""
    visitor = Visitor(chromium, replace(system, base_url=web.base_url))
    visitor.sign_in("owner")
    yield visitor
    visitor.close()


def router_of(visitor: Visitor) -> dict[str, Any]:
    """The demo's live model router."""
    system = visitor.system
    found: dict[str, Any] = visitor.context.request.get(
        f"{system.base_url}/api/v1/patterns?pattern=model-router&status=live",
        headers={"Authorization": f"Bearer {system.api_token}"},
    ).json()["results"][0]
    return found


def said(page: Any, state: str) -> str:
    """Wait until the page says this of the server; its words."""
    page.locator(f"#studio-live[data-state={state}]").wait_for()
    return str(page.locator(f"#studio-live [data-when={state}]").inner_text())


def test_a_live_configuration_follows_its_traffic_and_says_how_the_server_is(owner: Visitor, web: SecondWeb) -> None:
    """One page through it all: a real call seen on its line, then a frozen server, a dead one, and one that is back."""
    system, page, row = owner.system, owner.page, router_of(owner)
    page.clock.install()
    owner.looks(1280, "light")
    owner.open(f"/t/{system.slug}/studio/?pattern=model-router&configuration={row['id']}")
    count = page.locator(".drawn:not(.is-away) .diagram-wide [data-edge=ask] .d-count")
    before = count.text_content() or ""
    assert "Looked up every 5 seconds" in said(page, "fresh")
    page.evaluate(SHIFTS)
    places = page.evaluate(PLACES)
    with openai.OpenAI(base_url=f"{system.gateway_url}/v1", api_key=system.virtual_key, max_retries=0) as client:
        client.chat.completions.create(
            model=row["route"], messages=[{"role": "user", "content": "Hello"}], max_tokens=20
        )
    read_again(page, count.filter(has_not_text=before))
    seen = count.text_content()

    web.freeze()
    page.clock.run_for(NEXT_MS + SLOW_MS)
    assert "takes its time" in said(page, "slow")
    web.thaw()
    said(page, "fresh")
    web.freeze()
    page.clock.run_for(NEXT_MS + SLOW_MS)
    said(page, "slow")
    web.kill()
    assert "Trying again" in said(page, "lost")
    assert page.locator("#studio-live [data-when=lost] time").inner_text().count(":") == 2
    assert (count.text_content(), page.evaluate(PLACES), page.evaluate("window.shifted")) == (seen, places, 0)
    web.start()
    page.clock.run_for(2 * NEXT_MS)
    said(page, "fresh")
    assert (page.evaluate(PLACES), page.evaluate("window.shifted")) == (places, 0)
    owner.complaints = [one for one in owner.complaints if "ERR_" not in one]  # the browser tells of the dead server
    assert owner.faults() == []


def read_again(page: Any, wanted: Any) -> None:
    """Look up the figures again and again until the page has what is wanted: a call is written down in a moment."""
    for _look in range(20):
        page.clock.run_for(NEXT_MS)
        page.wait_for_timeout(200)
        if wanted.count():
            return
    raise AssertionError("the page has not followed")


def test_a_dead_server_is_asked_less_and_less_often_until_it_is_looked_at_again(owner: Visitor, web: SecondWeb) -> None:
    page, row = owner.page, router_of(owner)
    page.clock.install()
    owner.open(f"/t/{owner.system.slug}/studio/?pattern=model-router&configuration={row['id']}")
    said(page, "fresh")
    web.kill()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/studio/traffic/" in request.url else None)
    page.clock.run_for(NEXT_MS)
    said(page, "lost")
    assert len(asked) == 1
    for pause in (10, 20, 40):
        with page.expect_event("requestfailed"):
            page.clock.run_for(pause * 1_000)
    assert len(asked) == 4  # an impatient page would have asked 15 times
    web.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    said(page, "fresh")


def test_a_reader_who_signed_out_elsewhere_is_told_and_the_page_stops_asking(owner: Visitor, web: SecondWeb) -> None:
    page, row = owner.page, router_of(owner)
    page.clock.install()
    owner.open(f"/t/{owner.system.slug}/studio/?pattern=model-router&configuration={row['id']}")
    said(page, "fresh")
    owner.context.clear_cookies()
    page.clock.run_for(NEXT_MS)
    assert "may no longer see" in said(page, "gone")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(10 * NEXT_MS)
    page.wait_for_timeout(500)
    assert asked == []

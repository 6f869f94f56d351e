"""The simulator in Chromium: redrawn after a change, a repeat that hits, its address, and without script."""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.driver import Visitor
from tests.browser.second_web import SecondWeb, second_web
from tests.browser.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PUBLIC = "/studio/simulate/"
STUDIO = "/studio/"
SEEN = ".drawn:not(.is-away, .is-warming) .diagram-wide"
LIT = f"""() => [...document.querySelectorAll("{SEEN} [data-node]:not([data-state=idle])")]
  .map(({{dataset}}) => [dataset.node, dataset.state])"""
# all that an outcome changes in the drawing that is seen
LOOK = f"""() => [...document.querySelectorAll("{SEEN} :is([data-node], [data-edge])")].map((one) => [
  one.dataset.node ?? one.dataset.edge, one.dataset.state, one.querySelector(".d-state-word")?.textContent,
  [...one.classList].filter((name) => name.startsWith("is-") && name !== "is-near").sort().join(" ")]).sort()"""
GONE_TO = """(query) => { history.pushState(null, "", query); dispatchEvent(new PopStateEvent("popstate")); }"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))"
OUTCOMES = ("small", "large", "large.small", "small.nobody", "cache", "nobody")
REDRAWN = """(name) => new Promise((resolve) => {
  const from = performance.now();
  new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - from));
  }).observe(document.getElementById("simulation"), {subtree: true, childList: true, characterData: true});
  document.querySelector(`[name=s_down][value=${name}]`).click();
})"""


@pytest.fixture
def visitor(system: System, chromium: "Browser") -> Iterator[Visitor]:
    """Somebody without an account."""
    visitor = Visitor(chromium, system)
    yield visitor
    assert not visitor.faults()
    visitor.close()


def verdict(visitor: Visitor) -> str:
    return str(visitor.page.locator("#verdict-title").inner_text())


def test_a_change_redraws_the_result_in_place_and_the_address_keeps_it(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    page = visitor.page
    visitor.open(PUBLIC)
    before = verdict(visitor)
    took = page.evaluate(REDRAWN, "gpt-mini")
    page.get_by_text("no byte for 4.0").wait_for()
    assert verdict(visitor) != before
    assert "s_down=gpt-mini" in page.url
    shared, told = page.url, verdict(visitor)
    with capsys.disabled():
        print(f"\nsimulator: {took:.0f} ms from the change to the redrawn result, 150 of them waiting for more changes")
    visitor.open(shared.removeprefix(visitor.system.base_url))
    assert verdict(visitor) == told
    assert page.locator("[name=s_down][value=gpt-mini]").is_checked()


def test_repeat_hits_the_cache_keeps_the_focus_and_a_change_forgets_it(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open(PUBLIC)
    page.get_by_role("button", name="Repeat").press("Enter")
    page.get_by_text("Saved by the cache").wait_for()
    assert verdict(visitor) == "The cache"
    assert page.evaluate("document.activeElement.id") == "repeat"
    page.locator("#id_s_quality").press("End")
    page.get_by_role("button", name="Repeat").wait_for()
    assert verdict(visitor) != "The cache"
    assert "s_again" not in page.url


def lit(visitor: Visitor) -> dict[str, str]:
    """The state of each node that is not idle, in the drawing that is seen."""
    return dict(visitor.page.evaluate(LIT))


def until_lit(visitor: Visitor, wanted: dict[str, str]) -> None:
    """Wait for these states, the words beside them, and the line to whoever answered."""
    page = visitor.page
    page.wait_for_function(f"(wanted) => JSON.stringify(({LIT})().sort()) === wanted", arg=compact(wanted))
    words = {"won": "answers", "failed": "failed", "hit": "known already", "done": "done"}
    for node, state in wanted.items():
        assert page.locator(f"{SEEN} [data-node={node}] .d-state-word").text_content() == words[state]
    lines = page.locator(f"{SEEN} .d-line.is-lit").evaluate_all("(all) => all.map((one) => one.dataset.target)")
    assert lines == [node for node, state in wanted.items() if state in {"won", "hit"}]


def compact(states: dict[str, str]) -> str:
    return json.dumps(sorted(map(list, states.items())), separators=(",", ":"))


def test_the_drawing_behind_the_drawer_lights_who_answers(visitor: Visitor) -> None:
    page = visitor.page
    page.emulate_media(reduced_motion="reduce")
    visitor.open(f"{STUDIO}?pattern=model-router")
    page.locator(f"{SEEN} [data-node=router]").click()
    until_lit(visitor, {"router": "done", "small": "won"})
    page.locator("#id_s_quality").press("End")
    page.locator("#id_s_cost").press("Home")
    page.locator("#id_s_speed").press("Home")
    until_lit(visitor, {"router": "done", "large": "won"})
    page.locator("[name=s_down][value=claude-sonnet]").click()
    until_lit(visitor, {"router": "done", "large": "failed", "small": "won"})
    page.get_by_role("button", name="Repeat").click()
    until_lit(visitor, {"router": "done", "cache": "hit"})
    page.locator("[name=s_fault]").select_option("error")
    until_lit(visitor, {"router": "done", "large": "failed", "small": "won"})
    page.wait_for_url(re.compile("won=large.small"))
    page.locator("#drawer-close").click()
    page.wait_for_url(lambda address: "node=" not in address and "won=large.small" in address)
    page.reload()
    until_lit(visitor, {"router": "done", "large": "failed", "small": "won"})
    page.locator("#story [data-beat='1']:visible").click()
    page.wait_for_url(lambda address: "beat=1" in address and "won=" not in address)
    assert "won" not in lit(visitor).values()
    page.go_back()
    until_lit(visitor, {"router": "done", "large": "failed", "small": "won"})
    page.locator("#play").click()
    page.wait_for_url(lambda address: "won=" not in address)
    assert "won" not in lit(visitor).values()


def test_script_and_server_draw_each_outcome_alike(visitor: Visitor, chromium: "Browser") -> None:
    page, plain = visitor.page, Visitor(chromium, visitor.system, script=False)
    page.emulate_media(reduced_motion="reduce")
    visitor.open(f"{STUDIO}?pattern=model-router")
    at_rest, seen = page.evaluate(LOOK), []
    for outcome in OUTCOMES:
        plain.open(f"{STUDIO}?pattern=model-router&won={outcome}")
        page.evaluate(GONE_TO, f"?pattern=model-router&won={outcome}")
        page.evaluate(FRAMES)
        assert page.evaluate(LOOK) == plain.page.evaluate(LOOK), outcome
        seen.append(page.evaluate(LOOK))
    assert all(one != other for one, other in pairwise([at_rest, *seen]))
    plain.close()


def test_it_works_without_script(system: System, chromium: "Browser") -> None:
    visitor = Visitor(chromium, system, script=False)
    visitor.open(PUBLIC)
    visitor.page.locator("[name=s_down][value=gpt-mini]").check()
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Simulate").click()
    assert "no byte for 4.0" in visitor.page.locator("#simulation").inner_text()
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Repeat").click()
    assert verdict(visitor) == "The cache"
    visitor.close()


def test_a_members_route_is_chosen_and_played(owner: Visitor) -> None:
    page = owner.page
    owner.open(f"/t/{owner.system.slug}/simulator/")
    page.locator("#id_s_route").select_option(label="assistant-cheap")
    with page.expect_navigation():
        page.get_by_role("button", name="Choose").click()
    assert verdict(owner) == "Sandbox economy"
    page.get_by_text(re.compile("Strategy, cap")).click()
    page.locator("#id_s_strategy").select_option("fastest")
    page.get_by_text("What-if: not as the route is published").wait_for()
    assert "s_strategy=fastest" in page.url


def flooded(web: SecondWeb) -> httpx.Response:
    """Ask until it is refused for so long that there is time to look at a page."""
    deadline = time.monotonic() + 150  # two windows of a minute
    with httpx.Client(base_url=web.base_url) as client:
        while time.monotonic() < deadline:
            answer = client.get(PUBLIC)
            if answer.status_code == 429 and int(answer.headers["retry-after"]) > 15:
                return answer
    raise AssertionError("the flood was never refused")


@pytest.mark.skipif(os.environ.get("BROWSER_MATRIX") != "full", reason="a flood of a minute: make browser")
def test_a_flooded_page_says_so_keeps_what_was_set_and_goes_on(system: System, chromium: "Browser") -> None:
    """On a console of its own with another address, since a limit is one for all who share an address."""
    with second_web(system, host="::1") as web:
        visitor = Visitor(chromium, replace(system, base_url=web.base_url))
        page = visitor.page
        visitor.open(f"{STUDIO}?node=router")
        assert "Too many tries in a short time" in flooded(web).text
        page.locator("[name=s_down][value=gpt-mini]").click()
        page.get_by_text("Too many simulations in a short time").wait_for()
        assert page.locator("[name=s_down][value=gpt-mini]").is_checked()
        page.locator("#drawer-close").click()
        page.locator(".stations a[data-pattern=saga]").click()
        page.locator("#pattern-title", has_text="Saga").wait_for()
        assert visitor.faults() == []
        visitor.close()

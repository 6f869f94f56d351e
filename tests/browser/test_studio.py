"""The Studio alive: how fast it answers, what moves and what does not, by keyboard alone, with a dead server."""

import os
import re
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from config.tests_note import browser as chromium_path
from tests.browser.driver import Visitor, beside
from tests.browser.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FULL = os.environ.get("BROWSER_MATRIX") == "full"
STUDIO = "/studio/"
SWITCH_MS = 50 if FULL else 500  # `make browser` has the machine to itself, `make test` shares it
ROUNDS = 5 if FULL else 1
CPU_RATE = 4
HAND_MS = 50
FIRST_LOAD_BYTES = 90_000
TOUR_KEYS = 25
PATTERNS = ("saga", "adapter", "choreography", "model-router", "orchestrator")
PLATFORMS = ("aws", "gcp", "onprem", "azure", "cloudflare")
# from the click to the first frame painted after it, and to those in which the story and what stands below followed
CLOCK = """() => {
  const painted = (times, event) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => times.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
  });
  Object.assign(window, { took: [], story: [], below: [] });
  const follows = (name, selector) => new MutationObserver(() => painted(window[name], window.clicked))
    .observe(document.querySelector(selector), { childList: true });
  follows("story", "#narration");
  follows("below", ".below");
  addEventListener("click", (event) => {
    painted(window.took, event);
    window.clicked = event;
  }, true);
}"""
BEAT_AND_TOKEN = """() => [document.querySelector("#beat-of").textContent,
  document.querySelector(".drawn:not(.is-away) .token")?.getAttribute("transform") ?? ""]"""
SHOWN = ".drawn:not(.is-away, .is-warming) .diagram-wide"  # the drawings of the other patterns lie in the page unseen
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 120)))"
FOCUS = "document.activeElement.closest('#workbench, #drawer') !== null"


@pytest.fixture(scope="module")
def fresh(chromium: "Browser") -> Iterator["Browser"]:
    """A Chromium for what is measured here."""
    with beside(chromium, chromium_path() or "") as one:
        yield one


@pytest.fixture
def visitor(system: System, fresh: "Browser") -> Iterator[Visitor]:
    """Somebody who is not signed in."""
    one = Visitor(fresh, system)
    yield one
    assert one.faults() == []
    one.close()


def studio(visitor: Visitor, query: str = "", *, motion: str = "reduce") -> Any:
    """The page with everything on it that it fetches by itself."""
    visitor.page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]  # one of two words
    with visitor.page.expect_response(lambda answer: "/studio/patterns/" in answer.url):
        visitor.open(STUDIO + query)
    visitor.page.wait_for_selector("#share[data-copy-value^=http]", state="attached")
    visitor.page.wait_for_timeout(200)
    return visitor.page


def where(page: Any) -> dict[str, str]:
    """The address as names and values; it is written a frame after what it says."""
    page.evaluate(SETTLED)
    return named(page.url)


def named(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(re.findall(r"[?&]([\w-]+)=([^&]*)", address))


def token(page: Any) -> str:
    """Where the first token is."""
    found: str | None = page.evaluate(
        "document.querySelector('.drawn:not(.is-away) .diagram-wide .token')?.getAttribute('transform')"
    )
    return found or ""


def figures(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\n{text}")


def test_another_pattern_and_another_platform_are_there_at_once(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    page = studio(visitor)
    page.evaluate(CLOCK)
    visitor.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
    took: dict[str, list[float]] = {}
    for what, selector, values in (
        ("pattern", ".stations a[data-pattern={}]", PATTERNS),
        ("platform", "label:has(input[value={}])", PLATFORMS),
    ):
        for value in values * ROUNDS:
            _by_hand(page, selector.format(value))
            page.wait_for_timeout(400)
            assert where(page)[what] == value
        took[what] = page.evaluate("window.took.splice(0)")
    floor = _idle_clicks(page)
    for what, times in took.items():
        said = f"median {median(times):.0f} ms, worst {max(times):.0f} ms of {len(times)}"
        said += f"; a click that changes nothing {floor:.0f} ms"
        figures(capsys, f"Studio, another {what}, click to painted, CPU x{CPU_RATE}: {said} (aim 50 ms)")
    story, below = (median(page.evaluate(f"window.{name}")) for name in ("story", "below"))
    figures(capsys, f"Studio, another pattern: its story after {story:.0f} ms, what stands below after {below:.0f} ms")
    assert {what: times for what, times in took.items() if median(times) > SWITCH_MS} == {}


def _idle_clicks(page: Any) -> float:
    """What browser, driver and machine need by themselves, in the same run."""
    for _click in range(5):
        _by_hand(page, "h1")
        page.wait_for_timeout(200)
    return median(page.evaluate("window.took.splice(0)"))


def _by_hand(page: Any, selector: str) -> None:
    """The pointer arrives, presses and lets go a moment later: all at once, the click would wait for the others."""
    page.hover(selector)
    page.wait_for_timeout(HAND_MS)
    page.mouse.down()
    page.wait_for_timeout(HAND_MS)
    page.mouse.up()


def test_nothing_jumps_when_the_platform_changes(visitor: Visitor) -> None:
    page = studio(visitor)
    places = (
        "[...document.querySelectorAll('.drawn:not(.is-away, .is-warming) :is(.d-box, .d-label), #player')]"
        ".map((one) => { const box = one.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })"
    )
    before = page.evaluate(places)
    page.click("label:has(input[value=aws])")
    assert page.evaluate(places) == before
    assert page.inner_text("#studio-said").startswith("8 of 9 change")
    assert page.locator(f"{SHOWN} .is-changed").count() == 8
    page.locator(".is-changed").first.wait_for(state="detached")


def test_a_token_travels_and_the_story_ends_by_itself(visitor: Visitor) -> None:
    page = studio(visitor, motion="no-preference")
    page.wait_for_selector(f"{SHOWN} .token")
    seen = {token(page)}
    for _look in range(10):
        page.wait_for_timeout(60)
        seen.add(token(page))
    assert len(seen) > 5
    page.locator("#workbench.is-playing").wait_for(state="detached", timeout=6_000)
    assert page.inner_text("#beat-of") == "Beat 9 of 9"
    assert page.inner_text("#gauge-calls") == "1"
    assert page.inner_text("#gauge-cost") == page.text_content(".beats li:last-child small") == "$0.0018"
    still = token(page)
    page.wait_for_timeout(300)
    assert token(page) == still


def test_a_hidden_story_waits(visitor: Visitor) -> None:
    page = studio(visitor, motion="no-preference")
    page.click("#play")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}); "
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    assert page.locator("#workbench.is-playing").count() == 0


def test_with_reduced_motion_beats_light_up_and_nothing_moves(visitor: Visitor) -> None:
    page = studio(visitor)
    page.wait_for_timeout(900)
    assert page.inner_text("#beat-of") == "At rest"
    page.click("#play")
    beats, places = set(), set()
    while page.locator("#workbench.is-playing").count():
        beats.add(page.inner_text("#beat-of"))
        places.add(tuple(page.evaluate(BEAT_AND_TOKEN)))
        page.wait_for_timeout(50)
    assert len(beats) >= 7
    assert len(places) == len(beats)
    assert page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length") == 0


def test_a_saga_that_fails_walks_back_in_reverse_order(visitor: Visitor) -> None:
    page = studio(visitor, "?pattern=saga&scenario=step-fails")
    undone: list[str] = []
    for _beat in range(page.locator("[data-told=step-fails] .track a").count()):
        page.click("#next")
        for node in page.locator(f"{SHOWN} [data-state=undone]").all():
            if (name := node.get_attribute("data-node")) not in undone:
                undone.append(str(name))
                assert node.locator(".d-state-word").text_content() == "undone"
    assert undone == ["shipping", "payment", "stock", "saga"]


def test_every_state_is_gone_back_to(visitor: Visitor) -> None:
    page = studio(visitor)
    page.click(".stations a[data-pattern=saga]")
    page.click("label:has(input[value=gcp])")
    page.click(".track a[data-beat='3']")
    page.click(f"{SHOWN} [data-node=router]")
    page.evaluate(SETTLED)
    shared = page.url
    page.keyboard.press("Escape")
    page.wait_for_selector("#drawer", state="hidden")
    page.go_back()
    page.go_back()
    page.wait_for_selector("#drawer", state="hidden")
    page.goto(shared)
    page.wait_for_selector("#drawer:modal")
    assert where(page) == {"pattern": "saga", "platform": "gcp", "scenario": "happy", "beat": "3", "node": "router"}


def test_the_tour_needs_no_mouse(visitor: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    """All five patterns, a platform, a step, a node and the router, opened and closed."""
    page = studio(visitor)
    pressed: list[str] = []

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)
            pressed.append(key)

    while not page.evaluate(FOCUS):
        press("Tab")
    seen = [where(page).get("pattern", "orchestrator")]
    for key in "2345":
        press(key)
        seen.append(where(page)["pattern"])
    assert sorted(seen) == sorted(PATTERNS)
    press("a")
    assert where(page)["platform"] == "aws"
    press(".", ".")
    assert where(page)["beat"] == "2"
    press("/", "b", "Enter")
    press("ArrowLeft")
    node = page.evaluate("document.activeElement.dataset.node")
    press("Enter")
    page.wait_for_selector("#drawer:modal")
    assert where(page)["node"] == node
    press("Escape")
    page.wait_for_selector("#drawer", state="hidden")
    assert page.evaluate("document.activeElement.dataset.node") == node
    press("r")
    page.wait_for_selector("#drawer:modal #simulation .verdict")
    press("Escape")
    page.wait_for_selector("#drawer", state="hidden")
    figures(capsys, f"Studio tour by keyboard: {len(pressed)} keys (at most {TOUR_KEYS}): {' '.join(pressed)}")
    assert len(pressed) <= TOUR_KEYS


def test_single_keys_act_only_in_the_studio_and_can_be_switched_off(visitor: Visitor) -> None:
    page = studio(visitor)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("3")
    assert "pattern" not in where(page)
    page.focus(".stations a[aria-current]")
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.focus(".stations a[aria-current]")
    page.keyboard.press("3")
    assert "pattern" not in where(page)


def test_arrows_follow_the_lines(visitor: Visitor) -> None:
    page = studio(visitor)
    page.locator(f"{SHOWN} [tabindex='0']").focus()
    assert page.locator(f"{SHOWN} [tabindex='0']").count() == 1
    walked = [page.evaluate("document.activeElement.dataset.node")]
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "End", "Home"):
        page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.dataset.node"))
    assert walked[:2] == ["channel", "hub"]
    assert len(set(walked[:4])) == 4
    assert walked[5] == walked[0] != walked[4]


def test_looking_at_a_node_brings_out_its_lines(visitor: Visitor) -> None:
    page = studio(visitor)
    page.hover(f"{SHOWN} [data-node=router]")
    near = {one.get_attribute("data-edge") for one in page.locator(f"{SHOWN} .d-line.is-near").all()}
    assert near == {"think", "infer", "spare"}
    page.mouse.move(2, 2)
    assert page.locator(".has-near").count() == 0


def test_a_dead_server_is_said_and_nothing_else_changes(visitor: Visitor) -> None:
    visitor.page.route("**/studio/patterns/**", lambda route: route.abort())
    visitor.open(STUDIO)
    visitor.page.wait_for_selector("#studio-away:not([hidden])")
    visitor.page.click("label:has(input[value=aws])")
    assert visitor.page.inner_text("#studio-said").startswith("8 of 9")
    visitor.page.unroute("**/studio/patterns/**")
    visitor.page.wait_for_selector("#studio-away", state="hidden", timeout=10_000)
    visitor.page.click(".stations a[data-pattern=saga]")
    assert visitor.page.inner_text("#pattern-title").startswith("Saga")
    visitor.complaints = [one for one in visitor.complaints if "ERR_FAILED" not in one]


def test_the_picture_is_taken_along_as_png(visitor: Visitor) -> None:
    page = studio(visitor)
    page.click(".export summary")
    with page.expect_download() as download:
        page.click("[data-export=png]")
    assert download.value.suggested_filename == "orchestrator-cloudflare.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "address"), [("Studio", STUDIO), ("Public page", "/")])
def test_the_first_load_is_light(visitor: Visitor, capsys: pytest.CaptureFixture[str], name: str, address: str) -> None:
    """With the other patterns, which come when the Studio is seen."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    visitor.speak("vi")
    visitor.page.emulate_media(reduced_motion="reduce")
    with visitor.page.expect_response(lambda answer: "/studio/patterns/" in answer.url):
        visitor.open(address)
        visitor.page.locator("#workbench").scroll_into_view_if_needed()
    visitor.page.wait_for_timeout(1_000)
    figures(capsys, f"{name}, first load: {sum(sizes) / 1000:.1f} kB in {len(sizes)} files (at most 90 kB)")
    assert 10_000 < sum(sizes) <= FIRST_LOAD_BYTES


def test_the_story_is_read_without_script(system: System, chromium: "Browser") -> None:
    plain = Visitor(chromium, system, script=False)
    plain.open(STUDIO)
    told = []
    for _beat in range(3):
        plain.page.click("#next")
        told.append(plain.page.inner_text("#narration"))
    assert len(set(told)) == 3
    plain.page.locator("label:has(input[value=aws])").click()
    plain.page.get_by_role("button", name="Show").click()
    assert named(plain.page.url)["platform"] == "aws"
    plain.page.click(f"{SHOWN} [data-node=hub]")
    assert plain.page.locator("#drawer").is_visible()
    plain.page.click("#drawer-close")
    assert not plain.page.locator("#drawer").is_visible()
    plain.close()

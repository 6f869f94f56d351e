"""What people come to do: within a budget of clicks, with the keyboard alone, and without script."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.browser.driver import Visitor
from tests.browser.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SECRET = re.compile(r"^sk-orc-\w{46}$")
MOST_TABS = 60
NAME_OF_FOCUS = """() => {
  const one = document.activeElement;
  if (!one.matches("a, button, summary, input, select, textarea")) return "";
  const labels = [...(one.labels ?? [])].map((label) => label.innerText);
  return [one.getAttribute("aria-label"), ...labels, one.innerText].join(" ");
}"""


@pytest.fixture
def plain(system: System, chromium: "Browser") -> Iterator[Visitor]:
    """The owner in a browser without script."""
    visitor = Visitor(chromium, system, script=False)
    visitor.sign_in("owner")
    yield visitor
    visitor.close()


def issue_key(visitor: Visitor) -> str:
    """A new key by its form; its name."""
    name = f"key {uuid4()}"
    visitor.open(f"/t/{visitor.system.slug}/keys/new/")
    visitor.page.get_by_label("Name", exact=True).fill(name)
    visitor.page.get_by_role("button", name="Issue key").click()
    assert SECRET.match(visitor.page.locator("#secret-value").inner_text().strip())
    return name


def tab_to(visitor: Visitor, name: str) -> None:
    """Press Tab until the focus is on what is called `name`, seeing it all the way."""
    for _press in range(MOST_TABS):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.locator("*:focus")
        if focused.count() and focused.is_visible() and name in _name_of(visitor):
            return
    raise AssertionError(f"{name!r} is not within {MOST_TABS} presses of Tab")


def _name_of(visitor: Visitor) -> str:
    found: str = visitor.page.evaluate(NAME_OF_FOCUS)
    return found


def home(visitor: Visitor) -> None:
    visitor.speak("en")
    visitor.open(f"/t/{visitor.system.slug}/")
    visitor.clicks = 0


def test_issuing_a_key_takes_three_clicks(owner: Visitor) -> None:
    home(owner)
    owner.click(owner.page.get_by_role("link", name="Virtual keys"))
    owner.click(owner.page.get_by_role("link", name="New key"))
    owner.page.get_by_label("Name", exact=True).fill(f"clicked {uuid4()}")
    owner.click(owner.page.get_by_role("button", name="Issue key"))
    assert SECRET.match(owner.page.locator("#secret-value").inner_text().strip())
    assert owner.clicks <= 3


def test_rotating_a_key_takes_three_clicks(owner: Visitor) -> None:
    home(owner)
    name = issue_key(owner)
    owner.open(f"/t/{owner.system.slug}/keys/")
    owner.click(owner.page.get_by_role("link", name=name))
    owner.click(owner.page.get_by_role("link", name="Rotate"))
    owner.click(owner.page.locator("dialog[open] button.btn-primary"))
    assert SECRET.match(owner.page.locator("#secret-value").inner_text().strip())
    assert owner.clicks <= 3


def test_revoking_a_key_from_its_page_takes_two_clicks(owner: Visitor) -> None:
    home(owner)
    name = issue_key(owner)
    owner.page.get_by_role("link", name="I have stored it").click()
    owner.clicks = 0
    owner.click(owner.page.get_by_role("link", name="Revoke"))
    owner.click(owner.page.locator("dialog[open] button.btn-danger"))
    assert f"{name} is refused everywhere" in owner.page.locator(".flashes").inner_text()
    assert owner.clicks <= 2


def test_why_this_model_takes_two_clicks(owner: Visitor) -> None:
    home(owner)
    owner.click(owner.page.get_by_role("link", name="Requests").first)
    owner.click(owner.page.locator("main tbody tr", has_text="OK").first.locator("th a"))
    assert owner.page.get_by_role("heading", name="Why this model").is_visible()
    assert owner.clicks <= 2


def test_signing_in_needs_no_mouse(system: System, chromium: "Browser") -> None:
    visitor, (email, password) = Visitor(chromium, system), system.logins["developer"]
    visitor.open("/accounts/login/")
    for name, text in {"Email": email, "Password": password}.items():
        if name not in _name_of(visitor):
            tab_to(visitor, name)
        visitor.page.keyboard.type(text)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/t/**")
    visitor.close()


def test_issuing_and_revoking_a_key_needs_no_mouse(owner: Visitor) -> None:
    home(owner)
    owner.open(f"/t/{owner.system.slug}/keys/new/")
    tab_to(owner, "Name")
    owner.page.keyboard.type(f"typed {uuid4()}")
    owner.page.keyboard.press("Enter")
    owner.page.locator("#secret-value").wait_for()
    for name in ("I have stored it", "Revoke", "Revoke"):
        tab_to(owner, name)
        owner.page.keyboard.press("Enter")
        owner.page.wait_for_load_state()
    assert "is refused everywhere" in owner.page.locator(".flashes").inner_text()


def test_trying_a_route_needs_no_mouse(owner: Visitor) -> None:
    home(owner)
    owner.open(f"/t/{owner.system.slug}/routes/")
    tab_to(owner, "assistant")
    owner.page.keyboard.press("Enter")
    owner.page.locator("#try-box").wait_for()
    route = owner.page.url
    tab_to(owner, "Send")
    owner.page.keyboard.press("Enter")
    owner.page.locator("#try-box .answer").wait_for()
    assert owner.page.url.endswith(route)  # answered in place
    assert owner.faults() == []


def test_a_request_is_found_by_its_id_without_a_mouse(owner: Visitor) -> None:
    home(owner)
    owner.open(f"/t/{owner.system.slug}/requests/")
    wanted = (owner.page.locator("main tbody th a").last.get_attribute("href") or "").split("/")[-2]
    tab_to(owner, "Request id")
    owner.page.keyboard.type(wanted)
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_url(f"**text={wanted}**")
    assert owner.page.locator("main tbody tr").count() == 1


def test_the_palette_leads_to_a_page(owner: Visitor) -> None:
    home(owner)
    owner.page.keyboard.press("Control+k")
    owner.page.locator("#palette input").wait_for()
    owner.page.keyboard.type("Ledger")
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_url("**/ledger/")
    assert owner.faults() == []


def test_a_key_is_issued_rotated_and_revoked_without_script(plain: Visitor) -> None:
    name = issue_key(plain)
    plain.page.get_by_role("link", name="I have stored it").click()
    plain.page.get_by_role("link", name="Rotate").click()
    plain.page.locator("dialog[open] button.btn-primary").click()
    assert SECRET.match(plain.page.locator("#secret-value").inner_text().strip())
    plain.page.get_by_role("link", name="I have stored it").click()
    plain.page.get_by_role("link", name="Revoke").click()
    plain.page.locator("dialog[open] button.btn-danger").click()
    assert f"{name} is refused everywhere" in plain.page.locator(".flashes").inner_text()


def test_a_route_is_tried_without_script(plain: Visitor) -> None:
    plain.open(f"/t/{plain.system.slug}/routes/")
    plain.page.get_by_role("link", name="assistant", exact=True).click()
    plain.page.locator("#try-box button").click()
    assert plain.page.locator(".answer").inner_text().strip()
    plain.page.get_by_role("link", name="Why this model?").click()
    assert plain.page.get_by_role("heading", name="Why this model").is_visible()

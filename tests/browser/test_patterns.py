"""From a pattern to one request, call, run or event that really happened, in at most five clicks."""

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.browser.driver import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_CLICKS = 5
ENDED = re.compile("Completed|Faulted|Undone|Cancelled")
USES = {
    "model-router": "Send request",
    "adapter": "Call",
    "orchestrator": "Run",
    "saga": "Run",
    "choreography": "Publish event",
}


def begin(visitor: Visitor, pattern: str) -> None:
    """From the Studio to the form."""
    visitor.open(f"/t/{visitor.system.slug}/studio/?pattern={pattern}&platform=aws")
    visitor.click(visitor.page.get_by_role("link", name="Use this pattern"))
    visitor.page.wait_for_url(re.compile(r"/patterns/new/"))


def carried(page: "Page", pattern: str) -> str:
    """What the page says of the one thing that happened, once it is over."""
    if pattern == "model-router":
        page.get_by_role("link", name="Why this model?").wait_for()
        return page.locator("#use-box .answer").inner_text()
    if pattern == "adapter":
        page.get_by_text("Answer, in our words").wait_for()
        return page.locator("#use-box #call-output").inner_text()
    if pattern == "choreography":
        return _started_by_event(page)
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/"))
    page.locator(".tile", has_text="State").filter(has_text=ENDED).wait_for(timeout=120_000)
    return page.locator("main").inner_text()


def _started_by_event(page: "Page") -> str:
    """The event's page, once it has started the two that listen for it; it does not follow them by itself."""
    page.wait_for_url(re.compile(r"/events/[0-9a-f-]{36}/"))
    for _try in range(30):
        if page.get_by_text("Delivered").count() >= 2:
            break
        page.wait_for_timeout(500)
        page.reload()
    return page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("model-router", "."),
        ("adapter", "balance"),
        ("orchestrator", "Completed"),
        ("saga", "Completed"),
        ("choreography", "-screening"),
    ],
)
def test_a_pattern_is_live_and_carries_something_within_five_clicks(owner: Visitor, pattern: str, says: str):
    owner.clicks = 0
    begin(owner, pattern)
    owner.page.get_by_label("Name", exact=True).fill(f"{pattern} {uuid4().hex[:8]}")
    owner.click(owner.page.get_by_role("button", name="Create draft"))
    owner.click(owner.page.get_by_role("button", name="Start"))
    owner.click(owner.page.locator("#use").get_by_role("button", name=USES[pattern]))
    assert says in carried(owner.page, pattern)
    assert owner.clicks <= MOST_CLICKS
    assert owner.faults() == []

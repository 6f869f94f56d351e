"""The link of a mail on a phone without script: sign in, then one tap to approve, two to reject."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.asking import ask, ended, link_for
from tests.browser.driver import Visitor
from tests.browser.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def phone(system: System, chromium: "Browser"):
    visitor = Visitor(chromium, system, script=False, phone=True)
    yield visitor
    visitor.close()


def follow(phone: Visitor, system: System, link: str) -> None:
    """Open the link and sign in where it leads."""
    email, password = system.logins["approver"]
    phone.open(link)
    phone.page.get_by_label("Email").fill(email)
    phone.page.get_by_label("Password").fill(password)
    phone.page.get_by_role("button", name="Sign in").click()
    phone.page.get_by_role("button", name="Approve").wait_for()


def test_approved_by_one_tap_after_sign_in(phone: Visitor, system: System) -> None:
    run, _ = ask(system, 4711)
    follow(phone, system, link_for(system, "approver", "Pay 4711"))
    assert phone.overflow() == []
    phone.click(phone.page.get_by_role("button", name="Approve"))
    phone.page.get_by_text("Your decision is recorded.").wait_for()
    found = ended(system, run)
    assert (found["status"], found["output"]) == ("completed", {"paid": True, "by": "approver@demo.example"})
    assert phone.clicks == 1


def test_rejected_by_two_taps_after_sign_in(phone: Visitor, system: System) -> None:
    run, _ = ask(system, 4712)
    follow(phone, system, link_for(system, "approver", "Pay 4712"))
    phone.click(phone.page.get_by_label("The details are wrong"))
    phone.click(phone.page.get_by_role("button", name="Reject"))
    phone.page.get_by_text("Your decision is recorded.").wait_for()
    found = ended(system, run)
    assert (found["status"], found["error"]["detail"]) == ("faulted", "The details are wrong")  # type: ignore[index]
    assert phone.clicks == 2

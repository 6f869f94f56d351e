"""One Chromium for this folder and the running system per session. Files that are skipped say so loudly."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from config.tests_note import browser as chromium_path
from tests.browser.driver import Visitor, launched
from tests.browser.system import System, shared_system

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent
SECONDS = 420  # the first test waits until the system has started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, and skip it where there is no Chromium."""
    missing = pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(SECONDS))
            if chromium_path() is None:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The running system with the demo tenant and some traffic."""
    with shared_system(Path(settings.DATA_DIR)) as running:
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator["Browser"]:
    """Ended after the last test of this folder: its event loop must not outlive them."""
    with launched(chromium_path() or "") as browser:
        yield browser


@pytest.fixture(scope="module")
def owner(system: System, chromium: "Browser") -> Iterator[Visitor]:
    """The owner of the demo tenant, signed in, with everything watched."""
    visitor = Visitor(chromium, system)
    visitor.sign_in("owner")
    yield visitor
    visitor.close()

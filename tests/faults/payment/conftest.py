"""The running system, its payment, and a worker to kill."""

from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.conftest import desk
from tests.faults.payment.payment import Counter
from tests.faults.payment.ward import Ward, ward_of
from tests.system import Desk, Up

__all__ = ["desk"]


@pytest.fixture(scope="module")
def approver(desk: Desk) -> Iterator[httpx.Client]:
    with desk.signed_in("approver") as browser:
        yield browser


@pytest.fixture(scope="module")
def ward(up: Up) -> Iterator[Ward]:
    """Workers of the test's, instead of the installation's."""
    with ward_of(up) as opened:
        opened.freeze_own()
        yield opened


@pytest.fixture
def counter(desk: Desk, approver: httpx.Client) -> Iterator[Counter]:
    """The payment's counters at zero."""
    with httpx.Client(base_url=desk.info["demo_core_url"], timeout=10) as core:
        found = Counter(desk, approver, core)
        found.clear()
        yield found
        found.clear()

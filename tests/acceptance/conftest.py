"""The way into the running system."""

import pytest

from tests.system import Desk


@pytest.fixture(scope="session")
def desk(running_desk: Desk) -> Desk:
    return running_desk

"""Fixtures of the money tests."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.integration.keys.kit import Desk, open_desk


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    """A key of tenant A; the test is marked `committed`."""
    with open_desk(cast) as opened:
        yield opened

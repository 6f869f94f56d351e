"""Fixtures of the money tests."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.integration.keys.kit import Desk, open_desk


@pytest.fixture
def way() -> str:
    """How single holds reach the database; tests that hold on every way are parametrised with WAYS."""
    return "batch"


@pytest.fixture
def desk(cast: Cast, way: str) -> Iterator[Desk]:
    """A key of tenant A; the test is marked `committed`."""
    with open_desk(cast, way=way) as opened:
        yield opened

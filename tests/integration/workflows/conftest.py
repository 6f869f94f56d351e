"""Fixtures of the engine's tests."""

import pytest

from tests.cast import Cast
from tests.integration.workflows.kit import Bench, open_bench


@pytest.fixture
def bench(cast: Cast) -> Bench:
    """A definition of tenant A; the test is marked `committed`."""
    return open_bench(cast)

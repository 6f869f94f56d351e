"""The running system of the acceptance tests, for tests that break it."""

from tests.acceptance.conftest import desk

__all__ = ["desk"]

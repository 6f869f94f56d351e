"""The running system of the acceptance tests, for tests that break it."""

from tests.acceptance.conftest import desk, gateways, models, second, up

__all__ = ["desk", "gateways", "models", "second", "up"]

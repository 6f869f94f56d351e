"""The fixtures of the gateway's integration tests, for tests that break things."""

from tests.integration.routing.gateway.conftest import bank, database

__all__ = ["bank", "database"]

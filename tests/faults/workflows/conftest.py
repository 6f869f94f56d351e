"""A demo core and its connector, for runs that are killed."""

from tests.integration.connectors.conftest import desk, transport

__all__ = ["desk", "transport"]

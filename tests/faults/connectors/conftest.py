"""The fixtures of the connectors' integration tests: a real demo core, the real transport, real workers."""

from tests.integration.connectors.conftest import crew, transport

__all__ = ["crew", "transport"]

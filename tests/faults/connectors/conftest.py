"""The fixtures of the connectors' integration tests: a real demo core, the real transport, real workers."""

from tests.integration.connectors.conftest import core, crew, running, transport

__all__ = ["core", "crew", "running", "transport"]

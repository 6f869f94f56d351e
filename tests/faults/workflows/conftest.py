"""A demo core and its connector, for runs that are killed."""

from tests.integration.connectors.conftest import core, desk, running, transport

__all__ = ["core", "desk", "running", "transport"]

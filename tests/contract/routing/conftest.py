"""The servers that stand in for the providers."""

from collections.abc import Iterator

import pytest

from tests.sandbox import SandboxServer, running_sandbox


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with running_sandbox() as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> SandboxServer:
    """The sandbox model server with its counts at zero."""
    sandbox_server.reset()
    return sandbox_server

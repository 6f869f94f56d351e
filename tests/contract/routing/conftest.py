"""The servers that stand in for the providers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider_process import running_provider_process
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


@pytest.fixture(scope="session")
def provider_socket(sandbox_server: SandboxServer) -> Iterator[Path]:
    """The socket of a running provider process that may call the sandbox, and a port where nobody listens."""
    port = sandbox_server.url.rpartition(":")[2]
    with running_provider_process(egress_allow=f"127.0.0.1:{port},127.0.0.1:9") as path:
        yield path

"""Servers that many tests share, as a pytest plugin: each is started once by a test process, by the first who asks.

A conftest that imported these fixtures from another one would start a server of its own.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.demo_core import DemoCoreServer, running_core
from tests.gateway import Gateway, gateway_url, running_gateway
from tests.provider_process import running_provider_process
from tests.sandbox import SandboxServer, running_sandbox
from tests.system import Desk, Up, running_up


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


@pytest.fixture(scope="session")
def database_url(django_db_setup: None) -> str:
    """The test database in the gateway's role."""
    return gateway_url(str(connections["default"].settings_dict["NAME"]))


@pytest.fixture(scope="session")
def gateway(database_url: str) -> Iterator[Gateway]:
    """A real gateway process over the test database and the session's Redis."""
    with running_gateway(database_url, os.environ["REDIS_URL"]) as process:
        yield process


@pytest.fixture(scope="session")
def core_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCoreServer]:
    with running_core(tmp_path_factory.mktemp("core")) as server:
        yield server


@pytest.fixture
def core(core_server: DemoCoreServer) -> DemoCoreServer:
    """The demo core with its opening balances and all switches off."""
    if core_server.process.poll() is not None:
        core_server.start()
    core_server.reset()
    return core_server


@pytest.fixture(scope="session")
def up() -> Iterator[Up]:
    """The running system; tests that break it leave it whole."""
    with running_up() as started:
        yield started


@pytest.fixture(scope="session")
def running_desk(up: Up) -> Iterator[Desk]:
    """The way into the running system."""
    opened = Desk(up)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def second(up: Up) -> Iterator[Gateway]:
    """Another gateway process of the running system, on the same database."""
    services = up.services()
    variables = {"DATA_DIR": str(up.data_dir), "ENVIRONMENT": "development"}
    with running_gateway(services.gateway_url, services.redis_url, variables=variables) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def gateways(running_desk: Desk, second: Gateway) -> list[str]:
    """The addresses of both gateways."""
    return [running_desk.info["gateway_url"], second.url]


@pytest.fixture(scope="session")
def models() -> Iterator[SandboxServer]:
    """A sandbox model server beside the running system."""
    with running_sandbox() as server:
        yield server

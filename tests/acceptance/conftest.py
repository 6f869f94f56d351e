"""The running system for acceptance tests: one installation per test process, a second gateway beside its own."""

from collections.abc import Iterator

import pytest

from tests.gateway import Gateway, running_gateway
from tests.sandbox import SandboxServer, running_sandbox
from tests.system import Desk, Up, running_up


@pytest.fixture(scope="session")
def up() -> Iterator[Up]:
    with running_up() as started:
        yield started


@pytest.fixture(scope="session")
def desk(up: Up) -> Iterator[Desk]:
    opened = Desk(up)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def second(up: Up) -> Iterator[Gateway]:
    """Another gateway process on the same database."""
    services = up.services()
    variables = {"DATA_DIR": str(up.data_dir), "ENVIRONMENT": "development"}
    with running_gateway(services.gateway_url, services.redis_url, variables=variables) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def gateways(desk: Desk, second: Gateway) -> list[str]:
    """The addresses of both gateways."""
    return [desk.info["gateway_url"], second.url]


@pytest.fixture(scope="session")
def models() -> Iterator[SandboxServer]:
    """A sandbox model server that no other test process uses."""
    with running_sandbox() as server:
        yield server

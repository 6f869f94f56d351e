"""A transport that may reach this machine, workers, and a desk to call the demo core through."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors import ports
from connectors.transport import GuardedTransport
from tenants.egress import EgressPolicy, parse_allow
from tests.cast import Cast
from tests.demo_core import DemoCoreServer
from tests.integration.connectors.crew import Crew
from tests.integration.connectors.kit import CoreDesk, open_core_desk


@pytest.fixture(autouse=True)
def transport() -> Iterator[GuardedTransport]:
    """The real transport with an operator's entry for this machine."""
    before = ports.transport()
    bound = GuardedTransport(EgressPolicy(parse_allow(["127.0.0.1:*"])))
    ports.bind_transport(bound)
    yield bound
    ports.bind_transport(before)


@pytest.fixture
def crew(cast: Cast, settings: Any) -> Iterator[Crew]:
    """Worker processes on the database of this test; it is marked `committed`."""
    hired = Crew(cast, settings)
    yield hired
    hired.dismiss()


@pytest.fixture
def desk(cast: Cast, core: DemoCoreServer) -> CoreDesk:
    """The demo's connector in tenant A; the test is marked `committed`."""
    return open_core_desk(cast, core)

"""Fixtures of the engine's tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from connectors.ports import bind_transport, transport
from connectors.transport import GuardedTransport
from tenants.egress import EgressPolicy, parse_allow
from tests.cast import Cast, conninfo
from tests.integration.workflows.effects import Effects, running_effects
from tests.integration.workflows.kit import Bench, open_bench
from tests.integration.workflows.runs import Engine


@pytest.fixture
def bench(cast: Cast) -> Bench:
    """A definition of tenant A; the test is marked `committed`."""
    return open_bench(cast)


@pytest.fixture
def effects() -> Iterator[Effects]:
    """A server outside that counts."""
    with running_effects() as running:
        before = transport()
        bind_transport(GuardedTransport(EgressPolicy(parse_allow(["127.0.0.1:*"]))))
        yield running
        bind_transport(before)


@pytest.fixture
def engine(bench: Bench) -> Iterator[Engine]:
    """The engine in this process, with hints that go where the test says."""
    with Engine.opened(bench) as opened:
        yield opened


@pytest.fixture
def owner_records() -> Callable[[], Any]:
    """Counts the transactions of a block that wrote something."""

    @contextmanager
    def counting() -> Iterator[Callable[[], int]]:
        with psycopg.connect(conninfo(), autocommit=True) as connection:

            def number() -> int:
                row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
                return int(row[0]) if row else 0

            before, found = number(), []
            yield lambda: found[0]
            found.append(number() - before - 1)

    return counting

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
from workflows.models import Run


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
def owner_records() -> Callable[[Run], Any]:
    """Counts what a block commits about a run: leases taken, and transactions that wrote its history."""

    @contextmanager
    def counting(run: Run) -> Iterator[Callable[[], int]]:
        with psycopg.connect(conninfo(), autocommit=True) as connection:
            connection.execute("select set_config('app.tenant', %s, false)", [str(run.tenant_id)])

            def number() -> int:
                written = "select count(distinct xmin::text) from workflows_runevent where run_id = r.id"
                query = f"select lease_epoch + ({written}) from workflows_run r where id = %s"
                row = connection.execute(query.encode(), [run.pk]).fetchone()
                return int(row[0]) if row else 0

            before, found = number(), []
            yield lambda: found[0]
            found.append(number() - before)

    return counting

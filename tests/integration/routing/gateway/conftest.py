"""A tenant that calls the session's gateway over the sandbox model server."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connections

from tests.cast import Cast, conninfo
from tests.gateway import Gateway, Key, World
from tests.sandbox import SandboxServer


@dataclass
class Bank:
    """Tenant A with a key and a budget, routes to be added by the test."""

    cast: Cast
    world: World
    key: Key
    limit: Any

    def acting(self) -> AbstractContextManager[Any]:
        return self.cast.acting()

    def route(self, name: str, *models: str, strategy: str = "ordered", **spec: Any) -> list[Any]:
        """A route over sandbox models, each with its own deployment."""
        with self.acting():
            deployments = [self.world.deployment(model, name=f"{name} {model}") for model in models]
            self.world.route(name, *deployments, strategy=strategy, **spec)
        return deployments

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Rows of tenant A, oldest first."""
        with self.acting(), connections["default"].cursor() as cursor:
            cursor.execute(f"select {columns} from {table} order by id")
            return cursor.fetchall()

    def records(self, count: int) -> list[dict[str, Any]]:
        """The usage records, once there are `count` of them; they are written shortly after the answer."""
        from routing.models import UsageRecord

        def read() -> list[dict[str, Any]]:
            with self.acting():
                return list(UsageRecord.objects.order_by("id").values())

        return eventually(read, lambda found: len(found) >= count)

    def settled(self) -> list[tuple[Any, ...]]:
        """(kind, amount, held) of the ledger, once no hold is left."""
        eventually(lambda: self.rows("keys_hold", "id"), lambda holds: not holds)
        return self.rows("keys_ledgerentry", "kind, amount, held")


def eventually(read: Callable[[], Any], done: Callable[[Any], bool], *, seconds: float = 5) -> Any:
    """What `read` returns once `done` agrees, or the last of it when time is up."""
    until = time.monotonic() + seconds
    while not done(found := read()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


@pytest.fixture
def bank(transactional_db: None, cast: Cast, sandbox: SandboxServer, gateway: Gateway) -> Iterator[Bank]:
    world = World(f"{sandbox.url}/v1")
    with cast.acting():
        key = world.key()
        limit = world.limit(10**15)
    yield Bank(cast, world, key, limit)
    eventually(lambda: httpx.get(f"{gateway.url}/metrics").text, _is_idle)


def _is_idle(metrics: str) -> bool:
    """Nothing is running but the metrics page itself, nothing waits to be written."""
    return "orchestration_running 1\n" in metrics and "orchestration_entries_waiting 0\n" in metrics


@pytest.fixture
def database(transactional_db: None) -> Iterator["psycopg.Connection[Any]"]:
    """A connection of its own in the app's role."""
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        yield connection

"""A run in the middle of waits and calls, while Redis is flushed or restarted and PostgreSQL is restarted.

On the running system, as an operator has it: nothing is lost, and nothing happens twice at the core.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis

from tests.faults.system.outages import killed
from tests.system import Desk, Up, eventually

pytestmark = pytest.mark.timeout(300)
SECONDS = 60
RUNS = 4
FINAL = {"completed", "faulted", "cancelled", "compensated", "compensation_failed"}

PAYMENT = """
document: {dsl: 1.0.3, namespace: outages, name: "%(name)s", version: 1.0.0}
use:
  retries:
    patiently: {delay: {milliseconds: 300}, limit: {attempt: {count: 100}}}
do:
  - pay:
      try:
        - reserve:
            call: connector:1.0.0@default
            with:
              connector: demo_core
              operation: reserve
              input: {reservation: "${ .reservation }", account: "50000970", amount: "1.00", currency: GBP}
            output: {as: $input}
        - settle:
            wait: {milliseconds: 1500}
        - book:
            call: connector:1.0.0@default
            with:
              connector: demo_core
              operation: book
              input: {reservation: "${ .reservation }", creditor_account: "12345678", amount: "1.00", currency: GBP}
            output: {as: $input}
        - rest:
            wait: {milliseconds: 500}
      catch: {retry: patiently}
"""


def flush(up: Up) -> None:
    with redis.Redis.from_url(up.services().redis_url, socket_timeout=2) as store:
        store.flushall()


def kill_redis(up: Up) -> None:
    [former] = killed(up, "valkey-server")
    assert eventually(lambda: up.pids("valkey-server") not in ([], [former]), seconds=15)


def restart_database(up: Up) -> None:
    [postmaster] = up.pids("bin/postgres", "-D")
    os.kill(postmaster, signal.SIGINT)
    assert eventually(lambda: up.pids("bin/postgres", "-D") not in ([], [postmaster]), seconds=15)


class Payments:
    """Runs of a definition of their own, and what the core counted for them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.core = httpx.Client(base_url=desk.info["demo_core_url"], timeout=10)
        self.before = self._effects()
        name = desk.name("pay")
        source = (PAYMENT % {"name": name}).encode()
        published = desk.api.post("definitions/", content=source, headers={"content-type": "application/yaml"})
        assert published.status_code == 201, published.text
        self.runs = [
            str(desk.create("runs/", definition=f"outages/{name}", input={"reservation": desk.name("r")})["id"])
            for _ in range(RUNS)
        ]

    def reserved(self) -> bool:
        """Whether every run is in the middle: between its two effects."""
        return self.happened().get("reserve", 0) == RUNS

    def happened(self) -> dict[str, int]:
        """Effects at the core since this began."""
        counts = {name: count - self.before.get(name, 0) for name, count in self._effects().items()}
        return {name: count for name, count in counts.items() if count}

    def statuses(self) -> list[str]:
        """The status of each run by REST; `unknown` while the API does not answer."""
        return [self._status(run) for run in self.runs]

    def _status(self, run: str) -> str:
        try:
            answer = self.desk.api.get(f"runs/{run}/")
        except httpx.TransportError:
            return "unknown"
        return str(answer.json()["status"]) if answer.status_code == 200 else "unknown"

    def _effects(self) -> dict[str, int]:
        return dict(self.core.get("/demo/status").json()["effects"])


@pytest.fixture
def payments(running_desk: Desk) -> Iterator[Payments]:
    """Several runs under way."""
    found = Payments(running_desk)
    yield found
    found.core.close()


OUTAGES: list[Any] = [
    pytest.param(flush, id="redis flushed", marks=pytest.mark.faults),
    pytest.param(kill_redis, id="redis restarted", marks=pytest.mark.faults),
    pytest.param(restart_database, id="postgresql restarted"),
]


@pytest.mark.parametrize("moment", ["at once", "in the middle"])
@pytest.mark.parametrize("outage", OUTAGES)
def test_nothing_is_lost_and_nothing_doubled(
    up: Up, payments: Payments, outage: Callable[[Up], None], moment: str, record_property: Any
) -> None:
    if moment == "in the middle":
        assert eventually(payments.reserved, seconds=SECONDS)
    began = time.monotonic()
    outage(up)
    assert eventually(lambda: set(payments.statuses()) <= FINAL, seconds=SECONDS), payments.statuses()
    record_property("over_after_seconds", round(time.monotonic() - began, 1))
    assert payments.statuses() == ["completed"] * RUNS
    assert payments.happened() == {"reserve": RUNS, "book": RUNS}
    assert payments.core.get("/demo/status").json()["balanced"]

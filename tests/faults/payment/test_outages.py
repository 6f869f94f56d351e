"""Payments under way while Redis is flushed, restarted or frozen, and PostgreSQL restarted or frozen.

At once after the start, while people are asked, and while the core books: nothing is lost, nothing is doubled. Nor by
hints that come again and again, in any order, to two workers.
"""

import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.faults.payment.payment import BOOKED, FINAL, SECONDS, Counter, tenant_of
from tests.faults.payment.ward import ward_of
from tests.faults.system.outages import frozen
from tests.faults.workflows.test_outages import flush, kill_redis, restart_database
from tests.system import Up, eventually

pytestmark = [pytest.mark.timeout(300), pytest.mark.faults]
PAYMENTS = 3
FROZEN_SECONDS = 4.0


def freeze(*words: str) -> Callable[[Up], None]:
    def act(up: Up) -> None:
        with frozen(up, *words):
            time.sleep(FROZEN_SECONDS)  # longer than any bound on a call to it

    return act


class Payments:
    """Several payments, and a person who decides on each as soon as its mail is there."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.decided: set[str] = set()
        self.runs = [counter.start() for _ in range(PAYMENTS)]

    def are(self, *statuses: str) -> bool:
        """Whether all of them are in one of these; not, while the database does not answer."""
        found = "select status from workflows_run where id = any(%s::uuid[])"
        try:
            return {row[0] for row in self.counter.desk.rows(found, self.runs)} <= set(statuses)
        except psycopg.OperationalError:
            return False

    def are_asked(self) -> bool:
        return self.are("waiting") and len(self.links()) == PAYMENTS

    def links(self) -> set[str]:
        """Addresses in mails to the approver that were not used yet."""
        mails = "\n".join(self.counter.mails())
        return set(re.findall(r"https?://\S+/approvals/\S+", mails)) - self.decided

    def decide(self) -> None:
        for link in self.links():
            try:
                answer = self.counter.decide(link)
            except (httpx.TransportError, AssertionError):
                continue  # the console is not back yet
            if answer.status_code < 400:
                self.decided.add(link)

    def are_over(self) -> bool:
        self.decide()
        return self.are(*FINAL)

    def book(self) -> None:
        """Until the core is booking one of them."""
        self.counter.switch("book", "slow", seconds=1.5)
        assert eventually(self.are_asked, seconds=SECONDS)
        self.decide()
        assert eventually(self.counter.is_at_work, seconds=SECONDS)


@pytest.fixture
def payments(counter: Counter) -> Iterator[Payments]:
    yield Payments(counter)
    counter.switch("book", "normal")


MOMENTS: dict[str, Callable[[Payments], Any]] = {
    "at once": lambda _payments: None,
    "while people are asked": lambda payments: eventually(payments.are_asked, seconds=SECONDS),
    "while the core books": lambda payments: payments.book(),
}
OUTAGES: dict[str, Callable[[Up], None]] = {
    "redis flushed": flush,
    "redis restarted": kill_redis,
    "redis frozen": freeze("valkey-server"),
    "postgresql restarted": restart_database,
    "postgresql frozen": freeze("postgres"),
}


def happened_once(payments: Payments) -> None:
    """Every payment is completed, and whoever counts counts one of everything for each."""
    assert payments.are("completed")
    counts = payments.counter.counts()
    assert (counts.effects, counts.balanced) == (dict.fromkeys(BOOKED, PAYMENTS), True)
    assert (counts.mails, len(payments.decided)) == (PAYMENTS, PAYMENTS)
    assert eventually(lambda: sum(payments.counter.ends().values()) >= PAYMENTS), "settlements wait for the database"
    for run in payments.runs:
        payments.counter.run_id = run
        one = payments.counter.counts()
        assert (one.approvals, one.charged, one.whole_history) == (1, 1, True)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("outage", OUTAGES)
def test_no_payment_is_lost_and_none_is_doubled(up: Up, payments: Payments, outage: str, moment: str) -> None:
    MOMENTS[moment](payments)
    OUTAGES[outage](up)
    assert eventually(payments.are_over, seconds=SECONDS), payments.counter.run()
    happened_once(payments)


def test_doubled_and_reordered_hints_do_nothing_twice(up: Up, counter: Counter) -> None:
    rng, sent = random.Random(3), 0
    with ward_of(up) as ward:
        ward.work()
        payments = Payments(counter)
        tenant = tenant_of(counter)
        until = time.monotonic() + SECONDS
        while not payments.are_over():
            assert time.monotonic() < until, counter.run()
            for run in rng.sample(payments.runs * 2, 2 * PAYMENTS):
                ward.hint(tenant, run)
                sent += 1
    assert sent > 2 * PAYMENTS
    happened_once(payments)

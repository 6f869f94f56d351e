"""The payment on the running system: its processes killed or stopped, its core slow, down or cutting off."""

import os
import signal
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.payment.payment import BOOKED, SECONDS, Counter, Counts
from tests.faults.payment.ward import ward_of
from tests.faults.system.outages import killed
from tests.system import Up, eventually

pytestmark = [pytest.mark.timeout(300), pytest.mark.faults]
PROCESSES = {
    "worker": ("celery", "worker"),
    "beat": ("manage.py beat",),
    "console": ("config.asgi",),
    "gateway": ("config.gateway",),
    "models": ("config.demo.sandbox",),
    "core": ("config.demo.core",),
}


def completed(counter: Counter) -> bool:
    """Whether it ended well; a console that is being started again does not answer."""
    return bool(eventually(counter.ended_if_answered, seconds=SECONDS)) and counter.run()["status"] == "completed"


@pytest.mark.parametrize("operation", ["reserve", "book"])
@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_killed_while_the_core_works_changes_nothing(
    up: Up, counter: Counter, process: str, operation: str
) -> None:
    counter.switch(operation, "slow", seconds=1.5, times=1)
    counter.start()
    assert eventually(lambda: counter.ended_if_answered() or counter.is_at_work(), seconds=SECONDS)
    killed(up, *PROCESSES[process])
    assert completed(counter), counter.run()
    assert counter.counts() == Counts.expected(BOOKED)


@pytest.mark.parametrize("operation", ["reserve", "book"])
@pytest.mark.parametrize(
    "behaviour",
    [{"mode": "slow", "seconds": 6}, {"mode": "drop"}, {"mode": "down"}],
    ids=["answers after the client left", "cuts its answer off", "down"],
)
def test_a_core_that_fails_for_a_while_carries_everything_out_once(
    counter: Counter, behaviour: dict[str, Any], operation: str
) -> None:
    counter.switch(operation, **behaviour, times=1)
    counter.start()
    assert completed(counter), counter.run()
    assert counter.counts() == Counts.expected(BOOKED)


def test_a_worker_stopped_past_its_lease_says_nothing_more(up: Up, counter: Counter) -> None:
    counter.switch("book", "slow", seconds=1.5, times=1)
    with ward_of(up) as ward:
        counter.start()
        assert eventually(lambda: counter.ended_if_answered() or counter.is_at_work(), seconds=SECONDS)
        ward.freeze_own()
        other = ward.work()
        assert completed(counter), counter.run()
        ended = counter.counts()
        os.kill(other, signal.SIGKILL)
    assert ended == Counts.expected(BOOKED)
    counter.decided = False
    first = counter.start()  # the worker that was stopped is awake again: it says what it has to say, and works
    assert completed(counter)
    again = "select count(*), count(distinct number) from workflows_runevent where run_id = %s"
    [(lines, numbers)] = counter.desk.rows(again, first)
    assert lines == numbers
    twice = {name: 2 * count for name, count in BOOKED.items()}
    assert counter.counts() == replace(Counts.expected(twice), mails=2, settled=2)

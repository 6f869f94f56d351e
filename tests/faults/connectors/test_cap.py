"""What was agreed with the core holds by its own count, whoever is killed, paused or flushed."""

import signal
import time
from collections import Counter

import pytest
import redis

from connectors.services.connectors import Safety
from tests.cast import committed
from tests.integration.connectors.kit import open_core_desk

pytestmark = [committed, pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def narrow(cast, core):
    """A core that takes three at once and works for a second at most; a call has two seconds."""
    return open_core_desk(cast, core, safety=Safety(3, 1.0, 120.0), timeout_seconds=2.0)


def ended(*processes):
    return Counter(word for one in processes for word in one.communicate(timeout=200)[0].split())


def test_200_calls_two_workers_one_killed_and_the_cache_flushed(narrow, crew, settings):
    narrow.core.switch("account_read", "slow", seconds=0.1)
    survivor, doomed = crew.hire(calls=200, threads=16), crew.hire(calls=200, threads=16)
    crew.go()
    time.sleep(2)
    doomed.kill()
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    assert ended(survivor) == {"confirmed": 200}
    assert narrow.core.status()["max_in_flight"] == 3


def test_a_worker_that_sleeps_past_its_leases_does_not_come_on_top(narrow, crew):
    narrow.core.switch("account_read", "slow", seconds=0.1)
    awake, asleep = crew.hire(calls=120, threads=8), crew.hire(calls=40, threads=8)
    crew.go()
    time.sleep(1.5)
    asleep.send_signal(signal.SIGSTOP)
    time.sleep(7)  # leases last four seconds here, and the core is given one more
    asleep.send_signal(signal.SIGCONT)
    outcomes = ended(awake, asleep)
    assert outcomes["confirmed"] >= 150
    assert set(outcomes) <= {"confirmed", "core.no_answer", "core.deadline_exceeded", "core.busy"}
    assert narrow.core.status()["max_in_flight"] == 3


def test_callers_that_give_up_make_room_only_when_the_core_is_idle(cast, core, crew):
    desk = open_core_desk(cast, core, safety=Safety(3, 1.0, 120.0), timeout_seconds=0.3)
    desk.core.switch("account_read", "slow", seconds=0.9)
    impatient = crew.hire(calls=12, threads=6)
    crew.go()
    assert ended(impatient) == {"core.no_answer": 12}
    assert desk.core.status()["max_in_flight"] == 3


def test_a_core_killed_again_and_again_never_sees_more_than_agreed(narrow, crew):
    narrow.core.switch("account_read", "slow", seconds=0.1)
    worker = crew.hire(calls=60, threads=8)
    crew.go()
    for _round in range(2):
        time.sleep(1)
        narrow.core.kill()
        time.sleep(0.5)
        narrow.core.start()
    assert ended(worker)["confirmed"] > 0
    assert narrow.core.status()["max_in_flight"] <= 3

"""A worker killed at every point of a write: asking again with the same key has the effect once and tells the truth."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from connectors.contract import OutcomeKind
from tests.cast import committed
from tests.integration.connectors.kit import worker_environment

pytestmark = [committed, pytest.mark.timeout(180)]
CALLER = Path(__file__).with_name("caller.py")
POINTS = ("before", "sent", "after")
KILLED = -9


def killed_call(desk, point, operation, key, value):
    """The call in a process of its own that dies at the point."""
    environment = worker_environment(settings) | {"FAILPOINTS": f"connectors.call.{point}=kill"}
    command = [
        sys.executable,
        str(CALLER),
        str(desk.cast.tenant_a.id),
        operation,
        key,
        *(f"{k}={v}" for k, v in value.items()),
    ]
    process = subprocess.run(command, env=os.environ | environment, capture_output=True, timeout=60, check=False)
    assert process.returncode == KILLED, process.stderr


def until_settled(desk, operation, key, value):
    """Ask again, as an engine does, until it is known what happened."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        outcome = desk.call(operation, key, **value)
        if outcome.kind is not OutcomeKind.UNKNOWN:
            return outcome
        assert outcome.repeatable
        time.sleep(min(outcome.error.retry_after_seconds or 0.3, 1.0))
    raise AssertionError("nobody ever knew")


@pytest.mark.parametrize("point", POINTS)
def test_a_reservation_has_its_effect_once(desk, point):
    value = {"reservation": "r1", "account": "50000970", "amount": "10.00", "currency": "GBP"}
    killed_call(desk, point, "reserve", "k1", value)
    assert until_settled(desk, "reserve", "k1", value).confirmed
    assert desk.core.effects("reserve") == {"r1": 1}


@pytest.mark.parametrize("point", POINTS)
def test_a_booking_that_the_core_would_repeat_has_its_effect_once(desk, point):
    desk.reserve("r1")
    killed_call(desk, point, "book", "b1", desk.booking("r1"))
    assert until_settled(desk, "book", "b1", desk.booking("r1")).confirmed
    assert desk.core.effects("book") == {"b1": 1}
    assert desk.core.status()["balanced"]

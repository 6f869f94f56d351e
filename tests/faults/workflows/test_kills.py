"""A worker killed with SIGKILL at every commit and every effect of a saga: the same end, and every effect once."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tenants.scope import system_scope, use_scope
from tests.cast import committed, owner_conninfo
from tests.integration.connectors.kit import CoreDesk, worker_environment
from workflows.engine import run_drive
from workflows.models import Run, RunEvent
from workflows.services import definition_publish, run_start
from workflows.statuses import FINAL

pytestmark = [committed, pytest.mark.timeout(180)]
WORKER = Path(__file__).with_name("drive.py")
KILLED = -9

SAGA = """
document: {dsl: 1.0.3, namespace: faults, name: pay, version: 1.0.0}
use:
  retries:
    patiently: {delay: {milliseconds: 200}, limit: {attempt: {count: 60}}}
do:
  - pay:
      try:
        - reserve:
            call: connector:1.0.0@default
            with:
              connector: demo_core
              operation: reserve
              input: {reservation: r1, account: "50000970", amount: "10.00", currency: GBP}
            metadata:
              orchestration:
                compensate:
                  - release:
                      call: connector:1.0.0@default
                      with: {connector: demo_core, operation: release, input: {reservation: r1}}
        - book:
            call: connector:1.0.0@default
            with:
              connector: demo_core
              operation: book
              input: {reservation: r1, creditor_account: "12345678", amount: "10.00", currency: GBP}
      catch: {retry: patiently}
"""
FORWARD = [
    "workflows.claim.after=kill",
    *(f"workflows.record.{side}=kill@{number}" for number in (1, 2, 3) for side in ("before", "after")),
    *(f"workflows.effect.{side}=kill@{number}" for number in (1, 2) for side in ("before", "after")),
    *(f"connectors.call.{point}=kill@{number}" for number in (1, 2) for point in ("before", "sent", "after")),
]
BACKWARD = [
    *(f"workflows.record.{side}=kill@{number}" for number in (3, 4) for side in ("before", "after")),
    *(f"workflows.effect.{side}=kill@3" for side in ("before", "after")),
    *(f"connectors.call.{point}=kill@3" for point in ("before", "sent", "after")),
]
SAMPLE = {"workflows.record.after=kill@2", "workflows.effect.after=kill@2", "connectors.call.sent=kill@3"}


def matrix(*points: str) -> Any:
    """All points for `make faults`, a few for every run of the suite."""
    marked = [one if one in SAMPLE else pytest.param(one, marks=pytest.mark.faults) for one in points]
    return pytest.mark.parametrize("point", marked)


def killed(desk: CoreDesk, run: Run, point: str) -> None:
    """A worker of its own that dies there; its lease runs out at once instead of in ten seconds."""
    environment = os.environ | worker_environment(settings) | {"FAILPOINTS": point}
    command = [sys.executable, str(WORKER), str(desk.cast.tenant_a.id), str(run.pk)]
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert ended.returncode == KILLED, ended
    with psycopg.connect(owner_conninfo()) as connection:
        connection.execute("select set_config('app.tenant', %s, true)", [str(desk.cast.tenant_a.id)])
        connection.execute("update workflows_run set lease_expires_at = now() where lease_expires_at is not null")


def started(desk: CoreDesk) -> Run:
    with desk.cast.acting():
        version = definition_publish(SAGA)
        return run_start(definition=f"{version.definition}@{version.version}")


def finished(desk: CoreDesk, run: Run) -> Run:
    """The run once other workers have brought it to its end."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with use_scope(system_scope(desk.cast.tenant_a.id, "another worker")):
            run_drive(run.pk)
        with desk.cast.acting():
            found: Run = Run.objects.get(pk=run.pk)
        if found.status in FINAL:
            return found
        time.sleep(0.05)
    raise AssertionError(f"still {found.status}")


def has_whole_history(desk: CoreDesk, run: Run) -> bool:
    with desk.cast.acting():
        numbers = list(RunEvent.objects.filter(run_id=run.pk).order_by("number").values_list("number", flat=True))
    return numbers == list(range(1, len(numbers) + 1))


@matrix(*FORWARD)
def test_a_payment_is_booked_once_wherever_its_worker_dies(desk: CoreDesk, point: str) -> None:
    run = started(desk)
    killed(desk, run, point)
    ended = finished(desk, run)
    assert (ended.status, ended.error) == ("completed", None)
    assert list(desk.core.effects("reserve").values()) == [1]
    assert list(desk.core.effects("book").values()) == [1]
    assert desk.core.effects("release") == {}
    assert desk.core.status()["balanced"]
    assert has_whole_history(desk, run)


@matrix(*BACKWARD)
def test_a_refused_payment_is_undone_once_wherever_its_worker_dies(desk: CoreDesk, point: str) -> None:
    desk.core.switch("book", "refuse")
    run = started(desk)
    killed(desk, run, point)
    assert finished(desk, run).status == "compensated"
    assert list(desk.core.effects("reserve").values()) == [1]
    assert desk.core.effects("book") == {}
    assert list(desk.core.effects("release").values()) == [1]
    assert desk.core.status()["balanced"]
    assert has_whole_history(desk, run)


@pytest.mark.faults
@pytest.mark.parametrize(
    "second", ["workflows.claim.after=kill", "workflows.effect.before=kill", "workflows.record.after=kill"]
)
@pytest.mark.parametrize("first", ["workflows.effect.after=kill@2", "connectors.call.sent=kill@2"])
def test_a_worker_that_dies_while_it_recovers_changes_nothing_either(desk: CoreDesk, first: str, second: str) -> None:
    run = started(desk)
    killed(desk, run, first)
    killed(desk, run, second)
    assert finished(desk, run).status == "completed"
    assert list(desk.core.effects("book").values()) == [1]
    assert desk.core.status()["balanced"]

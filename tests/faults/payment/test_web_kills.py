"""The console killed while a payment is started or decided on: whoever repeats it gets one run and one decision."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from config.demo.samples import sample
from tests.faults.payment.payment import BOOKED, Counter, Counts, carry
from tests.faults.payment.ward import Ward, environment_of
from tests.sandbox import ROOT, free_port, wait_for_port
from tests.system import Up, eventually

pytestmark = [pytest.mark.timeout(240), pytest.mark.faults]
ASGI = ("--interface", "asginl", "--http", "1", "--no-ws", "--loop", "uvloop", "--workers", "1")


@contextmanager
def console(up: Up, failpoints: str) -> Iterator[str]:
    """Another console on the same installation, which dies where it is told; its address."""
    port = free_port()
    environment = environment_of(up.pids("granian", "config.asgi")[0])
    command = [sys.executable, "-m", "granian", *ASGI, "--port", str(port), "config.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment | {"FAILPOINTS": failpoints})
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("point", ["workflows.start.before_commit", "queue.hint.before"])
def test_a_payment_is_started_once_wherever_the_console_dies(up: Up, counter: Counter, ward: Ward, point: str) -> None:
    text = sample("above").decode().replace("Invoice", counter.desk.name("Invoice"))
    body = {"definition": "demo/payment", "input": {"file": text}}
    key = {"idempotency-key": counter.desk.name("start")}
    runs = "select count(*) from workflows_run"
    [(before,)] = counter.desk.rows(runs)
    worker = ward.work()
    with console(up, f"{point}=kill") as address, pytest.raises(httpx.TransportError):
        counter.desk.api.post(f"{address}/api/v1/runs/", json=body, headers=key)
    again = counter.desk.api.post("runs/", json=body, headers=key)
    counter.run_id = again.json()["id"]
    assert carry(counter, ward, worker) == "completed"
    assert counter.desk.rows(runs) == [(before + 1,)]
    assert counter.counts() == Counts.expected(BOOKED)


@pytest.mark.parametrize("point", ["workflows.decide.before_commit", "queue.hint.before"])
def test_a_payment_is_decided_once_wherever_the_console_dies(up: Up, counter: Counter, ward: Ward, point: str) -> None:
    worker = ward.work()
    counter.start()
    assert eventually(counter.link, seconds=60)
    with console(up, f"{point}=kill") as address, pytest.raises(httpx.TransportError):
        counter.decide(counter.link(), base=address)
    counter.decided = point == "queue.hint.before"  # it was committed: the sweeper finds the run
    assert carry(counter, ward, worker) == "completed"
    assert counter.counts() == Counts.expected(BOOKED)
    decisions = "select count(*) from tenants_auditentry where action = 'approval.decide' and object_id = %s"
    [(approval,)] = counter.desk.rows("select id from workflows_approval where run_id = %s", counter.run_id)
    assert counter.desk.rows(decisions, str(approval)) == [(1,)]

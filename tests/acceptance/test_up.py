"""One command starts everything, Ctrl-C stops everything."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.system import Desk, Up, alive, eventually

PROCESSES = (
    "config.asgi:application", "config.gateway:app", "config.demo.sandbox", "config.demo.core", "celery",
    "manage.py beat",
)  # fmt: skip
SECOND_START_SECONDS = 10 if os.cpu_count() and os.getloadavg()[0] < 2 else 60  # the promise is for an idle machine


@pytest.fixture
def fresh() -> Iterator[Up]:
    with tempfile.TemporaryDirectory(prefix="orchestration-up-") as directory:
        up = Up(Path(directory) / "data")
        yield up
        up.end()


def open_stream(desk: Desk, lines: list[str]) -> threading.Thread:
    """Read a stream that would take long, in a thread; returns when it has begun."""
    models = f"{desk.info['sandbox_model_url']}/v1"
    route, key = desk.route(desk.provider(models), "sandbox-slow-9000"), desk.key()["secret"]
    body = {"model": route, "messages": [{"role": "user", "content": "Tell me"}], "max_tokens": 2000, "stream": True}
    begun = threading.Event()

    def read() -> None:
        options = {"json": body, "headers": {"authorization": f"Bearer {key}"}, "timeout": 60}
        try:
            with httpx.stream("POST", f"{desk.info['gateway_url']}/v1/chat/completions", **options) as answer:
                for line in answer.iter_lines():
                    lines.append(line)
                    begun.set()
        except httpx.TransportError as error:
            lines.append(f"broken: {error}")
        begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait(20)
    return reader


@pytest.mark.slow
def test_ctrl_c_ends_open_streams_and_every_process_and_the_next_start_is_quick(fresh: Up) -> None:
    fresh.start()
    assert all(eventually(lambda word=word: fresh.pids(word)) for word in PROCESSES)
    lines: list[str] = []
    desk = Desk(fresh)
    before = desk.info
    reader = open_stream(desk, lines)
    pids = fresh.pids()
    desk.close()
    assert fresh.interrupt() == 0
    reader.join(10)

    assert not reader.is_alive()
    assert "data: [DONE]" not in lines
    assert [pid for pid in pids if alive(pid)] == []
    assert fresh.listening() == []
    assert fresh.start() < SECOND_START_SECONDS
    assert fresh.info() == before, "the logins, the token and the key are those of the first start"

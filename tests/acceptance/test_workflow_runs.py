"""Runs by the real processes: REST in, a Celery worker does the work, the sweeper makes up for what dies."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.workflows.effects import Effects, running_effects
from tests.system import Desk, call, eventually

DOCUMENT = """
document: {{dsl: 1.0.3, namespace: acceptance, name: {name}, version: 1.0.0}}
do:
  - screen:
      call: chat:1.0.0@default
      with: {{model: assistant-cheap, prompt: "Is this unusual?", maxTokens: 20}}
  - reserve:
      call: http
      with: {{method: put, endpoint: "{url}/reserve"}}
  - pause:
      wait: {{milliseconds: 300}}
  - book:
      call: http
      with: {{method: put, endpoint: "{url}/book"}}
"""


@pytest.fixture
def effects() -> Iterator[Effects]:
    with running_effects() as running:
        yield running


def started(desk: Desk, effects: Effects) -> str:
    """A run of a fresh definition; its address. Its model answers again, whatever a test before this one has frozen."""
    secret, model = desk.info["virtual_key"], "assistant-cheap"
    assert eventually(lambda: call(desk.info["gateway_url"], secret, model).status_code == 200, seconds=60)
    name = desk.name("pay")
    text = DOCUMENT.format(name=name, url=effects.url)
    headers = {"content-type": "application/yaml"}
    assert desk.api.post("definitions", content=text, headers=headers).status_code == 201
    return f"runs/{desk.create('runs', definition=f'acceptance/{name}', input={'amount': 5})['id']}"


def ended(desk: Desk, run: str, *, seconds: float) -> dict[str, Any]:
    over = ("completed", "faulted", "suspended", "compensated")
    found = eventually(lambda: (got := desk.api.get(run).json())["status"] in over and got, seconds=seconds)
    assert found, desk.api.get(run).json()
    return found  # type: ignore[no-any-return]


def test_a_run_asks_a_model_waits_and_books(desk: Desk, effects: Effects) -> None:
    run = started(desk, effects)
    found = ended(desk, run, seconds=20)
    assert (found["status"], found["error"]) == ("completed", None)
    assert effects.paths() == ["/reserve", "/book"]
    query = "select count(*) from routing_usagerecord where run_id = %s"
    assert eventually(lambda: desk.rows(query, found["id"])[0][0] == 1)


def test_a_worker_killed_in_the_middle_of_an_effect_costs_time_only(desk: Desk, effects: Effects) -> None:
    effects.gates["/reserve"] = threading.Event()
    run = started(desk, effects)
    assert eventually(lambda: "/reserve" in effects.paths(), seconds=20)
    for pid in desk.up.pids("celery", "worker"):
        os.kill(pid, signal.SIGKILL)
    effects.gates["/reserve"].set()
    found = ended(desk, run, seconds=60)
    assert (found["status"], found["error"]) == ("completed", None)
    assert effects.paths() == ["/reserve", "/reserve", "/book"]
    assert len(set(effects.keys("/reserve"))) == 1
    lines = desk.api.get(f"{run}/history").json()["results"]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))

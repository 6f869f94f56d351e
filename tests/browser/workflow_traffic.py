"""Runs, events and calls of the demo core, so that the workflow pages have something true to show."""

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx

if TYPE_CHECKING:
    from tests.browser.system import System

SECONDS = 30
SAGA = """document: {dsl: 1.0.3, namespace: browser, name: pay, version: 1.0.0, title: Pay and undo}
do:
  - reserve:
      call: connector:1.0.0@default
      with:
        connector: demo_core
        operation: reserve
        input:
          reservation: ${ $workflow.id }
          account: "50000970"
          amount: ${ $workflow.input.amount }
          currency: GBP
      metadata:
        orchestration:
          compensate:
            - release:
                call: connector:1.0.0@default
                with: {connector: demo_core, operation: release, input: {reservation: '${ $workflow.id }'}}
  - tell:
      emit:
        event:
          with: {source: "https://browser.test", type: browser.reserved, data: {}}
  - checks:
      fork:
        branches:
          - limits:
              wait: {milliseconds: 10}
          - names:
              wait: {milliseconds: 10}
  - book:
      call: connector:1.0.0@default
      with:
        connector: demo_core
        operation: book
        input:
          reservation: ${ $workflow.id }
          creditor_account: "12345678"
          amount: ${ $workflow.input.wrong // $workflow.input.amount }
          currency: GBP
"""
LISTENER = """document: {dsl: 1.0.3, namespace: browser, name: told, version: 1.0.0}
schedule: {on: {one: {with: {type: browser.reserved}}}}
do:
  - pause:
      wait: {hours: 1}
"""


def make_workflow_traffic(system: "System") -> None:
    """A run that ends well, one that is undone, and two that an event started and that wait."""
    headers = {"Authorization": f"Bearer {system.api_token}"}
    with httpx.Client(base_url=f"{system.base_url}/api/v1/", headers=headers) as api:
        for text in (LISTENER, SAGA):
            answer = api.post("definitions", content=text, headers={"content-type": "application/yaml"})
            assert answer.status_code == 201, answer.text
        inputs = ({"amount": "10.00"}, {"amount": "11.00", "wrong": "12.00"})
        runs = [_started(api, value) for value in inputs]
        ends = [_ended(api, run) for run in runs]
        assert ends == ["completed", "compensated"], ends


def _started(api: httpx.Client, value: dict[str, str]) -> str:
    body = {"definition": "browser/pay", "input": value}
    answer = api.post("runs", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _ended(api: httpx.Client, run: str) -> str:
    deadline = time.monotonic() + SECONDS
    status = ""
    while time.monotonic() < deadline:
        status = str(api.get(f"runs/{run}").json()["status"])
        if status in {"completed", "compensated", "faulted", "compensation_failed"}:
            break
        time.sleep(0.2)
    return status

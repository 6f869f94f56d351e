"""Plays scenarios given as JSON on standard input, each in a tenant of its own. A process of `run`'s."""

import json
import sys
import time
from typing import Any

import django

from bench.conformance.dsl.checks import Ended, complaint

SECONDS = 30.0


def main() -> list[dict[str, str]]:
    """The result of each scenario."""
    return [_case(number, *given) for number, given in enumerate(json.load(sys.stdin))]


def _case(number: int, name: str, document: str, input_: Any, expected: list[tuple[str, Any]]) -> dict[str, str]:
    try:
        ended = _ended(number, document, input_)
    except Exception as error:  # a scenario that breaks is a result, too
        return {"case": name, "result": "fail", "detail": f"{type(error).__name__}: {error}"[:500]}
    wrong = [said for words, value in expected if (said := complaint(ended, words, value))]
    return {"case": name, "result": "fail" if wrong or not expected else "pass", "detail": "; ".join(wrong)[:1000]}


def _ended(number: int, document: str, input_: Any) -> Ended:
    from tenants import services as tenants
    from tenants.ids import uuid7
    from tenants.scope import system_scope, tenant_tx, use_scope
    from workflows.engine import run_drive
    from workflows.models import Run, RunEvent
    from workflows.services import definition_publish, run_start
    from workflows.statuses import FINAL

    scope = system_scope(uuid7(), "conformance")
    with tenant_tx(scope):
        tenants.tenant_create(
            scope, slug=f"scenario-{number}", name="Scenario", owner_email="", time_zone="UTC", accept_url=""
        )
        version = definition_publish(document.encode())
        run = run_start(definition=f"{version.definition}@{version.version}", input=input_)
    until = time.monotonic() + SECONDS
    while True:
        with use_scope(scope):
            worked = run_drive(run.pk)
        with tenant_tx(scope):
            found = Run.objects.get(pk=run.pk)
            history = RunEvent.objects.filter(run_id=run.pk, type__startswith="task.").order_by("number")
            tasks = [(one.type, one.pointer.rpartition("/")[2], one.data) for one in history]
        if found.status in FINAL or time.monotonic() > until:
            return Ended(found.status, found.output, found.error, tasks)
        if not worked:
            time.sleep(0.05)


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main()))

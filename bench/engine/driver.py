"""Starts runs for the benchmark and waits for them. A process of its own, called by `bench.engine.ours` only.

usage: python -m bench.engine.driver prepare | drive RUNS STEPS
"""

import json
import sys
import time
from typing import Any

import django

SECONDS = 120.0
WARM_UP_RUNS = 3


def main(command: str, *numbers: str) -> None:
    """Make the tenant, or run RUNS runs of STEPS steps and print how long it took."""
    if command == "prepare":
        _prepare()
        return
    runs, steps = map(int, numbers)
    print(json.dumps(_drive(runs, steps)))


def _prepare() -> None:
    from tenants import services as tenants
    from tenants.ids import uuid7
    from tenants.scope import tenant_tx

    scope = _scope(uuid7())
    with tenant_tx(scope):
        tenants.tenant_create(scope, slug="bench", name="Bench", owner_email="", time_zone="UTC", accept_url="")


def _drive(runs: int, steps: int) -> dict[str, Any]:
    from tenants.models import Tenant

    scope = _scope(Tenant.objects.get(slug="bench").pk)
    _ran(scope, WARM_UP_RUNS, steps)  # the connection to the broker is made only once
    return _ran(scope, runs, steps)


def _ran(scope: Any, runs: int, steps: int) -> dict[str, Any]:
    """Store the runs in one transaction, whose commit sends their hints, and wait for the last one."""
    from django.db import connection

    from tenants.scope import tenant_tx
    from workflows.models import Run
    from workflows.services.runs import run_of

    with tenant_tx(scope):
        version = _version(steps)
        started = [run_of(version, None).pk for _ in range(runs)]
        with connection.cursor() as cursor:
            cursor.execute("select clock_timestamp()")
            began = cursor.fetchone()[0]
    until = time.monotonic() + SECONDS
    while True:
        with tenant_tx(scope):
            ended = list(Run.objects.filter(pk__in=started, status="completed").values_list("finished_at", flat=True))
        if len(ended) == runs or time.monotonic() > until:
            return {"completed": len(ended), "seconds": (max(ended, default=began) - began).total_seconds()}
        time.sleep(0.1)


def _version(steps: int) -> Any:
    """A definition of that many steps, one after the other; made anew each time, so that no two are the same."""
    from tenants.ids import uuid7
    from workflows.domain.plan import Call, Plan, plan_to_json
    from workflows.models import Definition, DefinitionVersion

    block = tuple(
        Call(name=f"step{number}", pointer=f"/do/{number}/step{number}", function="noop", arguments={"number": number})
        for number in range(steps)
    )
    name = f"steps-{uuid7().hex}"
    plan = plan_to_json(Plan(namespace="bench", name=name, version="1.0.0", block=block))
    definition = Definition.objects.create(namespace="bench", name=name)
    return DefinitionVersion.objects.create(
        definition=definition, number=1, version="1.0.0", source="", document={}, plan=plan, digest=uuid7().hex * 2
    )


def _scope(tenant_id: Any) -> Any:
    from tenants.scope import system_scope

    return system_scope(tenant_id, "bench")


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])

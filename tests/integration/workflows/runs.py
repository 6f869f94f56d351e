"""The engine in this process: plans, runs of them, and workers that are hinted by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from tenants import queue
from tenants.ids import uuid7
from tenants.scope import Scope, system_scope, use_scope
from tests.integration.workflows.effects import Effects
from tests.integration.workflows.kit import Bench
from workflows import engine, sweeping
from workflows.domain.plan import Call, Plan, Policy, Task, plan_to_json
from workflows.models import DefinitionVersion, Run
from workflows.services.deliveries import deliver


def call(effects: Effects, name: str, path: str = "", *, method: str = "post", **more: Any) -> Call:
    """A task that calls the server outside."""
    arguments = {"method": method, "endpoint": effects.url + (path or f"/{name}"), "body": {"task": name}}
    if method == "get":
        del arguments["body"]
    return Call(name=name, pointer=f"/do/{name}", function="http", arguments=arguments, **more)


def plan_of(*tasks: Task, **more: Any) -> Plan:
    """A plan of these tasks in order, with their pointers made right."""
    block = tuple(replace(task, pointer=f"/do/{place}/{task.name}") for place, task in enumerate(tasks))
    return Plan(namespace="tests", name="bench", version="1.0.0", block=block, **more)


def undone_by(task: Call, *handlers: Call) -> Call:
    """The task with a compensation."""
    block = tuple(
        replace(one, pointer=f"{task.pointer}/metadata/orchestration/compensate/{place}/{one.name}")
        for place, one in enumerate(handlers)
    )
    return replace(task, policy=Policy(compensate=block))


@dataclass
class Engine:
    """Hints are collected; `work` carries them out, as often and in whatever order the test says."""

    bench: Bench
    hints: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    @contextmanager
    def opened(cls, bench: Bench) -> Iterator["Engine"]:
        made = cls(bench)
        sweeping._runs._hinted.clear()
        sweeping._deliveries._hinted.clear()
        before = queue.current_app.send_task

        def take(name: str, *, kwargs: dict[str, Any], **_: Any) -> None:
            made.hints.append((name, kwargs))

        queue.current_app.send_task = take  # the broker, which tests of hints must be able to lose
        try:
            yield made
        finally:
            queue.current_app.send_task = before

    @property
    def scope(self) -> Scope:
        return system_scope(self.bench.tenant.id, "tests")

    def publish_version(self, plan: Plan) -> DefinitionVersion:
        """A further version of the bench's definition."""
        with self.bench.cast.acting(tenant=self.bench.tenant):
            number = self.bench.definition.current_number + 1
            self.bench.definition.current_number = number
            self.bench.definition.save()
            return DefinitionVersion.objects.create(
                definition=self.bench.definition,
                number=number,
                version=f"1.0.{number}",
                source="",
                document={},
                plan=plan_to_json(plan),
                digest=uuid7().hex * 2,
            )

    def start(self, plan: Plan, input_: Any = None) -> Run:
        """A run of the plan that is due."""
        self.bench.version = self.publish_version(plan)
        return self.bench.run(input=input_)

    def drive(self, run: Run) -> bool:
        """One hint for one run reaches a worker."""
        with use_scope(self.scope):
            return engine.run_drive(run.pk)

    def work(self) -> None:
        """Carry out all hints until there are none."""
        while self.hints:
            name, arguments = self.hints.pop(0)
            with use_scope(self.scope):
                if name == engine.DRIVE_TASK:
                    engine.run_drive(UUID(arguments["run_id"]))
                elif name == engine.DELIVER_TASK:
                    for one in arguments["delivery_ids"]:
                        deliver(UUID(one))

    def sweep(self) -> int:
        """The sweeper looks for what is due."""
        sweeping._runs._hinted.clear()
        return sweeping.hint_due_runs()

    def result(self, run: Run) -> tuple[str, Any]:
        fresh = self.bench.fresh(run)
        return fresh.status, fresh.output

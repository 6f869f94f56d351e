"""A bench for tests of the engine: a definition with a version and runs of it, and the SQL functions as workers call
them.
"""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from tenants.ids import uuid7
from tenants.models import Tenant
from tests.cast import Cast
from workflows.models import Definition, DefinitionVersion, Delivery, Run, RunEvent, Timer

Json = Any
LEASE = 30.0
MOST_RECOVERIES = 3


def sql(function: str, *values: Any) -> Json:
    """One call of an SQL function, in autocommit as workers do."""
    marks = ", ".join(["%s"] * len(values))
    given = [json.dumps(value) if isinstance(value, dict | list) else value for value in values]
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}({marks})", given)
        found = cursor.fetchone()[0]
    return json.loads(found) if isinstance(found, str) else found


@dataclass
class Bench:
    """One tenant with a definition that does nothing by itself."""

    cast: Cast
    tenant: Tenant
    definition: Definition
    version: DefinitionVersion

    def run(self, **fields: Any) -> Run:
        """A run that is due now."""
        from django.utils import timezone

        with self.cast.acting(tenant=self.tenant):
            values = {"wake_at": timezone.now(), "input": {"amount": 10}} | fields
            return Run.objects.create(definition=self.definition, version=self.version, **values)

    def claim(self, run: Run, owner: str = "one", lease: float = LEASE) -> Json:
        return sql("workflows_claim", self.tenant.id, run.id, owner, lease, MOST_RECOVERIES)

    def record(self, run: Run, epoch: int, **change: Any) -> Json:
        return sql("workflows_record", self.tenant.id, run.id, epoch, {"lease_seconds": LEASE} | change)

    def signal(self, run: Run, signal: Json, *, reopens: bool = False) -> bool:
        return bool(sql("workflows_signal", self.tenant.id, run.id, signal, reopens))

    def publish(self, external_id: str = "1", **attributes: str) -> Json:
        base = {"specversion": "1.0", "id": external_id, "source": "tests", "type": "order.placed"}
        return sql("workflows_publish", self.tenant.id, [{"attributes": base | attributes, "data": {"n": 1}}])

    def fresh(self, run: Run) -> Run:
        with self.cast.acting(tenant=self.tenant):
            return Run.objects.get(pk=run.pk)

    def history(self, run: Run) -> list[tuple[int, str]]:
        with self.cast.acting(tenant=self.tenant):
            rows = RunEvent.objects.filter(run_id=run.pk).order_by("number")
            return [(row.number, row.type) for row in rows]

    def timers(self, run: Run) -> list[str]:
        with self.cast.acting(tenant=self.tenant):
            return list(Timer.objects.filter(run_id=run.pk).order_by("name").values_list("name", flat=True))

    def deliveries(self) -> list[Delivery]:
        with self.cast.acting(tenant=self.tenant):
            return list(Delivery.objects.order_by("id"))


def open_bench(cast: Cast, tenant: Tenant | None = None) -> Bench:
    """A bench in tenant A, or in the one given."""
    tenant = tenant or cast.tenant_a
    with cast.acting(tenant=tenant):
        definition = Definition.objects.create(namespace="tests", name=f"bench-{str(uuid7())[-6:]}", current_number=1)
        version = DefinitionVersion.objects.create(
            definition=definition, number=1, version="1.0.0", source="", document={}, plan={}, digest="0" * 64
        )
    return Bench(cast, tenant, definition, version)


def entry(type_: str = "task.completed", **more: Any) -> Json:
    return {"type": type_, "pointer": "/do/0/a"} | more


def as_uuid(values: list[str]) -> list[UUID]:
    return [UUID(value) for value in values]

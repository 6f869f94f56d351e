"""A desk for tests of money: one tenant's key with limits, and its own connection to the SQL functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.utils import timezone

from keys.domain.limits import Meter, Window
from keys.models import Limit, LimitPeriod
from keys.reconcile import LedgerProof, ledger_proof
from keys.services import IssuedKey, limit_create, virtual_key_issue
from tenants.ids import uuid7
from tenants.models import Tenant, Unit
from tests import factories
from tests.cast import Cast, conninfo, owner_conninfo
from tests.integration.keys.ways import Answer, send


def exchange(connection: "psycopg.Connection[Any]", *ops: Answer) -> list[Answer]:
    """One call of the SQL function for batches."""
    return send(connection, list(ops))


@dataclass
class Desk:
    """A key of the unit `Cards` below `Retail`; limits come as the test asks."""

    cast: Cast
    tenant: Tenant
    top: Unit
    unit: Unit
    issued: IssuedKey
    connection: "psycopg.Connection[Any]"
    way: str = "batch"
    taken: list[UUID] = field(default_factory=list)

    def limit(
        self, amount: int, *, meter: str = "cost", window: str = "month", scope: str = "key", **more: Any
    ) -> Limit:
        """A limit of the key, the unit, the unit above, or the tenant."""
        places = {"key": {"virtual_key_id": self.issued.key.id}, "unit": {"unit_id": self.unit.id}}
        place = (places | {"top": {"unit_id": self.top.id}, "tenant": {}})[scope]
        name = more.pop("name", f"{scope} {meter}")
        with self.cast.acting(tenant=self.tenant):
            return limit_create(name=name, meter=Meter(meter), window=Window(window), amount=amount, **place, **more)

    def hold_op(self, amount: int = 100, **more: Any) -> Answer:
        """An operation that asks for a hold; its id is in `hold`."""
        key, row = self.issued.key, self.issued.row
        op = {"op": "hold", "tenant": self.tenant.id, "hold": uuid7(), "key": key.id, "secret": row.id}
        op |= {"amount": amount, "priced": True, "ttl": 60} | more
        return {name: str(value) if isinstance(value, UUID) else value for name, value in op.items()}

    def end_op(self, hold: Answer, kind: str = "settle", amount: int | None = None) -> Answer:
        """An operation that ends a hold."""
        op = {"op": kind, "tenant": hold["tenant"], "hold": hold["hold"]}
        return op if amount is None else op | {"amount": amount}

    def ask(self, *ops: Answer) -> list[Answer]:
        """One batch on the connection of this desk."""
        return send(self.connection, list(ops), self.way)

    def take(self, amount: int = 100, **more: Any) -> Answer:
        """A hold that must be admitted; returns its operation."""
        op = self.hold_op(amount, **more)
        answer = self.ask(op)[0]
        assert answer["ok"], answer
        return op

    def settle(self, hold: Answer, amount: int) -> Answer:
        """Settle one hold."""
        return self.ask(self.end_op(hold, "settle", amount))[0]

    def counters(self, limit: Limit) -> tuple[int, int, int]:
        """Committed, held, overrun of the present period."""
        with self.cast.acting(tenant=self.tenant):
            period = LimitPeriod.objects.filter(limit=limit, ends_at__gt=timezone.now()).first()
            return (period.committed, period.held, period.overrun) if period else (0, 0, 0)

    def proof(self) -> LedgerProof:
        """The books of the tenant."""
        with self.cast.acting(tenant=self.tenant):
            return ledger_proof()

    def as_owner(self, statement: str, *values: Any) -> None:
        """Turn back time or the like, as no run-time role may."""
        with psycopg.connect(owner_conninfo()) as connection:
            connection.execute("select set_config('app.tenant', %s, true)", [str(self.tenant.id)])
            assert connection.execute(statement.encode(), values).rowcount > 0

    def end_period(self, limit: Limit) -> None:
        """Let the present period of a limit end now, as if the month were over."""
        now = "clock_timestamp()"
        self.as_owner(f"update keys_limitperiod set ends_at = {now} where limit_id = %s and ends_at > {now}", limit.id)

    def overdue(self, hold: Answer) -> None:
        """Let the time of a hold run out."""
        self.as_owner("update keys_hold set expires_at = clock_timestamp() where id = %s", hold["hold"])


@contextmanager
def open_desk(cast: Cast, tenant: Tenant | None = None, way: str = "batch") -> Iterator[Desk]:
    """A desk in tenant A, or in the one given; needs a test marked `committed`."""
    tenant = tenant or cast.tenant_a
    with cast.acting(tenant=tenant):
        top = factories.unit("Retail")
        unit = factories.unit("Cards", parent=top)
        issued = virtual_key_issue(unit_id=unit.id, name="app")
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        yield Desk(cast, tenant, top, unit, issued, connection, way)


def expire(batch: int = 100) -> int:
    """Run the reaper as the relay does."""
    with psycopg.connect(conninfo("relay"), autocommit=True) as connection:
        row = connection.execute("select keys_expire(%s)", [batch]).fetchone()
    assert row is not None
    return int(row[0])

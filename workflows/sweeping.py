"""What the sweeper looks for: runs that are due and in nobody's hands, and deliveries that nobody has made.

It reads named columns as the relay and only sends hints; the work is done by whoever claims it in its tenant. A hint is
not repeated for some seconds, so that a busy worker does not drown in them.
"""

import time
from typing import Final
from uuid import UUID

from django.db import connections

from tenants.queue import enqueue
from tenants.scope import system_scope

BATCH: Final = 500
REPEAT_SECONDS: Final = 5.0
_DUE_RUNS: Final = """
select tenant_id, id from workflows_run
where wake_at is not null and wake_at <= clock_timestamp()
  and (lease_expires_at is null or lease_expires_at < clock_timestamp())
order by wake_at limit %s
"""
_DUE_DELIVERIES: Final = """
select tenant_id, id from workflows_delivery
where status = 'pending' and due_at <= clock_timestamp() - interval '1 second' order by due_at limit %s
"""


class Hinter:
    """Sends a hint for each id, and not again too soon."""

    def __init__(self) -> None:
        self._hinted: dict[UUID, float] = {}

    def fresh(self, ids: list[tuple[UUID, UUID]], now: float) -> list[tuple[UUID, UUID]]:
        """Those (tenant, id) that were not hinted at lately; they are from now on."""
        self._hinted = {one: at for one, at in self._hinted.items() if at > now - REPEAT_SECONDS}
        found = [(tenant, one) for tenant, one in ids if one not in self._hinted]
        self._hinted |= {one: now for _, one in found}
        return found


_runs, _deliveries = Hinter(), Hinter()


def hint_due_runs() -> int:
    """Wake workers for runs whose time has come or whose worker is gone."""
    found = _runs.fresh(_rows(_DUE_RUNS), time.monotonic())
    for tenant_id, run_id in found:
        enqueue("workflows.run_drive", system_scope(tenant_id, "sweeper"), {"run_id": str(run_id)})
    return len(found)


def hint_due_deliveries() -> int:
    """Wake workers for deliveries that are to be tried, or tried again."""
    found = _deliveries.fresh(_rows(_DUE_DELIVERIES), time.monotonic())
    for tenant_id, delivery_id in found:
        enqueue("workflows.deliver", system_scope(tenant_id, "sweeper"), {"delivery_ids": [str(delivery_id)]})
    return len(found)


def _rows(query: str) -> list[tuple[UUID, UUID]]:
    with connections["relay"].cursor() as cursor:
        cursor.execute(query, [BATCH])
        return [(row[0], row[1]) for row in cursor.fetchall()]

"""What the sweeper looks for: runs that are due and in nobody's hands, and deliveries that nobody has made.

It reads named columns as the relay and only sends hints; the work is done by whoever claims it in its tenant. A hint is
not repeated for some seconds, so that a busy worker does not drown in them.
"""

import time
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from django.db import connections

from tenants.queue import enqueue
from tenants.scope import system_scope

Due: TypeAlias = tuple[UUID, UUID, datetime]  # tenant, id, since when

BATCH: Final = 500
REPEAT_SECONDS: Final = 5.0
_DUE_RUNS: Final = """
select tenant_id, id, wake_at from workflows_run
where wake_at is not null and wake_at <= clock_timestamp()
  and (lease_expires_at is null or lease_expires_at < clock_timestamp())
order by wake_at limit %s
"""
_DUE_DELIVERIES: Final = """
select tenant_id, id, due_at from workflows_delivery
where status = 'pending' and due_at <= clock_timestamp() - interval '1 second' order by due_at limit %s
"""


class Hinter:
    """Sends a hint for each thing that is due, and for the same moment of it not again too soon."""

    def __init__(self) -> None:
        self._hinted: dict[tuple[UUID, datetime], float] = {}

    def fresh(self, due: list[Due], now: float) -> list[Due]:
        """Those that were not hinted at lately; they are from now on."""
        self._hinted = {one: at for one, at in self._hinted.items() if at > now - REPEAT_SECONDS}
        found = [one for one in due if one[1:] not in self._hinted]
        self._hinted |= {one[1:]: now for one in found}
        return found


_runs, _deliveries = Hinter(), Hinter()


def hint_due_runs() -> int:
    """Wake workers for runs whose time has come or whose worker is gone."""
    found = _runs.fresh(_rows(_DUE_RUNS), time.monotonic())
    for tenant_id, run_id, _at in found:
        enqueue("workflows.run_drive", system_scope(tenant_id, "sweeper"), {"run_id": str(run_id)})
    return len(found)


def hint_due_deliveries() -> int:
    """Wake workers for deliveries that are to be tried, or tried again."""
    found = _deliveries.fresh(_rows(_DUE_DELIVERIES), time.monotonic())
    for tenant_id, delivery_id, _at in found:
        enqueue("workflows.deliver", system_scope(tenant_id, "sweeper"), {"delivery_ids": [str(delivery_id)]})
    return len(found)


def _rows(query: str) -> list[Due]:
    with connections["relay"].cursor() as cursor:
        cursor.execute(query, [BATCH])
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]

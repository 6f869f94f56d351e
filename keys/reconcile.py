"""Proof that the books balance: counters of limit periods against holds and ledger, in one consistent read.

For every period, with the entries that name it:

    cost      committed = sum of settled and expired amounts     held = sum of live holds     overrun = sum of overruns
    requests  committed = ended and live holds that counted
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from tenants.access import require
from tenants.scope import tenant_tx

# One statement is one snapshot, so calls in flight do not disturb the proof.
_PERIODS = """
with booked as (
    select p as period, sum(e.amount) filter (where e.kind <> 'overrun') as committed,
           sum(e.amount) filter (where e.kind = 'overrun') as overrun
    from keys_ledgerentry e cross join unnest(e.allocations) p group by p
), held as (
    select p as period, sum(h.amount) as held from keys_hold h cross join unnest(h.allocations) p group by p
), counted as (
    select c.period, count(*) as calls
    from (select unnest(e.counted) as period from keys_ledgerentry e where e.kind <> 'overrun'
          union all select unnest(h.counted) from keys_hold h) c
    group by c.period
)
select p.id, l.name, p.starts_at, p.committed, p.held, p.overrun,
       coalesce(case when l.meter = 'cost' then b.committed else c.calls end, 0),
       coalesce(h.held, 0), coalesce(b.overrun, 0)
from keys_limitperiod p join keys_limit l on l.id = p.limit_id
left join booked b on b.period = p.id left join held h on h.period = p.id left join counted c on c.period = p.id
order by p.starts_at, p.id
"""
_TOTALS = "select (select count(*) from keys_ledgerentry), (select count(*) from keys_hold)"
_DOUBLE = """
select e.hold_id from keys_ledgerentry e join keys_hold h on h.id = e.hold_id limit 20
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A counter that the ledger does not explain."""

    period_id: UUID
    limit: str
    counter: str
    counted: int
    explained: int


@dataclass(frozen=True, slots=True)
class LedgerProof:
    """Result of checking one tenant; it balances when both lists are empty."""

    periods: int
    entries: int
    holds: int
    mismatches: tuple[Mismatch, ...]
    ended_but_live: tuple[UUID, ...]

    @property
    def balances(self) -> bool:
        """Whether every counter is explained."""
        return not self.mismatches and not self.ended_but_live


def ledger_proof() -> LedgerProof:
    """Check the books of the present tenant."""
    with tenant_tx(), connection.cursor() as cursor:
        require("ledger.read")
        periods = _fetch(cursor, _PERIODS)
        doubles = _fetch(cursor, _DOUBLE)
        entries, holds = _fetch(cursor, _TOTALS)[0]
    mismatches = tuple(found for row in periods for found in _mismatches(row))
    return LedgerProof(len(periods), entries, holds, mismatches, tuple(row[0] for row in doubles))


def _mismatches(row: tuple[Any, ...]) -> list[Mismatch]:
    period_id, limit, _, *numbers = row
    pairs = zip(("committed", "held", "overrun"), numbers[:3], numbers[3:], strict=True)
    return [
        Mismatch(period_id, limit, name, int(counted), int(explained))
        for name, counted, explained in pairs
        if counted != explained
    ]


def _fetch(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

"""Proof that usage and ledger say the same: each request's cost against the entries of its holds, in one read.

    cost of a request      = sum of the ledger entries of its attempts
    entries of no request  = calls of a gateway that died before it could write the record (booked by expiry)

Days are those of the tenant's reporting zone. Calls that are under way are in neither.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection

from routing.selectors.filters import reporting_zone
from tenants.access import require
from tenants.scope import tx_tenant

SHOWN = 20
# The ledger is read through its table, since the join over a month must not pass through Python. Both sides are read a
# day beyond the period, so that a request at its edge meets its entries.
_PROOF: Final = """
with near as (
    select id, coalesce(cost, 0) as cost, hold_ids, (at at time zone %(zone)s)::date as day from routing_usagerecord
    where tenant_id = %(tenant)s
      and at >= %(since)s::timestamptz - interval '40 hours' and at < %(until)s::timestamptz + interval '64 hours'
), entry as (
    select hold_id, sum(amount) as amount, min(admitted_at) as admitted_at from keys_ledgerentry
    where tenant_id = %(tenant)s and admitted_at >= %(since)s::timestamptz - interval '40 hours'
      and admitted_at < %(until)s::timestamptz + interval '64 hours'
    group by hold_id
), attempt as (
    select n.id, unnest(n.hold_ids) as hold_id from near n
), booked as (
    select a.id, sum(e.amount) as amount from attempt a join entry e using (hold_id) group by a.id
), compared as (
    select n.id, n.cost, coalesce(b.amount, 0) as amount from near n left join booked b using (id)
    where n.day between %(since)s and %(until)s
), orphan as (
    select e.amount from entry e
    where (e.admitted_at at time zone %(zone)s)::date between %(since)s and %(until)s
      and not exists (select from attempt a where a.hold_id = e.hold_id)
)
select (select count(*) from compared), (select coalesce(sum(cost), 0) from compared),
       (select coalesce(sum(amount), 0) from compared),
       (select array(select id from compared where cost <> amount order by id desc limit %(shown)s)),
       (select count(*) from orphan), (select coalesce(sum(amount), 0) from orphan)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageProof:
    """Amounts are nano-USD. `differing` names up to SHOWN requests whose cost is not what was booked, newest first."""

    requests: int
    cost: int
    booked: int
    differing: tuple[UUID, ...]
    unrecorded: int
    unrecorded_amount: int

    @property
    def agrees(self) -> bool:
        """Whether every recorded request costs exactly what was booked for it."""
        return not self.differing and self.cost == self.booked


def usage_proof(*, since: date, until: date) -> UsageProof:
    """Compare the requests of these days, both included, with the ledger."""
    require("usage.read")
    require("ledger.read")
    values: dict[str, Any] = {"tenant": tx_tenant(), "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_PROOF, values | {"zone": str(reporting_zone()), "shown": SHOWN})
        requests, cost, booked, differing, unrecorded, amount = cursor.fetchone()
    return UsageProof(
        requests=requests,
        cost=int(cost),
        booked=int(booked),
        differing=tuple(differing),
        unrecorded=unrecorded,
        unrecorded_amount=int(amount),
    )

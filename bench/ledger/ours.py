"""Callers of the gateway's own ledger, each of which holds, settles and begins anew."""

import asyncio
import hashlib
import time

import psycopg

from keys.ports import Hold, HoldRequest
from routing.adapters.postgres_config import PostgresConfigStore
from routing.adapters.postgres_ledger import PostgresLedger
from routing.ports import KeyRow
from tenants.ids import uuid7

HELD, SPENT = 60_000, 25_000  # nano-USD

_PROOF = """
select (select count(*) from keys_hold), (select count(*) from keys_ledgerentry where kind = 'settled'),
       sum(p.committed) filter (where l.meter = 'cost'), sum(p.committed) filter (where l.meter = 'requests')
from keys_limitperiod p join keys_limit l on l.id = p.limit_id
"""


async def find_key(gateway_url: str, secret: str) -> KeyRow:
    """The key of the benchmark, looked up as the gateway does it."""
    store = PostgresConfigStore(gateway_url)
    await store.open()
    try:
        row = await store.find_key(hashlib.sha256(secret.encode()).digest())
    finally:
        await store.close()
    assert row is not None
    return row


async def ours(gateway_url: str, key: KeyRow, *, callers: int, seconds: float) -> tuple[list[float], float]:
    """How long each hold took, in seconds, and how long all of it took until the last settlement was written."""
    ledger = PostgresLedger(gateway_url)
    await ledger.open()
    taken: list[float] = []
    started = time.perf_counter()
    until = started + seconds

    async def caller() -> None:
        while (began := time.perf_counter()) < until:
            held = await ledger.hold(_request(key))
            taken.append(time.perf_counter() - began)
            if not isinstance(held, Hold):
                raise RuntimeError(f"a hold was refused: {held.reason}")
            ledger.end(held, SPENT)

    await asyncio.gather(*(caller() for _ in range(callers)))
    await ledger.close(seconds=60)
    return taken, time.perf_counter() - started


def unexplained(owner_url: str, key: KeyRow, holds: int) -> int:
    """How many of the holds are not in the ledger exactly once, or not in the counters."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("select set_config('app.tenant', %s, false)", [str(key.tenant_id)])
        row = connection.execute(_PROOF).fetchone()
    live, settled, spent, counted = map(int, row or (0, 0, 0, 0))
    return live + abs(settled - holds) + abs(spent - holds * SPENT) + abs(counted - holds)


def _request(key: KeyRow) -> HoldRequest:
    return HoldRequest(key.tenant_id, uuid7(), key.key_id, key.secret_id, HELD)

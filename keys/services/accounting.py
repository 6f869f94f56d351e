"""Hold, settle, release: the three calls through which money is spent, over the SQL function that the gateway uses too.

Call them outside of longer transactions: a hold keeps its limits locked until the transaction ends.
"""

import json
from datetime import timedelta
from typing import Any

from django.db import connection, connections

from keys.domain.holds import hold_op, read_hold, read_settlement, release_op, settle_op
from keys.models import VirtualKey
from keys.ports import Hold, HoldRequest, Refusal, Settlement
from tenants.ids import uuid7
from tenants.scope import tenant_tx

KEEP_PERIODS = timedelta(days=7)


def hold(key: VirtualKey, worst_case: int, *, priced: bool = True, ttl_seconds: int = 600) -> Hold | Refusal:
    """Reserve the worst case of one call, in nano-USD, against every limit on the path of the key."""
    request = HoldRequest(
        tenant_id=key.tenant_id,
        hold_id=uuid7(),
        virtual_key_id=key.id,
        secret_id=None,
        amount=worst_case,
        priced=priced,
        ttl_seconds=ttl_seconds,
    )
    return read_hold(request, _exchange(hold_op(request)))


def settle(held: Hold, usage: int) -> Settlement:
    """Book what the call really cost, in nano-USD, and free the rest of its hold."""
    return read_settlement(_exchange(settle_op(held, usage)))


def release(held: Hold) -> Settlement:
    """Give the whole hold back: the provider was certainly never asked."""
    return read_settlement(_exchange(release_op(held)))


def holds_expire(batch: int = 500) -> int:
    """End due holds of all tenants at their full amount; return how many. Runs as the relay."""
    with connections["relay"].cursor() as cursor:
        cursor.execute("select keys_expire(%s)", [batch])
        return int(cursor.fetchone()[0])


def periods_prune(keep: timedelta = KEEP_PERIODS) -> int:
    """Forget ended minute periods of all tenants; return how many. Runs as the relay."""
    with connections["relay"].cursor() as cursor:
        cursor.execute("select keys_prune(make_interval(secs => %s))", [keep.total_seconds()])
        return int(cursor.fetchone()[0])


def _exchange(op: dict[str, Any]) -> dict[str, Any]:
    with tenant_tx(), connection.cursor() as cursor:
        cursor.execute("select keys_exchange(%s::jsonb)", [json.dumps([op])])
        answer: dict[str, Any] = json.loads(cursor.fetchone()[0])[0]
    return answer

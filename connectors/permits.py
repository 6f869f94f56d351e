"""Permits: the right to have one call in flight at a core, over all workers and processes.

    held       from now for its lease, and on for as long as the core may work after it
    waiting    in line, first come first served; who does not ask for three seconds loses the place
    abandoned  the caller has gone without a complete answer; counts until the core must have ended

A worker starts a call only if it will have ended before the lease has. So a permit that nobody gave back returns by
itself no earlier than the core can have become idle, and losing the store means fewer calls, never more.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from connectors.contract import NotPerformed
from connectors.domain.waiting import lease_seconds, pause_seconds
from tenants.scope import tenant_tx

Begun = TypeVar("Begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitAsk:
    """What a permit is asked for. `wait_until` is on the clock of the transport."""

    id: UUID
    connector_id: UUID
    operation: str
    deadline_seconds: float
    wait_until: float


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit in hand; `asked_at` is before the store was asked, on the clock of the transport."""

    id: UUID
    asked_at: float
    lease: float
    server_seconds: float


def permit_take(ask: PermitAsk, *, now: Callable[[], float], begin: Callable[[Permit], Begun]) -> Begun:
    """Wait for a permit and return what `begin` returns; it runs in the transaction that grants the permit."""
    try:
        while True:
            asked_at = now()
            answer, begun = _ask(ask, asked_at, begin)
            if begun is not None:
                return begun
            if answer["state"] != "waiting":
                raise NotPerformed("core.stopped", "the connector is stopped")
            pause = pause_seconds(answer["ahead"])
            if now() + pause >= ask.wait_until:
                _withdraw(ask.id)
                raise NotPerformed("core.busy", "no permit became free in time", retry_after_seconds=1.0)
            time.sleep(pause)
    except (InterfaceError, OperationalError) as error:
        raise NotPerformed("core.permits_unavailable", "the store of permits does not answer") from error


def permit_end(permit_id: UUID, *, done: bool) -> None:
    """Give a permit back inside the open transaction; not done keeps it for as long as the core may be working."""
    with connection.cursor() as cursor:
        cursor.execute("select connectors_permit_end(%s, %s)", [permit_id, done])


def _ask(ask: PermitAsk, asked_at: float, begin: Callable[[Permit], Begun]) -> tuple[dict[str, Any], Begun | None]:
    lease = lease_seconds(ask.deadline_seconds)
    with tenant_tx():
        with connection.cursor() as cursor:
            cursor.execute(
                "select connectors_permit_ask(%s, %s, %s, %s)", [ask.id, ask.connector_id, ask.operation, lease]
            )
            answer = json.loads(cursor.fetchone()[0])
        if answer["state"] != "held":
            return answer, None
        return answer, begin(Permit(ask.id, asked_at, lease, answer["server_seconds"]))


def _withdraw(permit_id: UUID) -> None:
    with tenant_tx():
        permit_end(permit_id, done=True)

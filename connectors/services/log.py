"""The log of calls: append-only entries, and what they say about earlier calls with the same key."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from connectors.contract import Json, Outcome, OutcomeKind
from connectors.domain.past_calls import PastCall
from connectors.models import CallLog
from connectors.services.prepare import Prepared, bounded
from tenants.scope import current_scope


def log_started(call: Prepared, *, call_id: UUID, number: int, lease_seconds: float) -> None:
    """Write that a call may be sent; with the permit, in one transaction."""
    CallLog.objects.create(
        **_about(call, call_id, number, lease_seconds),
        phase="started",
        actor=current_scope().actor.label[:254],
        sent=call.shown(),
    )


def log_ended(
    call: Prepared,
    outcome: Outcome,
    *,
    number: int,
    lease_seconds: float,
    duration_ms: int,
    received: dict[str, Json] | None = None,
) -> None:
    """Write how a call ended."""
    _close(
        call,
        outcome,
        UUID(outcome.call_id),
        number,
        lease_seconds,
        phase="ended",
        duration_ms=duration_ms,
        received=received,
    )


def log_settled(call: Prepared, outcome: Outcome, *, call_id: UUID, number: int) -> None:
    """Write what a look-up found out about an earlier call."""
    _close(call, outcome, call_id, number, 0.0, phase="settled", source="lookup")


def database_now() -> datetime:
    """The moment by the clock that all entries are written by; workers' clocks differ."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def past_calls(call: Prepared) -> list[PastCall]:
    """The earlier tries of a write with this key, in their order."""
    rows = CallLog.objects.filter(
        connector_id=call.target.connector_id, operation=call.target.operation.name, idempotency_key=call.key
    ).order_by("number", "at")
    tries: dict[int, dict[str, CallLog]] = {}
    for row in rows:
        tries.setdefault(row.number, {})[row.phase] = row
    return [_past(entries) for _number, entries in sorted(tries.items()) if "started" in entries]


def call_id_of(call: Prepared, number: int) -> UUID:
    """The id of one try of a write."""
    found: UUID = CallLog.objects.values_list("call_id", flat=True).get(
        connector_id=call.target.connector_id,
        operation=call.target.operation.name,
        idempotency_key=call.key,
        number=number,
        phase="started",
    )
    return found


def _past(entries: dict[str, CallLog]) -> PastCall:
    started, ended = entries["started"], entries.get("ended")
    last = entries.get("settled") or ended
    return PastCall(
        number=started.number,
        digest=bytes(started.digest),
        started_at=started.at,
        lease_seconds=started.lease_seconds,
        ended_at=ended.at if ended else None,
        outcome=OutcomeKind(last.outcome) if last else None,
        output=last.output if last else None,
    )


def _close(
    call: Prepared, outcome: Outcome, call_id: UUID, number: int, lease_seconds: float, *, phase: str, **more: Any
) -> None:
    error, received = outcome.error, more.pop("received", None)
    entry = CallLog(
        **_about(call, call_id, number, lease_seconds),
        phase=phase,
        outcome=outcome.kind,
        code=error.code if error else "",
        detail=error.detail[:300] if error else "",
        received=bounded(received) if received else None,
        output=outcome.output if outcome.confirmed and call.target.is_write else None,
        **more,
    )
    CallLog.objects.bulk_create([entry], ignore_conflicts=True)  # two look-ups may settle the same call


def _about(call: Prepared, call_id: UUID, number: int, lease_seconds: float) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "connector_id": call.target.connector_id,
        "connector_version": call.target.version,
        "operation": call.target.operation.name,
        "effect": call.target.operation.effect,
        "idempotency_key": call.key,
        "number": number,
        "digest": call.digest,
        "lease_seconds": lease_seconds,
        "at": Now(),
    }

"""The engine's way into PostgreSQL: each call is one SQL function in autocommit (`migrations/functions.sql`).

A call whose connection breaks is repeated for a while: after a restart of the database the answer of an effect is still
recorded by whoever has it. That is safe: claims, signals of a step and records are fenced, and a record that was in
fact written is recognised by the number of the history line it follows.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from workflows.changes import Change, storable

LEASE_SECONDS: Final = 10.0
MOST_RECOVERIES: Final = 5
PERSISTENCE_SECONDS: Final = 6.0  # less than a lease: whoever cannot record must not outlive it
_PAUSE_SECONDS: Final = 0.2

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run has to look at, oldest first: (time, number of the signal or 0, signal as JSON)."""

    now: datetime
    items: tuple[tuple[datetime, int, dict[str, Any]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run whose lease was taken. `recovered`: the worker before did not give its lease back."""

    epoch: int
    state: dict[str, Any] | None
    input: Any
    version_id: UUID
    recovered: bool
    history_count: int
    status: str
    waiting: Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a record found: unread signals, deliveries to make, and whether the run has more to do at once."""

    has_signals: bool
    deliveries: tuple[UUID, ...]
    is_due: bool


def claim(tenant_id: UUID, run_id: UUID, *, owner: str, lease_seconds: float = LEASE_SECONDS) -> Claim | None:
    """Take the lease of a due run; None when another has it or nothing is to be done."""
    found = _call("workflows_claim", tenant_id, run_id, owner, lease_seconds, MOST_RECOVERIES)
    if found is None:
        return None
    return Claim(
        epoch=found["epoch"],
        state=found["state"],
        input=found["input"],
        version_id=UUID(found["version"]),
        recovered=found["recoveries"] > 0,
        history_count=found["history"],
        status=found["status"],
        waiting=_waiting(found),
    )


def inbox(tenant_id: UUID, run_id: UUID) -> Waiting:
    """Signals and due timers of a run, once more."""
    return _waiting(_call("workflows_inbox", tenant_id, run_id))


def record(tenant_id: UUID, run_id: UUID, epoch: int, change: Change, *, lease_seconds: float) -> Recorded | None:
    """Write a change of the run; None when the lease is no longer ours."""
    text = _dumped(change.to_json() | {"lease_seconds": lease_seconds})
    found = _persistently(lambda: _call("workflows_record", tenant_id, run_id, epoch, text))
    if found is None:
        return None
    return Recorded(
        has_signals=found["signals"],
        deliveries=tuple(UUID(text) for text in found["deliveries"]),
        is_due=found["due"],
    )


def fail(tenant_id: UUID, run_id: UUID, epoch: int, *, reason: str, delay_seconds: float) -> bool:
    """Give the lease back after a fault of ours; the run is tried again later, or suspended after too many."""
    return bool(_call("workflows_fail", tenant_id, run_id, epoch, reason, delay_seconds, MOST_RECOVERIES))


def renew(owner: str, leases: Sequence[tuple[UUID, UUID, int]], *, lease_seconds: float = LEASE_SECONDS) -> set[UUID]:
    """Extend leases (tenant, run, epoch); return the runs whose lease is lost."""
    given = [{"tenant": str(tenant), "run": str(run), "epoch": epoch} for tenant, run, epoch in leases]
    return set(_call("workflows_renew", owner, json.dumps(given), lease_seconds))


def marks(watched: Sequence[tuple[UUID, UUID]]) -> dict[UUID, tuple[int, str]]:
    """Where runs (tenant, run) stand: number of the last history line, status. Those that do not exist are left out."""
    given = [{"tenant": str(tenant), "run": str(run)} for tenant, run in watched]
    found: dict[str, tuple[int, str]] = _call("workflows_marks", json.dumps(given))
    return {UUID(run): (number, status) for run, (number, status) in found.items()}


def signal(tenant_id: UUID, run_id: UUID, data: dict[str, Any], *, reopens: bool = False) -> bool:
    """Give a run something from outside and wake it; False when it is over. Joins an open transaction."""
    return bool(_call("workflows_signal", tenant_id, run_id, json.dumps(data), reopens))


def publish(tenant_id: UUID, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Store events with their deliveries; [{id, new, deliveries}]. Joins an open transaction."""
    answers: list[dict[str, Any]] = _call("workflows_publish", tenant_id, json.dumps(events))
    return answers


def _waiting(found: dict[str, Any]) -> Waiting:
    signals = [(datetime.fromisoformat(one["at"]), one["number"], one["data"]) for one in found["signals"]]
    timers = [
        (datetime.fromisoformat(one["due_at"]), 0, {"is": "TimerFired", "timer": one["name"]})
        for one in found["timers"]
    ]
    items = sorted([*signals, *timers], key=lambda item: (item[0], item[1]))
    return Waiting(datetime.fromisoformat(found["now"]), tuple(items))


def _dumped(data: dict[str, Any]) -> str:
    """JSON that PostgreSQL takes: the answers of others may hold anything."""
    try:
        text = json.dumps(data, allow_nan=False)
    except ValueError:
        return json.dumps(storable(data))
    return json.dumps(storable(data)) if "\\u0000" in text or "\\ud" in text else text


def _call(function: str, *values: Any) -> Any:
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}({marks})", values)
        answer = cursor.fetchone()[0]
    return json.loads(answer) if isinstance(answer, str) else answer


def _persistently(call: Callable[[], Answer]) -> Answer:
    """Repeat a call whose connection breaks, until it would be too late anyway."""
    until = time.monotonic() + PERSISTENCE_SECONDS
    while True:
        try:
            return call()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(_PAUSE_SECONDS)

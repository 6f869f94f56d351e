"""Reads of connectors: lists, the gauge of calls in flight, the log of calls."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from connectors.models import CallLog, Connector, Operation, Permit
from tenants.access import require
from tenants.ids import first_uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """The permits of one core at this moment. `abandoned` calls have lost their caller and count all the same."""

    max_in_flight: int
    held: int
    abandoned: int
    waiting: int
    oldest_wait_since: datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it is shown: what was started, and how it ended if that is known."""

    started: CallLog
    ended: CallLog | None
    settled: CallLog | None

    @property
    def id(self) -> UUID:
        return self.started.call_id

    @property
    def last(self) -> CallLog | None:
        """What is known best about its end."""
        return self.settled or self.ended


def connector_list() -> "QuerySet[Connector]":
    """Connectors by name, each with the number of its operations."""
    require("connector.read")
    connectors: QuerySet[Connector] = Connector.objects.select_related("pool", "credential")
    return connectors.annotate(operation_count=Count("operations")).order_by("name", "id")


def operation_list(connector: Connector) -> "QuerySet[Operation]":
    """Operations of a connector by name."""
    require("connector.read")
    operations: QuerySet[Operation] = Operation.objects.filter(connector=connector).order_by("name", "id")
    return operations


def in_flight(connector: Connector) -> InFlight:
    """The gauge of a connector's core."""
    require("connector.read")
    now = timezone.now()
    counted: Mapping[str, Any] = Permit.objects.filter(pool_id=connector.pool_id).aggregate(
        held=Count("id", filter=Q(state="held", returns_at__gt=now)),
        abandoned=Count("id", filter=Q(state="abandoned", returns_at__gt=now)),
        waiting=Count("id", filter=Q(state="waiting")),
        oldest_wait_since=Min("asked_at", filter=Q(state="waiting")),
    )
    return InFlight(max_in_flight=connector.pool.max_in_flight, **counted)


def call_list(connector: Connector, *, operation: str = "", key: str = "") -> "QuerySet[CallLog]":
    """The calls of a connector by the entry that started them."""
    require("connector.read")
    started: QuerySet[CallLog] = CallLog.objects.filter(connector_id=connector.id, phase="started")
    if operation:
        started = started.filter(operation=operation)
    return started.filter(idempotency_key=key) if key else started


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTraffic:
    """Calls of one operation."""

    connector_id: UUID
    operation: str
    calls: int
    failed: int
    last_at: datetime | None


def operation_traffic(connector_ids: Collection[UUID], *, since: datetime) -> list[OperationTraffic]:
    """Calls of these connectors since then, by operation: one query by the index of the log, whose ids are in time."""
    require("connector.read")
    log = CallLog.objects.filter(connector_id__in=connector_ids, id__gte=first_uuid7(since)).order_by()
    rows = log.values("connector_id", "operation").annotate(
        calls=Count("id", filter=Q(phase="started")),
        failed=Count("id", filter=Q(phase="ended") & ~Q(outcome="confirmed")),
        last_at=Max("at", filter=Q(phase="started")),
    )
    return [OperationTraffic(**row) for row in rows]


def calls_of(started: list[CallLog]) -> list[Call]:
    """The calls behind these entries with their ends: one query for all of them."""
    require("connector.read")
    rest: dict[tuple[UUID, str], CallLog] = {
        (entry.call_id, entry.phase): entry
        for entry in CallLog.objects.filter(call_id__in=[one.call_id for one in started]).exclude(phase="started")
    }
    return [Call(one, rest.get((one.call_id, "ended")), rest.get((one.call_id, "settled"))) for one in started]

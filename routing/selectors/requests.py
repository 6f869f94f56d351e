"""Requests one by one: a list that never loads the heavy columns, and the whole story of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from keys.selectors import ledger_of_holds
from routing.access import access_request
from routing.models import UsageRecord
from routing.selectors.explanation import Explanation, explain
from routing.selectors.filters import RequestFilter, narrowed, reporting_zone
from routing.selectors.measures import BROKEN, ERRORS
from routing.selectors.names import Names, names_of
from tenants.access import require

HEAVY = ("decision", "usage_raw", "attempts", "hold_ids", "unit_path")
PAGE_SIZE = 50
_HIGHEST = "ffffffffffffffffffffffffffffffff"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the list: the last row that was shown."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with the names of what it used."""

    record: UsageRecord
    route: str
    deployment: str
    key: str
    unit: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Rows, newest first, and where the next page begins (None at the end)."""

    rows: list[RequestRow]
    after: Position | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try at one deployment; `held` is what was reserved for it in nano-USD."""

    deployment_id: str
    name: str
    model: str
    outcome: str
    http_status: int | None
    milliseconds: int | None
    held: int | None
    hold_id: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """How one hold of the request ended, in nano-USD."""

    hold_id: UUID
    kind: str
    amount: int
    held: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """One request: who asked, what was decided and why, what was tried, what it cost."""

    row: RequestRow
    explanation: Explanation | None
    attempts: tuple[AttemptRow, ...]
    ledger: tuple[LedgerRow, ...]

    @property
    def record(self) -> UsageRecord:
        """The usage record itself."""
        return self.row.record


def request_list(wanted: RequestFilter) -> "QuerySet[Any]":
    """Requests, newest first, without decision, raw usage and attempts."""
    require("request.read")
    rows = narrowed(wanted, reporting_zone()).defer(*HEAVY).order_by("-at", "-id")
    if wanted.status == ERRORS:
        rows = rows.filter(BROKEN)
    elif wanted.status is not None:
        rows = rows.filter(status=wanted.status)
    if wanted.run_id is not None:
        rows = rows.filter(run_id=wanted.run_id)
    return rows.filter(_id_matches(wanted.text)) if wanted.text else rows


def request_page(wanted: RequestFilter, *, after: Position | None = None, limit: int = PAGE_SIZE) -> RequestPage:
    """One page by keyset: no page gets slower than the first, and new requests move nothing."""
    rows = request_list(wanted)
    if after is not None:
        rows = rows.filter(Q(at__lte=after.at) & (Q(at__lt=after.at) | Q(id__lt=after.id)))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    last = Position(shown[-1].at, shown[-1].id) if len(found) > limit else None
    return RequestPage(request_rows(shown), last)


def request_rows(records: list[UsageRecord]) -> list[RequestRow]:
    """The records with names; four queries however many there are."""
    names: dict[str, Names] = {
        kind: names_of(kind, {getattr(record, column) for record in records}) for kind, column in _NAMED.items()
    }
    return [
        RequestRow(record, **{kind: names[kind].label(getattr(record, column)) for kind, column in _NAMED.items()})
        for record in records
    ]


_NAMED = {"route": "route_id", "deployment": "deployment_id", "key": "virtual_key_id", "unit": "unit_id"}


def request_detail(request_id: UUID | str) -> RequestDetail:
    """Everything about one request."""
    record = access_request(request_id)
    ledger = tuple(LedgerRow(e.hold_id, e.kind, e.amount, e.held, e.at) for e in ledger_of_holds(record.hold_ids))
    attempts = tuple(_attempt(row) for row in record.attempts)
    return RequestDetail(request_rows([record])[0], explain(record.decision), attempts, ledger)


def _attempt(row: dict[str, Any]) -> AttemptRow:
    return AttemptRow(
        deployment_id=row.get("deployment", ""),
        name=row.get("name", ""),
        model=row.get("model", ""),
        outcome=row.get("outcome", ""),
        http_status=row.get("status"),
        milliseconds=row.get("ms"),
        held=row.get("held"),
        hold_id=row.get("hold", ""),
    )


def _id_matches(text: str) -> Q:
    """Ids that begin with `text`, as a range that the index serves; nothing for what is no id."""
    digits = text.strip().lower().replace("-", "")
    try:
        first, last = UUID(digits + "0" * (32 - len(digits))), UUID(digits + _HIGHEST[len(digits) :])
    except ValueError:
        return Q(pk__in=())
    return Q(pk__gte=first, pk__lte=last)

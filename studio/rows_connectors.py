"""Rows of the connector pages as plain values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from connectors.models import Connector, Operation
from connectors.selectors import Call
from studio.presenters import Column

MASK = "•••"
HIDDEN = {"personal", "secret"}
MOST_CODES = 12
RUN = "run "  # how a run is named as an actor


@dataclass(frozen=True, slots=True)
class ConnectorLine:
    """A connector."""

    id: UUID
    name: str
    title: str
    kind: str
    base_url: str
    operations: int
    status: str


@dataclass(frozen=True, slots=True)
class OperationLine:
    """An operation; `effect` is read or write."""

    id: UUID
    name: str
    summary: str
    effect: str
    request: str
    idempotency: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One mapping rule: where the value comes from, where it goes, what happens on the way."""

    source: str
    target: str
    how: str
    missing: str
    data_class: str


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One row of an error table."""

    when: str
    code: str
    outcome: str
    settles: bool


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call of the log."""

    id: UUID
    at: datetime
    operation: str
    operation_id: UUID | None
    effect: str
    status: str
    code: str
    detail: str
    duration_ms: int | None
    actor: str
    run_id: str
    key: str
    number: int
    looked_up: bool
    sent: str
    received: str


def connector_line(connector: Connector) -> ConnectorLine:
    """Row of the connector list; `operation_count` comes annotated by the selector."""
    return ConnectorLine(
        id=connector.id,
        name=connector.name,
        title=str(connector),
        kind=connector.kind,
        base_url=str(connector.config.get("base_url", "")),
        operations=int(getattr(connector, "operation_count", 0)),
        status="stopped" if connector.stopped_at else "active",
    )


def operation_line(operation: Operation) -> OperationLine:
    """Row of the operations."""
    document = operation.document
    request = document.get("request", {})
    return OperationLine(
        id=operation.id,
        name=operation.name,
        summary=operation.summary,
        effect=operation.effect,
        request=f"{request.get('method', '')} {request.get('path', '')}".strip(),
        idempotency=idempotency_text(operation.effect, document.get("idempotency", {})),
    )


def idempotency_text(effect: str, declared: Mapping[str, Any]) -> str:
    """How a write is kept from happening twice, in words."""
    if effect == "read":
        return _("not needed: it only reads")
    match declared.get("strategy"):
        case "native_header":
            return _("the core notices repeats by the header %(header)s") % {"header": declared.get("header", "")}
        case "business_key_lookup":
            return _("a doubtful call is looked up with %(name)s") % {"name": declared.get("operation", "")}
    return _("none: a doubtful call is left to a person")


def rule_lines(rules: Any, *, prefix: tuple[str, str] = ("", "")) -> Iterator[RuleLine]:
    """Mapping rules, those of list items below the rule of their list."""
    for rule in rules or ():
        lookup = rule.get("lookup") or {}
        source = rule.get("from") or lookup.get("from") or ""
        shown, target = (f"{prefix[0]}{source}" if source else "", f"{prefix[1]}{rule.get('to', '')}")
        data_class = rule.get("class", "internal")
        yield RuleLine(shown, target, _how(rule, hidden=data_class in HIDDEN), _missing(rule), data_class)
        if "each" in rule:
            yield from rule_lines(rule["each"], prefix=(f"{shown}[].", f"{target}[]."))


def _how(rule: Mapping[str, Any], *, hidden: bool) -> str:
    steps = ", ".join(rule.get("via", ()))
    if "const" in rule:
        return _("always %(value)s") % {"value": MASK if hidden else compact(rule["const"])}
    if table := (rule.get("lookup") or {}).get("table"):
        pairs = [f"{before} → {compact(after)}" for before, after in list(table.items())[:MOST_CODES]]
        codes = ", ".join([*pairs, *(["…"] if len(table) > MOST_CODES else [])])
        return f"{steps}; {codes}" if steps else codes
    if "each" in rule:
        return _("each item, by the rules below")
    return steps or _("as it is")


def _missing(rule: Mapping[str, Any]) -> str:
    otherwise = rule.get("on_missing", "error")
    if "const" in rule:
        return "–"
    if isinstance(otherwise, dict):
        return _("use %(value)s") % {"value": compact(otherwise.get("use"))}
    return {"error": _("refuse"), "omit": _("leave out"), "null": _("use null")}.get(otherwise, str(otherwise))


def error_lines(document: Mapping[str, Any]) -> list[ErrorLine]:
    """The error table of an operation."""
    return [_error_line(row) for row in document.get("errors", ())]


def _error_line(row: Mapping[str, Any]) -> ErrorLine:
    parts = ["HTTP " + ", ".join(map(str, row["status"]))] if row.get("status") else []
    if row.get("field"):
        parts.append(f"{row['field']} = {', '.join(map(compact, row.get('equals', ())))}")
    return ErrorLine("; ".join(parts), str(row.get("code", "")), str(row.get("outcome", "")), bool(row.get("settles")))


def call_line(call: Call, now: datetime, operation_ids: Mapping[str, UUID]) -> CallLine:
    """Row of the log; what has not ended within its lease is in doubt."""
    started, last, ended = call.started, call.last, call.ended
    over = started.at + timedelta(seconds=started.lease_seconds) < now
    status = last.outcome if last else "doubt" if over else "running"
    return CallLine(
        id=call.id,
        at=started.at,
        operation=started.operation,
        operation_id=operation_ids.get(started.operation),
        effect=started.effect,
        status="doubt" if status == "unknown" else status,
        code=last.code if last else "",
        detail=last.detail if last else "",
        duration_ms=ended.duration_ms if ended else None,
        actor=started.actor,
        run_id=started.actor.removeprefix(RUN) if started.actor.startswith(RUN) else "",
        key=started.idempotency_key,
        number=started.number,
        looked_up=call.settled is not None,
        sent=pretty(started.sent),
        received=pretty(ended.received) if ended else "",
    )


def sample_input(schema: Mapping[str, Any]) -> str:
    """An input to begin with: every field that must be there, empty or its first allowed value."""
    properties = schema.get("properties") or {}
    wanted = schema.get("required") or list(properties)
    return pretty({name: _sample(properties.get(name) or {}) for name in wanted})


def _sample(schema: Mapping[str, Any]) -> Any:
    for known in ("default", "const"):
        if known in schema:
            return schema[known]
    for several in ("examples", "enum"):
        if schema.get(several):
            return schema[several][0]
    empty: dict[str, Any] = {"object": {}, "array": [], "integer": 0, "number": 0, "boolean": False}
    return empty.get(str(schema.get("type")), "")


def compact(value: Any) -> str:
    """JSON on one line; texts without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pretty(value: Any) -> str:
    """JSON to read; nothing for null."""
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def connector_columns() -> list[Column]:
    """Columns of the connector list."""
    return [
        Column(_("Name")),
        Column(_("Kind"), wide_only=True),
        Column(_("Address"), wide_only=True),
        Column(_("State")),
        Column(_("Operations"), numeric=True),
    ]


def operation_columns() -> list[Column]:
    """Columns of the operations of a connector."""
    return [
        Column(_("Operation")),
        Column(_("Effect")),
        Column(_("Request"), wide_only=True),
        Column(_("Against repeats")),
    ]


def rule_columns(*, to_core: bool) -> list[Column]:
    """Columns of a mapping, in the direction the data flows."""
    ours, theirs = Column(_("Our field")), Column(_("The core's field"))
    both = [ours, theirs] if to_core else [theirs, ours]
    return [*both, Column(_("On the way")), Column(_("If missing")), Column(_("Class"), wide_only=True)]


def error_columns() -> list[Column]:
    """Columns of an error table."""
    return [Column(_("When the core says")), Column(_("Code")), Column(_("Outcome"))]


def call_columns() -> list[Column]:
    """Columns of the log of calls."""
    return [
        Column(_("When")),
        Column(_("Operation")),
        Column(_("Outcome")),
        Column(_("Took"), numeric=True),
        Column(_("Who"), wide_only=True),
        Column(_("Key"), wide_only=True),
    ]


def fault_columns() -> list[Column]:
    """Columns of the faults of a document."""
    return [Column(_("What is wrong")), Column(_("Line"), numeric=True), Column(_("Column"), numeric=True)]

"""Operations of a connector: read from JSON into frozen values, with every fault named by its path.

What belongs to the kind (method, path, …) stands under `request` and is checked by the kind itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import CODES, Effect, Json
from connectors.domain import schemas
from connectors.domain.texts import _
from connectors.mapping import paths
from connectors.mapping.rules import Rule, RuleFault, parse_rules

MAX_OPERATIONS = 100
MAX_SECONDS = 120.0
DEFAULT_SECONDS = 10.0
CODE = re.compile(r"core\.[a-z][a-z0-9_]{1,39}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
VERDICTS = ("rejected", "retriable", "unknown")
STRATEGIES = ("native_header", "business_key_lookup", "none")
_FIELDS = frozenset(
    {"name", "summary", "effect", "request", "input_schema", "output_schema", "mapping", "errors", "idempotency"}
    | {"timeout_seconds"}
)


class DocumentFault(ValueError):
    """The document cannot be used; `errors` names each fault by its path."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{path}: {text}" for path, text in self.errors.items()))


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of an error table: which answers it means, what they are called, and what became of the effect.

    `settles`: the core says so after it has looked for the key, so no earlier request with it had the effect either.
    """

    code: str
    verdict: str
    status: tuple[int, ...] = ()
    field: str = ""
    equals: tuple[Json, ...] = ()
    settles: bool = False

    def fits(self, status: int, document: Json) -> bool:
        """Whether an answer is meant."""
        if self.status and status not in self.status:
            return False
        return not self.field or paths.read(document, self.field) in self.equals


@dataclass(frozen=True, slots=True)
class Idempotency:
    """How a write is kept from happening twice."""

    strategy: str = "none"
    header: str = ""
    operation: str = ""
    input: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDocument:
    """One declared operation."""

    name: str
    summary: str = ""
    effect: Effect
    request: Mapping[str, Json]
    input_schema: Mapping[str, Json]
    output_schema: Mapping[str, Json]
    to_core: tuple[Rule, ...]
    from_core: tuple[Rule, ...]
    errors: tuple[ErrorRow, ...] = ()
    idempotency: Idempotency = field(default_factory=Idempotency)
    timeout_seconds: float = DEFAULT_SECONDS


class _Faults(dict[str, str]):
    """Faults by path; the first one of a path stays."""

    def add(self, path: str, text: str) -> None:
        self.setdefault(path, text)


def parse_operations(values: Any) -> tuple[OperationDocument, ...]:
    """Read all operations of a connector; DocumentFault names everything that is wrong."""
    if not isinstance(values, list) or not 0 < len(values) <= MAX_OPERATIONS:
        raise DocumentFault({"operations": _("Must be a list of 1 to %(most)s.", most=MAX_OPERATIONS)})
    found, faults = [], _Faults()
    for index, value in enumerate(values):
        try:
            found.append(parse_operation(value, f"operations.{index}"))
        except DocumentFault as error:
            faults.update(error.errors)
    if faults:
        raise DocumentFault(faults)
    _check_together(found)
    return tuple(found)


def normalised(values: list[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """The operations as they are stored: schemas closed."""
    both = ("input_schema", "output_schema")
    return [dict(value) | {name: schemas.closed(value[name]) for name in both} for value in values]


def parse_operation(value: Any, path: str = "operation") -> OperationDocument:
    """Read one operation; DocumentFault names everything that is wrong."""
    faults = _Faults()
    if not isinstance(value, dict):
        raise DocumentFault({path: _("Must be an object.")})
    for name in sorted(set(value) - _FIELDS):
        faults.add(f"{path}.{name}", _("Unknown field. Known: %(known)s.", known=", ".join(sorted(_FIELDS))))
    if not NAME.fullmatch(str(value.get("name"))):
        faults.add(f"{path}.name", _("Use lower-case letters, digits and _, a letter first."))
    if value.get("effect") not in {one.value for one in Effect}:
        faults.add(f"{path}.effect", _("Must be read or write."))
    if not isinstance(value.get("request"), dict):
        faults.add(f"{path}.request", _("Must be an object."))
    if not isinstance(value.get("summary", ""), str) or len(value.get("summary", "")) > 300:
        faults.add(f"{path}.summary", _("Must be a text of at most %(most)s characters.", most=300))
    for name in ("input_schema", "output_schema"):
        _check_schema(value.get(name), f"{path}.{name}", faults)
    to_core, from_core = _mapping(value.get("mapping"), f"{path}.mapping", faults)
    errors = _errors(value.get("errors", []), f"{path}.errors", faults)
    idempotency = _idempotency(value.get("idempotency", {"strategy": "none"}), f"{path}.idempotency", faults)
    seconds = _seconds(value.get("timeout_seconds", DEFAULT_SECONDS), f"{path}.timeout_seconds", faults)
    if value.get("effect") == Effect.READ and idempotency != Idempotency():
        faults.add(f"{path}.idempotency", _("A read needs none."))
    if faults:
        raise DocumentFault(faults)
    return OperationDocument(
        name=value["name"],
        summary=value.get("summary", ""),
        effect=Effect(value["effect"]),
        request=value["request"],
        input_schema=schemas.closed(value["input_schema"]),
        output_schema=schemas.closed(value["output_schema"]),
        to_core=to_core,
        from_core=from_core,
        errors=errors,
        idempotency=idempotency,
        timeout_seconds=seconds,
    )


def _check_schema(schema: Any, path: str, faults: _Faults) -> None:
    try:
        text = schemas.check(schemas.closed(schema))
    except schemas.SchemaFault as error:
        text = error.args[0]
    if text:
        faults.add(path, text)


def _mapping(value: Any, path: str, faults: _Faults) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    if not isinstance(value, dict) or set(value) != {"request", "response"}:
        faults.add(path, _("Needs request and response, each a list of rules."))
        return (), ()
    return _rules(value["request"], f"{path}.request", faults), _rules(value["response"], f"{path}.response", faults)


def _rules(value: Any, path: str, faults: _Faults) -> tuple[Rule, ...]:
    try:
        return parse_rules(value, path)
    except RuleFault as error:
        faults.add(error.path, error.text)
        return ()


def _errors(value: Any, path: str, faults: _Faults) -> tuple[ErrorRow, ...]:
    if not isinstance(value, list) or len(value) > MAX_OPERATIONS:
        faults.add(path, _("Must be a list of at most %(most)s rows.", most=MAX_OPERATIONS))
        return ()
    return tuple(row for index, one in enumerate(value) if (row := _error_row(one, f"{path}.{index}", faults)))


def _error_row(value: Any, path: str, faults: _Faults) -> ErrorRow | None:
    known = {"status", "field", "equals", "code", "outcome", "settles"}
    if not isinstance(value, dict) or set(value) - known or not {"code", "outcome"} <= set(value):
        faults.add(path, _("Needs code and outcome, and status or field with equals."))
        return None
    status, equals = value.get("status", []), value.get("equals", [])
    if not CODE.fullmatch(str(value["code"])) or (value["code"] in CODES and value["code"] not in _REUSABLE):
        faults.add(f"{path}.code", _("Use core.something, and no code that the transport uses itself."))
    if value["outcome"] not in VERDICTS:
        faults.add(f"{path}.outcome", _("Must be one of %(known)s.", known=", ".join(VERDICTS)))
    if not isinstance(status, list) or not all(type(one) is int and 100 <= one <= 599 for one in status):
        faults.add(f"{path}.status", _("Must be a list of HTTP status codes."))
    if bool(equals) != ("field" in value) or not isinstance(equals, list):
        faults.add(f"{path}.equals", _("Goes with field: a list of values."))
    if "field" in value and not paths.is_path(value["field"]):
        faults.add(f"{path}.field", _("Must be a path such as error.code."))
    if value.get("settles", False) not in ([False, True] if value["outcome"] == "rejected" else [False]):
        faults.add(f"{path}.settles", _("Must be true or false, and goes with the outcome rejected."))
    if not status and "field" not in value:
        faults.add(path, _("Needs status or field."))
    if any(where.startswith(path) for where in faults):
        return None
    return ErrorRow(
        value["code"],
        value["outcome"],
        tuple(status),
        value.get("field", ""),
        tuple(equals),
        bool(value.get("settles")),
    )


_REUSABLE = {"core.rate_limited", "core.credentials_refused"}


def _idempotency(value: Any, path: str, faults: _Faults) -> Idempotency:
    if not isinstance(value, dict) or value.get("strategy") not in STRATEGIES:
        faults.add(f"{path}.strategy", _("Must be one of %(known)s.", known=", ".join(STRATEGIES)))
        return Idempotency()
    needs = {"native_header": {"header"}, "business_key_lookup": {"operation", "input"}, "none": set()}
    if set(value) != {"strategy", *needs[value["strategy"]]}:
        wanted = ", ".join(sorted(needs[value["strategy"]])) or "strategy"
        faults.add(path, _("%(name)s needs exactly %(wanted)s.", name=value["strategy"], wanted=wanted))
        return Idempotency()
    header, operation = str(value.get("header", "")), str(value.get("operation", ""))
    if "header" in value and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,59}", header):
        faults.add(f"{path}.header", _("Must be the name of a header."))
    rules = _rules(value.get("input", []), f"{path}.input", faults)
    return Idempotency(value["strategy"], header, operation, rules)


def _seconds(value: Any, path: str, faults: _Faults) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.05 <= value <= MAX_SECONDS:
        faults.add(path, _("Must be from %(least)s to %(most)s.", least=0.05, most=int(MAX_SECONDS)))
        return DEFAULT_SECONDS
    return float(value)


def _check_together(operations: list[OperationDocument]) -> None:
    """Names occur once, and what a write is looked up with is a read of this connector."""
    faults = _Faults()
    reads = {one.name for one in operations if one.effect is Effect.READ}
    for index, one in enumerate(operations):
        if any(other.name == one.name for other in operations[:index]):
            faults.add(f"operations.{index}.name", _("This name occurs twice."))
        if one.idempotency.operation and one.idempotency.operation not in reads:
            faults.add(f"operations.{index}.idempotency.operation", _("Must name a read of this connector."))
    if faults:
        raise DocumentFault(faults)

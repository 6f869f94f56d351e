"""Mapping rules: read from JSON into frozen values, applied, turned round.

    {"to": "body.BETRAG_MINOR", "from": "amount", "via": ["minor_units:2"], "class": "internal"}
    {"to": "body.WHG", "lookup": {"from": "currency", "table": {"GBP": "826"}}, "on_unknown_code": "error"}
    {"to": "body.KANAL", "const": "ORC"}
    {"to": "body.POSTEN", "from": "items", "each": [{"to": "TEXT", "from": "text"}]}

`on_missing`: `error` (default), `omit`, `null` or `{"use": value}`. `on_unknown_code`: `error` (default), `omit` or
`{"use": value}`. `class`: public, internal (default), personal or secret; the last two are masked wherever shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from connectors.contract import DataClass
from connectors.domain.texts import _
from connectors.mapping import paths
from connectors.mapping.functions import FunctionFault, Step, parse_step

MASK = "•••"
MAX_RULES = 200
MAX_ITEMS = 10_000
_FIELDS = {"to", "from", "const", "lookup", "via", "each", "on_missing", "on_unknown_code", "class"}


class RuleFault(ValueError):
    """A rule is not usable; `path` says where it stands in the list."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        super().__init__(f"{path}: {text}")


class MappingFault(ValueError):
    """A document does not fit the rules; names field and rule, never the value."""

    def __init__(self, field_path: str, text: str) -> None:
        self.field, self.text = field_path, text
        super().__init__(f"{field_path}: {text}")


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What to do in place of a value: refuse, leave the field out, or put another value."""

    verdict: str = "error"
    value: Any = None


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field of the target comes to be."""

    to: str
    source: str = ""
    const: Any = paths.MISSING
    table: Mapping[str, Any] | None = None
    via: tuple[Step, ...] = ()
    each: "tuple[Rule, ...] | None" = None
    on_missing: Otherwise = field(default_factory=Otherwise)
    on_unknown_code: Otherwise = field(default_factory=Otherwise)
    data_class: DataClass = DataClass.INTERNAL

    @property
    def is_masked(self) -> bool:
        return self.data_class in (DataClass.PERSONAL, DataClass.SECRET)


def parse_rules(value: Any, path: str = "mapping") -> tuple[Rule, ...]:
    """Read a list of rules; RuleFault names the first one that is not usable."""
    if not isinstance(value, list) or len(value) > MAX_RULES:
        raise RuleFault(path, _("Must be a list of at most %(most)s rules.", most=MAX_RULES))
    rules = tuple(_rule(one, f"{path}.{index}") for index, one in enumerate(value))
    if clash := paths.clash([rule.to for rule in rules]):
        raise RuleFault(path, _("Two rules write %(path)s.", path=clash))
    return rules


def apply(rules: Sequence[Rule], document: Any) -> dict[str, Any]:
    """Build the target of `document`; MappingFault names the first field that does not fit."""
    target: dict[str, Any] = {}
    for rule in rules:
        value = _value(rule, document)
        if value is not paths.MISSING:
            paths.write(target, rule.to, value)
    return target


def inverse(rules: Sequence[Rule]) -> tuple[Rule, ...] | None:
    """The rules that lead back; None when one of them loses something. Constants need no way back."""
    found = []
    for rule in rules:
        if rule.const is not paths.MISSING:
            continue
        back = _inverse(rule)
        if back is None:
            return None
        found.append(back)
    return tuple(found)


def masked(rules: Sequence[Rule], document: Any, *, side: str = "to") -> dict[str, Any]:
    """The fields of `document` that the rules name on one side (`to` or `from`), personal and secret ones masked."""
    shown: dict[str, Any] = {}
    for rule in rules:
        path = rule.to if side == "to" else rule.source
        value = paths.read(document, path) if path else paths.MISSING
        if value is paths.MISSING:
            continue
        if rule.each is not None and isinstance(value, list):
            value = [masked(rule.each, item, side=side) for item in value]
        paths.write(shown, path, MASK if rule.is_masked else plain(value))
    return shown


def plain(value: Any) -> Any:
    """JSON value without decimals: they become exact text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _value(rule: Rule, document: Any) -> Any:
    if rule.const is not paths.MISSING:
        return rule.const
    value = paths.read(document, rule.source)
    if value is paths.MISSING or value is None:
        return _instead(rule, rule.on_missing, "is missing")
    if rule.each is not None:
        return _items(rule, rule.each, value)
    try:
        for step in rule.via:
            value = step.apply(value)
    except FunctionFault as error:
        raise MappingFault(rule.source, str(error)) from error
    if rule.table is None:
        return plain(value)
    if not isinstance(value, str) or value not in rule.table:
        return _instead(rule, rule.on_unknown_code, "has a code that the table does not know")
    return rule.table[value]


def _items(rule: Rule, each: Sequence[Rule], value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise MappingFault(rule.source, f"must be a list of at most {MAX_ITEMS}")
    found = []
    for index, item in enumerate(value):
        try:
            found.append(apply(each, item))
        except MappingFault as error:
            raise MappingFault(f"{rule.source}.{index}.{error.field}", error.text) from error
    return found


def _instead(rule: Rule, otherwise: Otherwise, text: str) -> Any:
    match otherwise.verdict:
        case "omit":
            return paths.MISSING
        case "use":
            return otherwise.value
    raise MappingFault(rule.source, text)


def _inverse(rule: Rule) -> Rule | None:
    steps = [step.inverse() for step in reversed(rule.via)]
    if (
        any(step is None for step in steps)
        or rule.on_missing.verdict == "use"
        or rule.on_unknown_code.verdict != "error"
    ):
        return None
    table, each = None, None
    if rule.table is not None:
        table = {value: key for key, value in rule.table.items() if isinstance(value, str)}
        if len(table) < len(rule.table) or rule.via:
            return None
    if rule.each is not None:
        each = inverse(rule.each)
        if each is None:
            return None
    via = tuple(step for step in steps if step is not None)
    return replace(rule, to=rule.source, source=rule.to, via=via, table=table, each=each)


def _rule(value: Any, path: str) -> Rule:
    if not isinstance(value, dict):
        raise RuleFault(path, _("Must be an object."))
    if unknown := sorted(set(value) - _FIELDS):
        raise RuleFault(f"{path}.{unknown[0]}", _("Unknown field. Known: %(known)s.", known=", ".join(sorted(_FIELDS))))
    if not paths.is_path(value.get("to")):
        raise RuleFault(f"{path}.to", _("Must be a path such as body.AMOUNT."))
    if sum(name in value for name in ("from", "const", "lookup")) != 1:
        raise RuleFault(path, _("Needs exactly one of from, const, lookup."))
    source, table = _source(value, path)
    return Rule(
        to=value["to"],
        source=source,
        const=value.get("const", paths.MISSING),
        table=table,
        via=_via(value, path),
        each=parse_rules(value["each"], f"{path}.each") if "each" in value else None,
        on_missing=_otherwise(value, "on_missing", path, allowed=("error", "omit", "null")),
        on_unknown_code=_otherwise(value, "on_unknown_code", path, allowed=("error", "omit")),
        data_class=_data_class(value, path),
    )


def _source(value: dict[str, Any], path: str) -> tuple[str, Mapping[str, Any] | None]:
    if "const" in value:
        return "", None
    lookup = value.get("lookup")
    source = value.get("from") if lookup is None else lookup.get("from") if isinstance(lookup, dict) else None
    if not isinstance(source, str) or not paths.is_path(source):
        raise RuleFault(f"{path}.from", _("Must be a path such as amount.value."))
    if lookup is None:
        return source, None
    table = lookup.get("table")
    if set(lookup) != {"from", "table"} or not isinstance(table, dict) or not table:
        raise RuleFault(f"{path}.lookup", _("Needs from and a table with one code at least."))
    return source, table


def _via(value: dict[str, Any], path: str) -> tuple[Step, ...]:
    written = value.get("via", [])
    if not isinstance(written, list) or not all(isinstance(one, str) for one in written) or len(written) > 10:
        raise RuleFault(f"{path}.via", _("Must be a list of functions."))
    if written and ("const" in value or "each" in value):
        raise RuleFault(f"{path}.via", _("Goes with from or lookup only."))
    try:
        return tuple(parse_step(one) for one in written)
    except FunctionFault as error:
        raise RuleFault(f"{path}.via", error.args[0]) from error


def _otherwise(value: dict[str, Any], name: str, path: str, *, allowed: tuple[str, ...]) -> Otherwise:
    written = value.get(name, "error")
    if isinstance(written, dict) and set(written) == {"use"}:
        return Otherwise("use", written["use"])
    if not isinstance(written, str) or written not in allowed:
        raise RuleFault(f"{path}.{name}", _("Must be %(known)s or an object with use.", known=", ".join(allowed)))
    return Otherwise("use", None) if written == "null" else Otherwise(written)


def _data_class(value: dict[str, Any], path: str) -> DataClass:
    try:
        return DataClass(value.get("class", DataClass.INTERNAL))
    except ValueError as error:
        known = ", ".join(one.value for one in DataClass)
        raise RuleFault(f"{path}.class", _("Must be one of %(known)s.", known=known)) from error

"""Documents that people paste: read into values, with every fault located by line and column."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from connectors.services.connectors import ConnectorConfig, Safety
from workflows.domain.faults import Fault, InvalidDefinition, Problem, worded
from workflows.domain.source import Source, read_source

CONNECTOR_FIELDS: Mapping[str, type] = {
    "name": str, "kind": str, "title": str, "config": dict, "credential_id": str, "safety": dict, "operations": list,
}  # fmt: skip
REQUIRED = ("name", "kind", "operations")
SAFETY_FIELDS = ("max_in_flight", "max_server_seconds", "max_wait_seconds")


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault as a page shows it."""

    line: int
    column: int
    where: str
    text: str
    fix: str


class Faulty(Exception):
    """The document cannot be used."""

    def __init__(self, faults: Iterable[FaultLine]) -> None:
        self.faults = list(faults)
        super().__init__(f"{len(self.faults)} faults")


@dataclass(frozen=True, slots=True)
class ConnectorDocument:
    """A connector that was read, and where its parts stand in the text."""

    source: Source
    config: ConnectorConfig

    def located(self, errors: Mapping[str, list[str]]) -> list[FaultLine]:
        """Faults of the service, which names them by dotted paths."""
        found = [_at(self.source, _path(path), text) for path, texts in errors.items() for text in texts]
        return sorted(found, key=lambda fault: (fault.line, fault.column))


def fault_lines(faults: Iterable[Fault]) -> list[FaultLine]:
    """Located faults in the reader's language."""
    return [FaultLine(one.line, one.column, one.pointer, *worded(one, _)) for one in faults]


def connector_document(text: str) -> ConnectorDocument:
    """A connector in YAML or JSON; Faulty names what cannot be read."""
    try:
        source = read_source(text)
    except InvalidDefinition as error:
        raise Faulty(fault_lines(error.faults)) from error
    if faults := _faults(source):
        raise Faulty(faults)
    return ConnectorDocument(source, _config(source.data))


def _faults(source: Source) -> list[FaultLine]:
    data = source.data
    if not isinstance(data, dict):
        return [_at(source, (), _("The document must be an object with name, kind and operations."))]
    known = ", ".join(CONNECTOR_FIELDS)
    found = [
        _at(source, (name,), _("Unknown field. Known: %(known)s.") % {"known": known})
        for name in data
        if name not in CONNECTOR_FIELDS
    ]
    found += [_at(source, (), _("%(name)s is missing.") % {"name": name}) for name in REQUIRED if name not in data]
    for name, kind in CONNECTOR_FIELDS.items():
        value = data.get(name)
        if value is not None and not isinstance(value, kind):
            found.append(_at(source, (name,), _("Must be %(kind)s.") % {"kind": _KINDS[kind]()}))
    return found or _part_faults(source, data)


def _part_faults(source: Source, data: Mapping[str, Any]) -> list[FaultLine]:
    found = []
    known = ", ".join(SAFETY_FIELDS)
    for name, value in (data.get("safety") or {}).items():
        if name not in SAFETY_FIELDS:
            found.append(_at(source, ("safety", name), _("Unknown field. Known: %(known)s.") % {"known": known}))
        elif isinstance(value, bool) or not isinstance(value, int | float):
            found.append(_at(source, ("safety", name), _("Must be a number.")))
    if data.get("credential_id") and _uuid(data["credential_id"]) is None:
        found.append(_at(source, ("credential_id",), _("Must be the id of a credential.")))
    return found


def _config(data: Mapping[str, Any]) -> ConnectorConfig:
    return ConnectorConfig(
        name=data["name"],
        kind=data["kind"],
        title=data.get("title") or "",
        config=data.get("config") or {},
        credential_id=_uuid(data.get("credential_id")),
        safety=Safety(**(data.get("safety") or {})),
        operations=data["operations"],
    )


def _at(source: Source, path: tuple[str | int, ...], text: str) -> FaultLine:
    fault = source.fault(Problem(path=path, text="", on_key=True))
    return FaultLine(fault.line, fault.column, fault.pointer, text, "")


def _path(dotted: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in dotted.split("."))


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


_KINDS: Mapping[type, Callable[[], str]] = {
    str: lambda: _("a text"),
    dict: lambda: _("an object"),
    list: lambda: _("a list"),
}

"""What to ask somebody who starts a run, from the schema of its input: simple fields, or nothing but JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["file", "text", "whole", "number", "yes", "choice"]
MOST_FIELDS = 12
BEYOND_FIELDS = ("$ref", "oneOf", "anyOf", "allOf", "not", "if", "patternProperties", "dependentSchemas")
KINDS: Mapping[str, Kind] = {"string": "text", "integer": "whole", "number": "number", "boolean": "yes"}
ENDINGS = {"application/xml": ".xml,application/xml,text/xml", "text/xml": ".xml,application/xml,text/xml",
           "application/json": ".json,application/json", "text/csv": ".csv,text/csv"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One field. `accept` says which files a browser offers; `least` and `most` are bounds of numbers."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None
    accept: str = ""
    least: float | None = None
    most: float | None = None
    most_letters: int | None = None


def asked_for(schema: object) -> tuple[Asked, ...]:
    """A field for each property; none at all where one of them is no simple value."""
    if not isinstance(schema, dict) or schema.get("type") != "object" or any(name in schema for name in BEYOND_FIELDS):
        return ()
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not 0 < len(properties) <= MOST_FIELDS:
        return ()
    required = schema.get("required") or []
    found = [_asked(name, one, required=name in required) for name, one in properties.items()]
    return tuple(one for one in found if one is not None) if all(found) else ()


def _asked(name: str, schema: object, *, required: bool) -> Asked | None:
    if not isinstance(schema, dict) or any(word in schema for word in BEYOND_FIELDS):
        return None
    kind = _kind(schema)
    if kind is None:
        return None
    media = str(schema.get("contentMediaType") or "")
    return Asked(
        name=name,
        kind=kind,
        label=str(schema.get("title") or name),
        help=str(schema.get("description") or ""),
        required=required,
        choices=tuple(schema["enum"]) if kind == "choice" else (),
        default=schema.get("default"),
        accept=ENDINGS.get(media, media),
        least=schema.get("minimum"),
        most=schema.get("maximum"),
        most_letters=schema.get("maxLength"),
    )


def _kind(schema: Mapping[str, Any]) -> Kind | None:
    choices = schema.get("enum")
    if choices is not None:
        return "choice" if _are_texts(choices) else None
    if schema.get("type") == "string" and schema.get("contentMediaType") and not schema.get("contentEncoding"):
        return "file"
    return KINDS.get(str(schema.get("type")))


def _are_texts(values: object) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str) and all(isinstance(one, str) for one in values)

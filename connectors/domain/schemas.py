"""JSON Schema (2020-12) of operations: closed, offline, with linear-time patterns; faults name places, never values."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from connectors.domain.texts import _

MAX_FAULTS = 20
MAX_DEPTH = 40
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_SUBSCHEMAS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


class SchemaFault(ValueError):
    """The schema itself is not usable."""


def closed(schema: Any, depth: int = 0) -> Any:
    """The schema with every object refusing what it does not name; SchemaFault on references that lead outside."""
    if depth > MAX_DEPTH:
        raise SchemaFault(_("Nested too deeply."))
    if isinstance(schema, list):
        return [closed(item, depth + 1) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if any(not str(schema.get(name, "#")).startswith("#") for name in _REFERENCES):
        raise SchemaFault(_("References may only lead to a place in the same schema."))
    found = {name: _closed_part(name, part, depth) for name, part in schema.items()}
    describes_object = "properties" in schema or schema.get("type") == "object"
    if describes_object and "unevaluatedProperties" not in schema:
        found.setdefault("additionalProperties", False)
    return found


def check(schema: Any) -> str:
    """Why a schema cannot be used; empty when it can."""
    try:
        validator(schema)
    except SchemaFault as error:
        text: str = error.args[0]
        return text
    return ""


def faults(schema: Mapping[str, Any], value: Any) -> dict[str, list[str]]:
    """Where `value` does not fit, as {path: texts}; empty when it fits."""
    found: dict[str, list[str]] = {}
    for path, text in _faults(validator(schema), value):
        found.setdefault(path, []).append(text)
    return found


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """The compiled form of a schema; SchemaFault when it is not one."""
    if not isinstance(schema, Mapping):
        raise SchemaFault(_("Must be an object."))
    try:
        return _compiled(msgspec.json.encode(schema, order="deterministic"))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise SchemaFault(_("Not a JSON Schema: %(reason)s.", reason=str(error).partition("\n")[0][:200])) from error


@lru_cache(maxsize=512)
def _compiled(text: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        msgspec.json.decode(text), offline=True, mask="(value)", pattern_options=jsonschema_rs.RegexOptions()
    )


def _faults(compiled: jsonschema_rs.Draft202012Validator, value: Any) -> Iterator[tuple[str, str]]:
    for number, error in enumerate(compiled.iter_errors(value)):
        if number == MAX_FAULTS:
            return
        yield ".".join(str(part) for part in error.instance_path), error.message


def _closed_part(name: str, part: Any, depth: int) -> Any:
    if name in {"const", "enum", "default", "examples", "required", "type"}:
        return part
    if name in _SUBSCHEMAS and isinstance(part, Mapping):
        return {key: closed(inner, depth + 1) for key, inner in part.items()}
    return closed(part, depth + 1)

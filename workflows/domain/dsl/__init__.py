"""The schemas a document is checked against: the DSL's own, as published, and ours for what it leaves open."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

HERE: Final = Path(__file__).parent
FILES: Final = {
    "dsl": HERE / "vendor" / "workflow-1.0.3.json",
    "orchestration": HERE / "orchestration.json",
    "functions": HERE / "functions.json",
}
CATALOG: Final = ("approval", "chat", "connector", "embed", "pain001")
CATALOG_VERSION: Final = "1.0.0"


@cache
def schema(name: str) -> dict[str, Any]:
    """One of the schemas in FILES."""
    loaded: dict[str, Any] = json.loads(FILES[name].read_text(encoding="utf-8"))
    return loaded


@cache
def validator(name: str, part: str = "") -> Any:
    """Checks against one part (`/$defs/duration`) of a schema; never looks anything up outside it."""
    whole = schema(name)
    registry = jsonschema_rs.Registry([(whole["$id"], whole)])
    reference = {"$schema": whole["$schema"], "$ref": f"{whole['$id']}#{part}"}
    # with formats, or an expression would also be a literal time and so fit two alternatives of one
    return jsonschema_rs.validator_for(reference, registry=registry, offline=True, validate_formats=True)

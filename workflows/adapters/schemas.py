"""JSON Schema checks of inputs, outputs and exports, by jsonschema-rs; a compiled schema is kept for the next run."""

import json
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs

MAX_SHOWN: Final = 300


class JsonSchemas:
    """Implements `workflows.ports.Schemas`."""

    def fault(self, schema: Any, value: Any) -> str:
        """What is wrong with `value`, or nothing; a schema that is none is a fault too."""
        try:
            validator = _compiled(json.dumps(schema, sort_keys=True))
        except (ValueError, jsonschema_rs.ValidationError) as error:
            return f"the schema cannot be used: {error}"[:MAX_SHOWN]
        found = next(iter(validator.iter_errors(value)), None)
        if found is None:
            return ""
        place = "".join(f"/{part}" for part in found.instance_path)
        return f"{place or '/'}: {found.message}"[:MAX_SHOWN]


@lru_cache(maxsize=256)
def _compiled(schema: str) -> Any:
    # a tenant's schema must not make us fetch an address, nor search a text for minutes
    return jsonschema_rs.validator_for(json.loads(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions())

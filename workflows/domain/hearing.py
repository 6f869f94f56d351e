"""What definitions hear and say: the events that set several of them going, and what those events hold. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from workflows.domain.plan import Emit, Plan, walk


def heard(plan: Plan) -> list[str]:
    """Types of the events that start a definition, where they are said literally."""
    return _literal(one.with_.get("type") for one in plan.schedule_on)


def said(plan: Plan) -> list[str]:
    """Types of the events that a definition emits, where they are said literally."""
    return _literal(task.event.get("type") for task in walk(plan.block) if isinstance(task, Emit))


def entries(plans: Iterable[Plan]) -> list[str]:
    """Types that some of the definitions hear and none of them says: what sets all of them going."""
    known = list(plans)
    own = {type_ for plan in known for type_ in said(plan)}
    found = [type_ for plan in known for type_ in heard(plan)]
    return list(dict.fromkeys(type_ for type_ in found if type_ not in own))


def event_schema(plans: Iterable[Plan], type_: str) -> dict[str, Any]:
    """What the data of an event must be to fit everybody who hears it, as far as their schemas say."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for plan in plans:
        if type_ in heard(plan):
            schema = _data_of(plan.input.schema)
            properties |= _mapping(schema.get("properties"))
            required += [name for name in schema.get("required", []) if name not in required]
    return {"type": "object", "properties": properties, "required": required}


def _data_of(schema: Any) -> Mapping[str, Any]:
    """The schema of an event's data, out of that of the list of events that a run has as its input."""
    event = _mapping(_mapping(schema).get("items"))
    return _mapping(_mapping(event.get("properties")).get("data"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _literal(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str) and not value.startswith("${")]

"""Whether an event meets the part of a filter that the database cannot compare: conditions and correlations. Pure."""

from collections.abc import Mapping
from typing import Any

from workflows.changes import attribute_text
from workflows.domain.expressions import Evaluator, unwrapped


def meets(
    event: Mapping[str, Any],
    *,
    conditions: Mapping[str, Any],
    correlations: Mapping[str, Any],
    evaluator: Evaluator,
) -> bool:
    """Whether `event` meets all of it. `conditions` is {"with": {attribute: template}, "variables": …} or empty."""
    variables = conditions.get("variables", {})
    wanted = conditions.get("with", {})
    return all(
        _meets_condition(event.get(name), template, variables, evaluator) for name, template in wanted.items()
    ) and all(_correlates(event, correlation, variables, evaluator) for correlation in correlations.values())


def _meets_condition(value: Any, template: Any, variables: Mapping[str, Any], evaluator: Evaluator) -> bool:
    """A condition says yes or no about the attribute; what it gives instead is what the attribute must equal."""
    expression = unwrapped(template) if isinstance(template, str) else None
    if expression is None:
        return bool(value == template)
    found = evaluator.evaluate(expression, value, variables)
    return found if isinstance(found, bool) else _same(found, value)


def _same(found: Any, value: Any) -> bool:
    return bool(found == value) or (isinstance(value, str) and attribute_text(found) == value)


def _correlates(
    event: Mapping[str, Any], correlation: Mapping[str, Any], variables: Mapping[str, Any], evaluator: Evaluator
) -> bool:
    """The value in the event is the expected one; without an expectation the event must have a value at all."""
    found = evaluator.evaluate(correlation["from"], event, variables)
    return bool(found == correlation["expect"]) if "expect" in correlation else found is not None

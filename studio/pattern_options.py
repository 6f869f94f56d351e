"""What the form of a pattern configuration offers a tenant, and what it chooses at first."""

from typing import Any

from connectors.models import Connector, Operation
from connectors.selectors import connector_list, operation_list
from routing.selectors.configuration import deployment_list
from routing.selectors.routes import route_list
from studio.forms_patterns import Options
from studio.rows_patterns import pattern_name
from studio.units import unit_choices
from workflows.domain.configurations import (
    ROLES,
    STRATEGIES,
    WORKFLOWS,
    ConfigurationConfig,
    PatternSlug,
    guessed_operations,
)
from workflows.models import PatternConfiguration
from workflows.selectors_patterns import configuration_list, definition_candidates

FIRST_DEPLOYMENTS = 5


def options_for(pattern: PatternSlug, row: PatternConfiguration | None = None) -> Options:
    """What may be chosen; parts that `row` made are offered to it though they are archived while it is stopped."""
    routes = [(str(one.id), one.name) for one in route_list()] if pattern is not PatternSlug.ADAPTER else []
    definitions = [(str(one.id), str(one)) for one in definition_candidates(pattern)] if pattern in WORKFLOWS else []
    if row is not None and row.made:
        routes += [(str(row.route_id), row.route.name)] if row.route else []
        definitions += [(str(one.definition_id), str(one.definition)) for one in row.participants.all()]
    deployments = [(str(one.id), one.name) for one in deployment_list() if one.enabled]
    return Options(
        units=unit_choices(),
        routes=list(dict.fromkeys(routes)),
        deployments=deployments if pattern is PatternSlug.MODEL_ROUTER else [],
        operations=[_group(one) for one in _connectors()] if ROLES[pattern] else [],
        definitions=list(dict.fromkeys(definitions)),
    )


def first_choice(pattern: PatternSlug, options: Options, platform: str) -> dict[str, Any]:
    """A configuration that could be started as it is, of parts that are there."""
    found: dict[str, Any] = {"name": _free_name(pattern), "platform": platform}
    found["unit"] = options.units[0][0] if options.units else ""
    found["route"] = options.routes[0][0] if options.routes else ""
    found["strategy"] = STRATEGIES[0]
    found["deployments"] = [one for one, _name in options.deployments[:FIRST_DEPLOYMENTS]]
    return found | _first_operations(pattern)


def initial_of(wanted: ConfigurationConfig) -> dict[str, Any]:
    """A configuration as its form shows it."""
    found: dict[str, Any] = {
        "name": wanted.name,
        "unit": str(wanted.unit_id),
        "platform": wanted.platform,
        "handle": wanted.handle,
        "route": str(wanted.route_id or ""),
        "definition": str(wanted.definition_ids[0]) if wanted.definition_ids else "",
        "definitions": [str(one) for one in wanted.definition_ids],
    }
    if wanted.new_route:
        found["deployments"] = [str(one) for one in wanted.new_route.deployment_ids]
        found["strategy"] = wanted.new_route.strategy
    return found | {role: f"{wanted.connector_id}:{name}" for role, name in wanted.operations.items()}


def missing_parts(pattern: PatternSlug, options: Options) -> list[str]:
    """Views that make what this tenant lacks, before anything can be started."""
    found = []
    if ROLES[pattern] and not options.operations and not options.definitions:
        found.append("connector-new")
    if pattern is not PatternSlug.ADAPTER and not options.routes and not options.definitions:
        found += [] if options.deployments else ["deployment-new"]
        found += [] if pattern is PatternSlug.MODEL_ROUTER else ["route-new"]
    return found


def _connectors() -> list[Connector]:
    return [one for one in connector_list() if one.stopped_at is None]


def _group(connector: Connector) -> tuple[str, list[tuple[str, str]]]:
    operations: list[Operation] = list(operation_list(connector))
    return str(connector), [(f"{connector.id}:{one.name}", f"{connector.name}.{one.name}") for one in operations]


def _first_operations(pattern: PatternSlug) -> dict[str, str]:
    """Those of the first connector that has one for each role."""
    for connector in _connectors() if ROLES[pattern] else []:
        effects = {one.name: one.effect for one in operation_list(connector)}
        guessed = guessed_operations(pattern, effects)
        if len(guessed) == len(ROLES[pattern]):
            return {role: f"{connector.id}:{name}" for role, name in guessed.items()}
    return {}


def _free_name(pattern: PatternSlug) -> str:
    base = pattern_name(pattern)
    taken = set(configuration_list().filter(name__startswith=base).values_list("name", flat=True))
    return next((one for one in (base, *(f"{base} {n}" for n in range(2, 1000))) if one not in taken), base)

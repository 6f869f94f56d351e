"""The parts of a pattern configuration, looked up and checked: everything that is wrong comes at once, by field.

A part of another tenant is one that does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from connectors.access import access_connector
from connectors.models import Connector, Operation
from connectors.selectors import operation_list
from routing.access import access_route
from routing.domain.control import RouteStatus, is_route_name
from routing.models import Route
from routing.selectors.routes import route_list
from routing.services import parse_spec
from tenants.access import access_unit
from tenants.errors import Invalid, NotFound
from tenants.models import Unit
from workflows.access import access_definition
from workflows.domain.configurations import (
    MAX_NAME,
    MAX_PARTICIPANTS,
    ROLES,
    WORKFLOWS,
    ConfigurationConfig,
    NewRoute,
    PatternSlug,
    PlatformSlug,
    handle_of,
    is_handle,
)
from workflows.domain.plan import Plan, walk
from workflows.domain.starters import definition_names
from workflows.models import Definition
from workflows.plans import plan_of
from workflows.selectors import current_version
from workflows.statuses import DefinitionStatus

NAMESPACE = "patterns"
Errors = dict[str, list[str]]


@dataclass(slots=True)
class Parts:
    """What a configuration points at, as rows; `spec` is that of a route to make."""

    unit: Unit
    route: Route | None = None
    connector: Connector | None = None
    operations: dict[str, Operation] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    spec: dict[str, Any] | None = None


def checked_parts(wanted: ConfigurationConfig, *, own: frozenset[UUID] = frozenset()) -> Parts:
    """The parts, or Invalid with every fault. Those in `own` were made by the configuration and may be archived."""
    errors: Errors = {}
    pattern = _words(wanted, errors)
    unit = _unit(wanted.unit_id, errors)
    parts = Parts(unit) if unit else None
    if pattern and parts:
        _fill(parts, pattern, wanted, own, errors)
    if errors or parts is None:
        raise Invalid(errors=errors)
    return parts


def check_words(wanted: ConfigurationConfig) -> None:
    """Look at what is not a part: name and platform."""
    errors: Errors = {}
    _words(wanted, errors)
    if errors:
        raise Invalid(errors=errors)


def free_handle(wanted: ConfigurationConfig) -> str:
    """The name for what will be made: the one that was given, or one made of the configuration's name and free now."""
    pattern = PatternSlug(wanted.pattern)
    if wanted.handle:
        return wanted.handle
    base = handle_of(wanted.name, pattern)
    tries = (base, *(f"{base[:36].rstrip('-')}-{number}" for number in range(2, 100)))
    return next((one for one in tries if not handle_fault(pattern, one)), base)


def handle_fault(pattern: PatternSlug, handle: str) -> str:
    """Why nothing new can be called that; empty when it can."""
    if pattern is PatternSlug.MODEL_ROUTER:
        if not is_route_name(handle):
            return _("Use letters, digits and . _ : / @ + - (at most 120), beginning with a letter or digit.")
        taken = route_list().filter(name=handle).exists()
        return _("There is a route with this name already. Choose a different one.") if taken else ""
    if not is_handle(handle):
        return _("Use lower-case letters, digits and - (at most 40), beginning and ending with a letter or digit.")
    for name in definition_names(pattern, handle):
        if Definition.objects.filter(namespace=NAMESPACE, name=name).exists():
            text = _("There is a definition %(name)s already. Choose a different name.")
            return text % {"name": f"{NAMESPACE}/{name}"}
    return ""


def _words(wanted: ConfigurationConfig, errors: Errors) -> PatternSlug | None:
    """Name, pattern and platform; the pattern when it is one."""
    if not wanted.name.strip() or len(wanted.name) > MAX_NAME or not wanted.name.isprintable():
        errors["name"] = [_("Give it a name of 1 to %(most)d characters.") % {"most": MAX_NAME}]
    if wanted.platform not in set(PlatformSlug):
        errors["platform"] = [_known(PlatformSlug)]
    if wanted.pattern not in set(PatternSlug):
        errors["pattern"] = [_known(PatternSlug)]
        return None
    return PatternSlug(wanted.pattern)


def _known(words: Any) -> str:
    return _("Unknown. Known: %(known)s.") % {"known": ", ".join(words)}


def _unit(unit_id: UUID, errors: Errors) -> Unit | None:
    try:
        unit = access_unit(unit_id)
    except NotFound:
        errors["unit_id"] = [_("There is no such unit.")]
        return None
    if unit.archived_at is not None:
        errors["unit_id"] = [_("This unit is archived. Choose another one.")]
    return unit


def _fill(
    parts: Parts, pattern: PatternSlug, wanted: ConfigurationConfig, own: frozenset[UUID], errors: Errors
) -> None:
    _refuse_foreign(pattern, wanted, errors)
    if pattern is PatternSlug.MODEL_ROUTER:
        _router(parts, wanted, own, errors)
    elif pattern is PatternSlug.ADAPTER:
        _core(parts, pattern, wanted, errors)
    elif wanted.definition_ids:
        _definitions(parts, pattern, wanted.definition_ids, own, errors)
    else:
        parts.route = _route(wanted.route_id, own, errors)
        _core(parts, pattern, wanted, errors)
        _handle(pattern, wanted, errors)


def _refuse_foreign(pattern: PatternSlug, wanted: ConfigurationConfig, errors: Errors) -> None:
    """Parts that this pattern has no use for are mistakes."""
    text = _("This pattern has no such part.")
    if wanted.new_route and pattern is not PatternSlug.MODEL_ROUTER:
        errors["new_route"] = [text]
    if wanted.definition_ids and pattern not in WORKFLOWS:
        errors["definition_ids"] = [text]
    if wanted.route_id and pattern is PatternSlug.ADAPTER:
        errors["route_id"] = [text]
    if wanted.connector_id and pattern is PatternSlug.MODEL_ROUTER:
        errors["connector_id"] = [text]
    for role in wanted.operations.keys() - set(ROLES[pattern]):
        errors[f"operations.{role}"] = [text]


def _router(parts: Parts, wanted: ConfigurationConfig, own: frozenset[UUID], errors: Errors) -> None:
    made = wanted.new_route
    if wanted.route_id and made:
        errors["route_id"] = [_("Name a route or deployments for a new one, not both.")]
    elif made is None:
        parts.route = _route(wanted.route_id, own, errors, missing=_("Choose a route, or deployments for a new one."))
    else:
        parts.spec = spec_of(made)
        _spec_faults(parts.spec, errors)
        _handle(PatternSlug.MODEL_ROUTER, wanted, errors)


def spec_of(made: NewRoute) -> dict[str, Any]:
    """The specification of the route to make."""
    candidates = [{"deployment": str(one)} for one in made.deployment_ids]
    return {"strategy": made.strategy, "candidates": candidates}


def _spec_faults(spec: Mapping[str, Any], errors: Errors) -> None:
    if not spec["candidates"]:
        errors["new_route.deployment_ids"] = [_("Choose at least one deployment.")]
        return
    try:
        parse_spec(spec)
    except Invalid as error:
        for path, texts in error.errors.items():
            place = "deployment_ids" if path.startswith("candidates") else "strategy"
            errors.setdefault(f"new_route.{place}", []).extend(texts)


def _route(route_id: UUID | None, own: frozenset[UUID], errors: Errors, *, missing: str = "") -> Route | None:
    if route_id is None:
        errors["route_id"] = [missing or _("Choose a route.")]
        return None
    try:
        route = access_route(route_id)
    except NotFound:
        errors["route_id"] = [_("There is no such route.")]
        return None
    if route.status != RouteStatus.ACTIVE and route.pk not in own:
        errors["route_id"] = [_("This route is archived. Choose another one.")]
    return route


def _core(parts: Parts, pattern: PatternSlug, wanted: ConfigurationConfig, errors: Errors) -> None:
    if wanted.connector_id is None:
        errors["connector_id"] = [_("Choose a connector.")]
        return
    try:
        parts.connector = access_connector(wanted.connector_id)
    except NotFound:
        errors["connector_id"] = [_("There is no such connector.")]
        return
    if parts.connector.stopped_at is not None:
        errors["connector_id"] = [_("This connector is stopped. Start it, or choose another one.")]
    known = {one.name: one for one in operation_list(parts.connector)}
    for role in ROLES[pattern]:
        _operation(parts, role, wanted.operations.get(role, ""), known, errors, writes=pattern is PatternSlug.SAGA)


def _operation(
    parts: Parts, role: str, name: str, known: Mapping[str, Operation], errors: Errors, *, writes: bool
) -> None:
    place, found = f"operations.{role}", known.get(name)
    if not name:
        errors[place] = [_("Choose an operation.")]
    elif found is None:
        errors[place] = [_("This connector has no operation %(name)s.") % {"name": name}]
    elif writes and found.effect != "write":
        errors[place] = [_("Choose an operation that writes: reading changes nothing that could be undone.")]
    else:
        parts.operations[role] = found


def _handle(pattern: PatternSlug, wanted: ConfigurationConfig, errors: Errors) -> None:
    if wanted.handle and (fault := handle_fault(pattern, wanted.handle)):
        errors["handle"] = [fault]


def _definitions(
    parts: Parts, pattern: PatternSlug, ids: tuple[UUID, ...], own: frozenset[UUID], errors: Errors
) -> None:
    several = pattern is PatternSlug.CHOREOGRAPHY
    if len(ids) > 1 and not several:
        errors["definition_ids"] = [_("This pattern is one definition.")]
        return
    if len(ids) > MAX_PARTICIPANTS or len(set(ids)) < len(ids):
        text = _("Name each definition once, at most %(most)d of them.")
        errors["definition_ids"] = [text % {"most": MAX_PARTICIPANTS}]
        return
    for one in ids:
        try:
            definition = access_definition(one)
        except NotFound:
            errors["definition_ids"] = [_("There is no such definition.")]
            return
        parts.definitions.append(definition)
        if fault := _definition_fault(pattern, definition, own):
            errors.setdefault("definition_ids", []).append(fault)


def _definition_fault(pattern: PatternSlug, definition: Definition, own: frozenset[UUID]) -> str:
    named = {"name": str(definition)}
    if definition.status != DefinitionStatus.ACTIVE and definition.pk not in own:
        return _("%(name)s is archived. Choose another one, or publish it again.") % named
    plan = current_plan(definition)
    if pattern is PatternSlug.CHOREOGRAPHY and not plan.schedule_on:
        return _("No event starts %(name)s. A participant needs schedule.on.") % named
    if pattern is PatternSlug.SAGA and not any(task.policy.compensate for task in walk(plan.block)):
        return _("%(name)s undoes nothing. A saga needs a task with compensate.") % named
    return ""


def current_plan(definition: Definition) -> Plan:
    """The plan of the version that new runs are pinned to."""
    return plan_of(definition.tenant_id, current_version(definition).pk).plan

"""A configuration as the Studio draws it: own names on the nodes, and what went over each line in the last day.

Figures are those of the parts, whoever used them: a route that others ask too is counted whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Q
from django.utils import timezone

from connectors.models import Connector
from connectors.selectors import connector_list, operation_traffic
from routing.selectors.configuration import deployment_list
from routing.selectors.routes import route_detail
from routing.selectors.traffic import route_traffic, routes_named
from tenants.access import require
from tenants.ids import first_uuid7
from workflows.domain.pattern_view import Kind, Measure, Own, edge_measures, own_names, own_parts, use_of
from workflows.models import Approval, Definition, Event, PatternConfiguration, Run
from workflows.patterns import pattern as pattern_of
from workflows.selectors_patterns import plans_of
from workflows.statuses import RunStatus

WINDOW: Final = timedelta(hours=24)
BROKEN: Final = (RunStatus.FAULTED, RunStatus.COMPENSATION_FAILED)
UNDONE: Final = (RunStatus.COMPENSATING, RunStatus.COMPENSATED, RunStatus.COMPENSATION_FAILED)
Counts = dict[str, "Traffic"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """How often something happened, how often it failed, and when last."""

    count: int = 0
    failed: int = 0
    last_at: datetime | None = None

    def __add__(self, other: "Traffic") -> "Traffic":
        moments = [at for at in (self.last_at, other.last_at) if at is not None]
        return Traffic(self.count + other.count, self.failed + other.failed, max(moments, default=None))


@dataclass(frozen=True, slots=True)
class ConfigurationView:
    """Names by node, traffic by edge, and what each edge's figure counts."""

    configuration: PatternConfiguration
    own: Own
    names: Mapping[str, str]
    measures: Mapping[str, Measure]
    traffic: Mapping[str, Traffic]
    since: datetime


def configuration_view(row: PatternConfiguration) -> ConfigurationView:
    """Own names and real traffic of a configuration, in about ten queries however much has happened."""
    require("pattern.read")
    pattern, since = pattern_of(row.pattern), timezone.now() - WINDOW
    definitions = [one.definition for one in row.participants.select_related("definition").order_by("position")]
    own = _own(row, definitions)
    measures = edge_measures(pattern, own)
    counts = _counts({measure.kind for measure in measures.values()}, own, definitions, since)
    return ConfigurationView(
        configuration=row,
        own=own,
        names=own_names(pattern, own),
        measures=measures,
        traffic={edge: _sum(counts[measure.kind], measure) for edge, measure in measures.items()},
        since=since,
    )


def _own(row: PatternConfiguration, definitions: list[Definition]) -> Own:
    plans = plans_of(definitions)
    own = own_parts([use_of(str(one), plan) for one, plan in zip(definitions, plans, strict=True)], plans)
    if row.route is not None:
        own = replace(own, routes=(row.route.name, *own.routes))
    if row.connector is not None:
        asked = tuple((row.connector.name, name) for role, name in row.operations.items() if role != "undo")
        undoing = tuple((row.connector.name, name) for role, name in row.operations.items() if role == "undo")
        own = replace(own, operations=(*asked, *own.operations), undoing=(*undoing, *own.undoing))
    return replace(own, deployments=_deployments(own.routes[0])) if own.routes else own


def _deployments(route: str) -> tuple[str, ...]:
    """Names of the deployments of a route, in the order of fallback."""
    found = routes_named([route]).first()
    return tuple(one.name for one in route_detail(found.pk).deployments) if found else ()


def _counts(kinds: set[Kind], own: Own, definitions: list[Definition], since: datetime) -> dict[Kind, Counts]:
    """Only what is asked for is counted."""
    found: dict[Kind, Counts] = {}
    if "requests" in kinds:
        found["requests"] = _requests(own, since)
    if "calls" in kinds:
        found["calls"] = _calls([*own.operations, *own.undoing], since)
    if kinds & {"runs", "undone"}:
        found |= _runs(definitions, since)
    if "approvals" in kinds:
        found["approvals"] = _approvals(definitions, since)
    if "events" in kinds:
        found["events"] = _events({type_ for use in own.uses for type_ in (*use.heard, *use.said)}, since)
    return found


def _requests(own: Own, since: datetime) -> Counts:
    """By route, and by route and deployment."""
    routes = {one.pk: one.name for one in routes_named(own.routes)}
    names = {one.pk: one.name for one in deployment_list(archived=True)}
    found: Counts = {}
    for one in route_traffic(list(routes), since=since):
        traffic, route = Traffic(one.requests, one.failed, one.last_at), routes[one.route_id]
        found[route] = found.get(route, Traffic()) + traffic
        if one.deployment_id is not None:
            found[f"{route}/{names.get(one.deployment_id, '')}"] = traffic
    return found


def _calls(operations: Iterable[tuple[str, str]], since: datetime) -> Counts:
    names = {core for core, _name in operations}
    connectors: dict[Any, Connector] = {one.pk: one for one in connector_list().filter(name__in=names)}
    return {
        f"{connectors[one.connector_id].name}.{one.operation}": Traffic(one.calls, one.failed, one.last_at)
        for one in operation_traffic(list(connectors), since=since)
    }


def _runs(definitions: list[Definition], since: datetime) -> dict[Kind, Counts]:
    require("run.read")
    names = {one.pk: str(one) for one in definitions}
    recent = Run.objects.filter(definition_id__in=names, id__gte=first_uuid7(since)).order_by()
    rows = recent.values("definition_id").annotate(
        count=Count("id"),
        failed=Count("id", filter=Q(status__in=BROKEN)),
        undone=Count("id", filter=Q(status__in=UNDONE)),
        unable=Count("id", filter=Q(status=RunStatus.COMPENSATION_FAILED)),
        last_at=Max("created_at"),
    )
    listed = list(rows)
    return {
        "runs": {names[one["definition_id"]]: Traffic(one["count"], one["failed"], one["last_at"]) for one in listed},
        "undone": {names[one["definition_id"]]: Traffic(one["undone"], one["unable"]) for one in listed},
    }


def _approvals(definitions: list[Definition], since: datetime) -> Counts:
    names = {one.pk: str(one) for one in definitions}
    asked = Approval.objects.filter(run__definition_id__in=names, id__gte=first_uuid7(since)).order_by()
    rows = asked.values("run__definition_id").annotate(
        count=Count("id"), failed=Count("id", filter=Q(status__in=("rejected", "expired"))), last_at=Max("created_at")
    )
    return {names[one["run__definition_id"]]: Traffic(one["count"], one["failed"], one["last_at"]) for one in rows}


def _events(types: set[str], since: datetime) -> Counts:
    require("event.read")
    recent = Event.objects.filter(received_at__gte=since, type__in=types).order_by()
    rows = recent.values("type").annotate(count=Count("id"), last_at=Max("received_at"))
    return {one["type"]: Traffic(one["count"], 0, one["last_at"]) for one in rows}


def _sum(counts: Counts, measure: Measure) -> Traffic:
    return sum((counts.get(key, Traffic()) for key in measure.keys), start=Traffic())

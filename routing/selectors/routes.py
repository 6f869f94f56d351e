"""Reads of routes: list, versions, what changed between them, which routes use a deployment."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from routing.access import access_route, access_route_version
from routing.domain.control import RouteStatus
from routing.domain.spec import RouteSpec, parse_route_spec
from routing.models import Deployment, Route, RouteVersion
from tenants.access import require


@dataclass(frozen=True, slots=True)
class SpecChange:
    """One difference between two specs: the path of the field, before and after (None = absent)."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RouteDetail:
    """A route with its current version and the deployments it names, in fallback order."""

    route: Route
    version: RouteVersion
    spec: RouteSpec
    deployments: tuple[Deployment, ...]


def route_list(*, archived: bool = False) -> "QuerySet[Any]":
    """Routes by name, each with the `strategy` and `candidate_count` of its current version."""
    require("route.read")
    current = RouteVersion.objects.filter(route=OuterRef("pk"), number=OuterRef("current_version"))
    routes: QuerySet[Any] = Route.objects.annotate(
        strategy=Subquery(current.values("spec__strategy")[:1]),
        candidates=Subquery(current.values("spec__candidates")[:1]),
        published_at=Subquery(current.values("created_at")[:1]),
    ).order_by("name", "id")
    return routes if archived else routes.filter(status=RouteStatus.ACTIVE)


def route_detail(route_id: Any) -> RouteDetail:
    """A route with everything its page shows; two look-ups beside the route itself."""
    route = access_route(route_id)
    version = access_route_version(route, route.current_version)
    spec = parse_route_spec(version.spec)
    wanted = [candidate.deployment_id for candidate in spec.candidates]
    rows: QuerySet[Deployment] = Deployment.objects.filter(pk__in=wanted).select_related("provider")
    found = {str(row.pk): row for row in rows}
    return RouteDetail(route, version, spec, tuple(found[one] for one in wanted if one in found))


def is_active_route(route_id: Any) -> bool:
    """Whether the route still answers."""
    require("route.read")
    return bool(Route.objects.filter(pk=route_id, status=RouteStatus.ACTIVE).exists())


def version_list(route: Route) -> QuerySet[RouteVersion]:
    """Versions of a route, newest first."""
    require("route.read")
    versions: QuerySet[RouteVersion] = RouteVersion.objects.filter(route=route).order_by("-number")
    return versions


def previous_version(version: RouteVersion) -> RouteVersion | None:
    """The version before; None for the first."""
    require("route.read")
    before: RouteVersion | None = RouteVersion.objects.filter(route=version.route, number=version.number - 1).first()
    return before


def version_diff(before: RouteVersion | None, after: RouteVersion) -> list[SpecChange]:
    """What `after` changed; against nothing, everything it says."""
    old, new = _flat(before.spec if before else {}), _flat(after.spec)
    paths = [*new, *(path for path in old if path not in new)]
    return [SpecChange(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]


def routes_using(deployment: Deployment) -> list[Route]:
    """Active routes whose current version names the deployment."""
    require("route.read")
    versions = RouteVersion.objects.filter(
        route__status=RouteStatus.ACTIVE,
        route__current_version=F("number"),
        spec__candidates__contains=[{"deployment": str(deployment.pk)}],
    )
    return [version.route for version in versions.select_related("route").order_by("route__name")]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """A spec as {path: leaf}; candidates are named by their deployment, so that moving one is not a change of all."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{name}" if path else name, inner) for name, inner in value.items()]
    elif isinstance(value, list) and path == "candidates":
        pairs = [(f"{path}.{row['deployment']}", {"place": place, **row}) for place, row in enumerate(value, 1)]
    else:
        return {path: value}
    return {name: leaf for inner_path, inner in pairs for name, leaf in _flat(inner, inner_path).items()}

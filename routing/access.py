"""Guarded reads of routing: permission first, then fetching through the tenant."""

from uuid import UUID

from routing.models import Deployment, Provider, Route, RouteVersion, UsageRecord
from tenants.access import fetch, require
from tenants.errors import NotFound


def access_provider(provider_id: UUID | str, *, lock: bool = False) -> Provider:
    """Return a provider of this tenant."""
    require("provider.read")
    return fetch(Provider, provider_id, lock=lock)


def access_deployment(deployment_id: UUID | str, *, lock: bool = False) -> Deployment:
    """Return a deployment of this tenant."""
    require("deployment.read")
    return fetch(Deployment, deployment_id, lock=lock)


def access_route(route_id: UUID | str, *, lock: bool = False) -> Route:
    """Return a route of this tenant."""
    require("route.read")
    return fetch(Route, route_id, lock=lock)


def access_route_version(route: Route, number: int) -> RouteVersion:
    """Return one version of a route."""
    require("route.read")
    known = 0 < number <= route.current_version
    version: RouteVersion | None = RouteVersion.objects.filter(route=route, number=number).first() if known else None
    if version is None:
        raise NotFound()
    return version


def access_request(request_id: UUID | str) -> UsageRecord:
    """Return the record of a request of this tenant, with its decision."""
    require("request.read")
    return fetch(UsageRecord, request_id)

"""How often routes were asked lately, and which deployment served: for drawings of patterns."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from routing.models import Route, UsageRecord
from routing.selectors.measures import BROKEN
from tenants.access import require


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTraffic:
    """Requests to a route that one deployment served, or that none did."""

    route_id: UUID
    deployment_id: UUID | None
    requests: int
    failed: int
    last_at: datetime | None


def route_traffic(route_ids: Collection[UUID], *, since: datetime) -> list[RouteTraffic]:
    """Requests to these routes since then, by route and deployment: one query by the index of routes."""
    require("request.read")
    records = UsageRecord.objects.filter(route_id__in=route_ids, at__gte=since).order_by()
    rows = records.values("route_id", "deployment_id").annotate(
        requests=Count("id"), failed=Count("id", filter=BROKEN | Q(status="refused")), last_at=Max("at")
    )
    return [RouteTraffic(**row) for row in rows]


def routes_named(names: Collection[str]) -> QuerySet[Route]:
    """The active routes of these names."""
    require("route.read")
    found: QuerySet[Route] = Route.objects.filter(name__in=names, status="active")
    return found

"""What the simulator needs of a tenant: a route's rows as the gateway reads them, and how its models did lately."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

from routing.access import access_route
from routing.domain.control import GIVEN_BY_HAND, RouteStatus
from routing.domain.simulation import Tries
from routing.domain.types import LatencyStats
from routing.models import Deployment, Provider, Route, RouteVersion
from routing.ports import DeploymentRow, ProviderRow, RouteRow, TenantRows
from routing.selectors.configuration import HEALTH_WINDOW, NOT_ITS_FAULT
from tenants.access import require
from tenants.scope import tx_tenant

WINDOW = timedelta(days=7)
MOST_ANSWERS = 500  # of each deployment, the latest ones
MOST_REQUESTS = 500  # of a route, the latest ones, in which to look for failures
Row = TypeVar("Row", ProviderRow, DeploymentRow)

_ANSWERS = """
select d.id, count(*), percentile_disc(array[0.5, 0.95]) within group (order by r.ms),
       percentile_disc(0.5) within group (order by r.first_ms)
from unnest(%(ids)s::uuid[]) d(id) cross join lateral (
    select coalesce((attempts -> -1 ->> 'ms')::float8, latency_ms) ms, first_token_ms first_ms
    from routing_usagerecord
    where tenant_id = %(tenant)s and deployment_id = d.id and status = 'ok' and at >= %(since)s
    order by at desc, id desc limit %(most)s) r
group by d.id
"""
_TRIES = """
select try ->> 'deployment', count(*), count(*) filter (where try ->> 'outcome' <> all (%(blameless)s))
from (select attempts from routing_usagerecord
      where tenant_id = %(tenant)s and route_id = %(route)s and at >= %(since)s
      order by at desc, id desc limit %(most)s) r, jsonb_array_elements(attempts) try
group by 1
"""


@dataclass(frozen=True, slots=True)
class SimulatedRoute:
    """The rows of one active route with what they point at, and whose prices are the catalogue's."""

    rows: TenantRows
    name: str
    catalogue_prices: frozenset[str]


def simulated_route(route_id: UUID | str) -> SimulatedRoute | None:
    """The route as the gateway reads it; None for one that is archived and answers nobody."""
    route = access_route(route_id)
    if route.status != RouteStatus.ACTIVE:
        return None
    version = RouteVersion.objects.get(route=route, number=route.current_version)
    ids = [row["deployment"] for row in version.spec["candidates"]]
    deployments = list(Deployment.objects.filter(pk__in=ids))
    providers = Provider.objects.filter(pk__in={one.provider_id for one in deployments})
    return SimulatedRoute(
        rows=TenantRows(
            tenant_id=tx_tenant(),
            version=0,
            status="active",
            providers=[_row(ProviderRow, one) for one in providers],
            deployments=[_row(DeploymentRow, one) for one in deployments],
            routes=[_route_row(route, version)],
        ),
        name=route.name,
        catalogue_prices=frozenset(str(one.pk) for one in deployments if one.price_source not in ("", GIVEN_BY_HAND)),
    )


def _row(kind: type[Row], source: Any) -> Row:
    return kind(**{each.name: getattr(source, each.name) for each in fields(kind)})


def _route_row(route: Route, version: RouteVersion) -> RouteRow:
    return RouteRow(
        route_id=route.pk,
        name=route.name,
        version_id=version.pk,
        number=version.number,
        spec=version.spec,
        digest=version.digest,
        created_at=version.created_at,
    )


def recent_latencies(deployment_ids: Collection[str], *, now: datetime) -> dict[str, LatencyStats]:
    """Latency of the answers of the last days, by deployment; what gave none is left out."""
    require("deployment.read")
    values: dict[str, Any] = {
        "tenant": tx_tenant(),
        "ids": list(deployment_ids),
        "since": now - WINDOW,
        "most": MOST_ANSWERS,
    }
    rows = _rows(_ANSWERS, values)
    return {str(one): _stats(samples, times, first) for one, samples, times, first in rows if times}


def recent_tries(route_id: UUID | str, *, now: datetime) -> dict[str, Tries]:
    """How often each deployment was tried on the route in the last quarter of an hour, and failed by its own fault."""
    require("deployment.read")
    values = {
        "tenant": tx_tenant(),
        "route": route_id,
        "since": now - HEALTH_WINDOW,
        "most": MOST_REQUESTS,
        "blameless": list(NOT_ITS_FAULT),
    }
    return {str(one): Tries(count, errors) for one, count, errors in _rows(_TRIES, values) if one}


def _rows(query: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _stats(samples: int, times: list[float], first: float | None) -> LatencyStats:
    p50_ms, p95_ms = (round(time) for time in times)
    ttft_ms = p50_ms if first is None else round(first)
    return LatencyStats(p50_ms=p50_ms, p95_ms=p95_ms, ttft_ms=ttft_ms, source="measured", samples=samples)

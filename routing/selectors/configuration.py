"""Reads of providers and deployments, and how the deployments have done lately."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from routing.models import Deployment, Provider
from tenants.access import require
from tenants.scope import tx_tenant

DEGRADED_FROM, DOWN_FROM = 0.05, 0.5  # shares of failed tries
HEALTH_WINDOW = timedelta(minutes=15)
NOT_ITS_FAULT = ("ok", "cancelled", "request", "content_policy", "context_overflow")

# One entry per try, so that a deployment that failed before another one served is seen.
_TRIES = """
select try ->> 'deployment', count(*),
       count(*) filter (where try ->> 'outcome' <> all (%(blameless)s)),
       percentile_disc(array[0.5, 0.95]) within group (order by (try ->> 'ms')::float8)
           filter (where try ->> 'outcome' = 'ok')
from routing_usagerecord, jsonb_array_elements(attempts) try
where tenant_id = %(tenant)s and at >= %(since)s
group by 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The last quarter of an hour of one deployment; None where nothing was measured."""

    tries: int = 0
    errors: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None

    @property
    def error_rate(self) -> float | None:
        """Share of tries that failed through the provider's fault."""
        return self.errors / self.tries if self.tries else None

    @property
    def state(self) -> str:
        """A word for it: unknown without tries, degraded from 5 % errors, down from half."""
        rate = self.error_rate
        if rate is None:
            return "unknown"
        return "down" if rate >= DOWN_FROM else "degraded" if rate >= DEGRADED_FROM else "healthy"


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """A deployment with its health."""

    deployment: Deployment
    health: Health


def provider_list(*, archived: bool = False) -> "QuerySet[Provider]":
    """Providers by name, each with the number of its `live_deployments`."""
    require("provider.read")
    live = Count("deployments", filter=Q(deployments__archived_at__isnull=True))
    providers: QuerySet[Provider] = Provider.objects.select_related("credential").annotate(live_deployments=live)
    providers = providers.order_by("name", "id")
    return providers if archived else providers.filter(archived_at__isnull=True)


def deployment_list(*, archived: bool = False) -> "QuerySet[Deployment]":
    """Deployments by name, with their providers."""
    require("deployment.read")
    deployments: QuerySet[Deployment] = Deployment.objects.select_related("provider").order_by("name", "id")
    return deployments if archived else deployments.filter(archived_at__isnull=True)


def deployment_rows(deployments: Collection[Deployment], *, now: datetime) -> list[DeploymentRow]:
    """The deployments with their health: one query for all of them."""
    health = deployment_health(now=now)
    return [DeploymentRow(deployment, health.get(deployment.pk, Health())) for deployment in deployments]


def deployments_in_trouble(*, now: datetime) -> list[DeploymentRow]:
    """Live deployments that are degraded or down."""
    rows = deployment_rows(deployment_list(), now=now)
    return [row for row in rows if row.health.state in {"degraded", "down"}]


def deployment_health(*, now: datetime) -> dict[UUID, Health]:
    """Health of every deployment that was tried in the last quarter of an hour."""
    require("deployment.read")
    values: dict[str, Any] = {"tenant": tx_tenant(), "since": now - HEALTH_WINDOW, "blameless": list(NOT_ITS_FAULT)}
    with connection.cursor() as cursor:
        cursor.execute(_TRIES, values)
        return {UUID(one): _health(tries, errors, times) for one, tries, errors, times in cursor.fetchall() if one}


def _health(tries: int, errors: int, times: list[float | None] | None) -> Health:
    p50_ms, p95_ms = (None if time is None else round(time) for time in times or (None, None))
    return Health(tries=tries, errors=errors, p50_ms=p50_ms, p95_ms=p95_ms)

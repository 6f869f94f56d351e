"""Makers of routing objects with sensible defaults; each needs an open unit of work unless it says otherwise."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from routing import services
from routing.domain.control import DeploymentConfig, ProviderConfig
from routing.domain.types import Price
from routing.models import Deployment, Provider, Route
from tenants.ids import uuid7
from tenants.scope import tx_tenant

URL = "https://models.example.com/v1"


def provider(name: str = "House models", **changes: Any) -> Provider:
    """A provider that needs no credential."""
    values = {"name": name, "kind": "openai_compatible", "base_url": URL} | changes
    return services.provider_create(ProviderConfig(**values))


def deployment(name: str = "small", *, at: Provider | None = None, **changes: Any) -> Deployment:
    """A priced deployment."""
    values: dict[str, Any] = {
        "name": name,
        "model": f"model-{name}",
        "price": Price(input=150_000_000, output=600_000_000),
    }
    at = at or Provider.objects.first() or provider()
    return services.deployment_create(DeploymentConfig(provider_id=at.pk, **(values | changes)))


def spec(*deployments: Deployment, **changes: Any) -> dict[str, Any]:
    """A route specification that tries the deployments in order."""
    return {"strategy": "ordered", "candidates": [{"deployment": str(one.pk)} for one in deployments]} | changes


def route(name: str = "assistant", *deployments: Deployment) -> Route:
    """A route over the deployments, or over a new one."""
    return services.route_create(name=name, spec=spec(*(deployments or (deployment(),))))


def record(at: datetime, **fields: Any) -> dict[str, Any]:
    """A usage record as the gateway writes it; answered in full unless fields say otherwise."""
    return {"id": uuid7(), "tenant_id": tx_tenant(), "at": at.isoformat(), "status": "ok", "http_status": 200} | fields


def write(records: Iterable[dict[str, Any]]) -> int:
    """Write usage records as the gateway does; returns how many were new."""
    with connection.cursor() as cursor:
        cursor.execute("select routing_record(%s::jsonb)", [json.dumps(list(records), default=str)])
        return int(cursor.fetchone()[0])

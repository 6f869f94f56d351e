"""Writes of the control plane. Each is one audited transaction that changes the configuration stamp."""

from routing.services.deployments import (
    deployment_archive,
    deployment_change,
    deployment_config,
    deployment_create,
    price_of,
)
from routing.services.providers import provider_archive, provider_change, provider_config, provider_create
from routing.services.routes import (
    parse_spec,
    route_archive,
    route_create,
    route_publish,
    route_restore,
    route_rollback,
)

__all__ = [
    "deployment_archive",
    "deployment_change",
    "deployment_config",
    "deployment_create",
    "parse_spec",
    "price_of",
    "provider_archive",
    "provider_change",
    "provider_config",
    "provider_create",
    "route_archive",
    "route_create",
    "route_publish",
    "route_restore",
    "route_rollback",
]

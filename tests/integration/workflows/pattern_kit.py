"""A tenant with the parts that pattern configurations point at, and wishes that fit them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from config.demo.connector import demo_core
from connectors import ports
from connectors.models import Connector
from connectors.services import connector_create
from connectors.transport import GuardedTransport
from routing.models import Deployment, Route
from tenants.egress import EgressPolicy, parse_allow
from tenants.models import Tenant, Unit
from tests import factories
from tests.cast import Cast
from tests.gateway import World
from workflows.domain.configurations import ConfigurationConfig, NewRoute
from workflows.models import Definition, PatternConfiguration
from workflows.services import configuration_create, configuration_start, definition_publish

NOWHERE = "http://127.0.0.1:9"
OPERATIONS = {
    "orchestrator": {"call": "account_read"},
    "adapter": {"call": "account_read"},
    "saga": {"reserve": "reserve", "undo": "release", "book": "book"},
    "choreography": {"call": "account_read"},
}
PATTERNS = ("orchestrator", "model-router", "adapter", "saga", "choreography")
ON_EVENT = """
document: {dsl: '1.0.3', namespace: shop, name: on-order, version: 1.0.0}
schedule: {on: {one: {with: {type: order.placed}}}}
do: [keep: {set: {n: 1}}]
"""
PLAIN = """
document: {dsl: '1.0.3', namespace: shop, name: plain, version: 1.0.0}
do: [keep: {set: {n: 1}}]
"""


@dataclass
class Parts:
    """What a configuration may point at, in one tenant."""

    cast: Cast
    tenant: Tenant
    unit: Unit
    route: Route
    deployment: Deployment
    connector: Connector

    def wanted(self, pattern: str, name: str = "", **changes: Any) -> ConfigurationConfig:
        """A wish that can be started: everything is made of the starter, and a router of a deployment."""
        given: dict[str, Any] = {"name": name or f"My {pattern}", "pattern": pattern, "unit_id": self.unit.id}
        if pattern == "model-router":
            given["new_route"] = NewRoute(deployment_ids=(self.deployment.id,))
        else:
            given |= {"connector_id": self.connector.id, "operations": OPERATIONS[pattern]}
        if pattern not in {"model-router", "adapter"}:
            given["route_id"] = self.route.id
        return ConfigurationConfig(**given | changes)

    def drafted(self, pattern: str, name: str = "", **changes: Any) -> PatternConfiguration:
        with self.cast.acting(tenant=self.tenant):
            return configuration_create(self.wanted(pattern, name, **changes))

    def live(self, pattern: str, name: str = "", **changes: Any) -> PatternConfiguration:
        drafted = self.drafted(pattern, name, **changes)
        with self.cast.acting(tenant=self.tenant):
            return configuration_start(drafted.id)

    def fresh(self, row: PatternConfiguration) -> PatternConfiguration:
        with self.cast.acting(tenant=self.tenant):
            return PatternConfiguration.objects.get(pk=row.pk)

    def published(self, text: str) -> Definition:
        with self.cast.acting(tenant=self.tenant):
            return definition_publish(text).definition


def parts_of(cast: Cast, tenant: Tenant | None = None, *, core_url: str = NOWHERE) -> Parts:
    """The parts in tenant A, or in the one given."""
    from routing.services import route_create

    tenant = tenant or cast.tenant_a
    with reaching_here(), cast.acting(tenant=tenant):
        deployment = World("http://127.0.0.1:9/v1").deployment("small")
        spec = {"strategy": "ordered", "candidates": [{"deployment": str(deployment.id)}]}
        route = route_create(name="assistant", spec=spec, note="")
        connector = connector_create(demo_core(core_url))
        return Parts(cast, tenant, factories.unit("Lending"), route, deployment, connector)


@contextmanager
def reaching_here() -> Iterator[None]:
    """The real transport with an operator's entry for this machine."""
    before = ports.transport()
    ports.bind_transport(GuardedTransport(EgressPolicy(parse_allow(["127.0.0.1:*"]))))
    try:
        yield
    finally:
        ports.bind_transport(before)

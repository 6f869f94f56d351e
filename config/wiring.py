"""Composition root of the Django processes: binds ports to adapters, and refuses unsafe database roles."""

import logging
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created

from config.celery import app as celery_app
from config.demo.samples.offers import payment_samples
from config.probes import probes
from config.stand_ins import with_stand_ins
from connectors.ports import bind_transport
from connectors.registry import kinds
from connectors.transport import GuardedTransport
from keys.adapters.vault import EnvelopeVault, read_root_keys
from keys.ports import bind_vault
from routing.adapters.gateway_client import HttpGateway
from routing.egress import bind_egress
from routing.gateway_port import bind_gateway
from studio.samples import bind_samples
from tenants import failpoints, health
from tenants.dbroles import UnsafeRole, assert_runtime_role
from tenants.egress import EgressPolicy, parse_allow
from workflows.adapters.jq_pool import JqPool
from workflows.adapters.schemas import JsonSchemas
from workflows.domain.expressions import BoundedEvaluator
from workflows.ports import bind_evaluator, bind_schemas

logger = logging.getLogger(__name__)
_judged: "WeakSet[Any]" = WeakSet()  # the pool hands out the same connections again and again


def bind() -> None:
    """Bind everything once, at start."""
    celery_app.set_default()
    failpoints.configure(settings.FAILPOINTS, environment=settings.ENVIRONMENT)
    bind_vault(EnvelopeVault(read_root_keys(settings.VAULT_ROOT_KEY)))
    egress = EgressPolicy(parse_allow(settings.EGRESS_ALLOW))
    bind_egress(egress)
    bind_transport(with_stand_ins(GuardedTransport(egress), settings.ENGINE_TEST_HOSTS))
    kinds()  # frozen now, so that a kind which cannot be loaded stops the start
    bind_gateway(HttpGateway(settings.GATEWAY_INTERNAL_URL))
    bind_evaluator(BoundedEvaluator(JqPool()))
    bind_schemas(JsonSchemas())
    bind_samples(payment_samples)
    health.bind(probes())
    connection_created.connect(_refuse_unsafe_role, dispatch_uid="refuse-unsafe-role")


def refuse_unsafe_start() -> None:
    """Look at the role of every database address before serving; a database that is away is looked at on arrival."""
    for alias in set(settings.DATABASES) - {"owner"}:
        try:
            connections[alias].ensure_connection()
        except OperationalError as error:
            logger.warning("database %s does not answer yet: %s", alias, error)
        finally:
            connections[alias].close()


def _refuse_unsafe_role(connection: Any, **_: Any) -> None:
    """Check the role of every new connection but the owner's, which only migrations and tests open."""
    if connection.alias == "owner" or connection.vendor != "postgresql" or connection.connection in _judged:
        return

    def fetch_one(query: str) -> Any:
        with connection.connection.cursor() as cursor:
            return cursor.execute(query).fetchone()

    try:
        assert_runtime_role(fetch_one)
    except UnsafeRole:
        connection.close()
        raise
    _judged.add(connection.connection)

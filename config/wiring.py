"""Composition root of the Django processes: binds ports to adapters, and refuses unsafe database roles."""

from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created

from config.celery import app as celery_app
from config.probes import probes
from keys.adapters.vault import EnvelopeVault, read_root_key
from keys.ports import bind_vault
from tenants import failpoints, health
from tenants.dbroles import assert_runtime_role


def bind() -> None:
    """Bind everything once, at start."""
    celery_app.set_default()
    failpoints.configure(settings.FAILPOINTS, environment=settings.ENVIRONMENT)
    bind_vault(EnvelopeVault([read_root_key(settings.VAULT_ROOT_KEY)]))
    health.bind(probes())
    connection_created.connect(_refuse_unsafe_role, dispatch_uid="refuse-unsafe-role")


def _refuse_unsafe_role(connection: Any, **_: Any) -> None:
    """Check the role of every new connection but the owner's, which only migrations and tests open."""
    if connection.alias == "owner" or connection.vendor != "postgresql":
        return

    def fetch_one(query: str) -> Any:
        with connection.connection.cursor() as cursor:
            return cursor.execute(query).fetchone()

    assert_runtime_role(fetch_one)

"""Short-lived virtual keys with which runs call the gateway at the expense of their definition's unit.

Each worker process keeps one secret per unit for a few minutes; the key has the name WORKLOAD_KEY and can be seen,
given limits and revoked like any other, which stops the model calls of that unit's runs.
"""

import threading
import time
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from keys.selectors import virtual_key_list
from keys.services import virtual_key_change, virtual_key_issue, virtual_key_rotate
from tenants.access import access_unit, fetch
from tenants.scope import current_scope, tenant_tx
from workflows.models import Definition

WORKLOAD_KEY: Final = "Workflows"
KEY_MINUTES: Final = 60
REUSE_SECONDS: Final = 15 * 60.0
OVERLAP_HOURS: Final = 1  # other workers go on with the secrets they have

_cache: dict[tuple[UUID, UUID], tuple[float, str]] = {}
_lock = threading.Lock()


class NoUnit(LookupError):
    """The definition has no unit, so nobody would pay."""


def workload_secret(definition_id: UUID) -> str:
    """A secret of the workload key of the definition's unit."""
    tenant_id = current_scope().tenant_id
    with tenant_tx():
        unit_id = fetch(Definition, definition_id).unit_id
    if unit_id is None:
        raise NoUnit("The definition belongs to no unit, so no budget could pay for the model.")
    with _lock:
        found = _cache.get((tenant_id, unit_id))
        if found and found[0] > time.monotonic():
            return found[1]
        secret = _fresh_secret(unit_id)
        _cache[tenant_id, unit_id] = (time.monotonic() + REUSE_SECONDS, secret)
        return secret


def forget_secrets() -> None:
    """Ask anew at the next call: a secret was refused, or a test begins."""
    with _lock:
        _cache.clear()


def _fresh_secret(unit_id: UUID) -> str:
    """A new secret of the unit's key; those that other workers have overlap for a while."""
    until = timezone.now() + timedelta(minutes=KEY_MINUTES)
    with tenant_tx():
        access_unit(unit_id, lock=True)  # two first calls at once make one key
        key = virtual_key_list(unit_id=unit_id).filter(name=WORKLOAD_KEY).first()
        if key is None:
            return virtual_key_issue(unit_id=unit_id, name=WORKLOAD_KEY, expires_at=until).secret
        virtual_key_change(key.pk, name=WORKLOAD_KEY, allowed_models=key.allowed_models, expires_at=until)
        return virtual_key_rotate(key.pk, overlap_hours=OVERLAP_HOURS).secret

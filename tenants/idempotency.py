"""Idempotency-Key on creating calls (draft-ietf-httpapi-idempotency-key-header-07).

The record is written in the transaction of its effect: an answer is remembered exactly when the effect happened. Same
key and payload: the same answer; another payload: 422; still in flight: 409. A secret that is shown once is not stored,
so a replay carries `"secret": null`: rotate the object if the first answer was lost. Records are kept for 24 hours.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, connections
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.errors import Conflict, IdempotencyConflict, Invalid
from tenants.models import IdempotencyRecord
from tenants.scope import current_scope, system_scope, tenant_tx

KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,200}\Z")


def idempotent(request: Request, create: Callable[[], Response]) -> Response:
    """Run `create` once per key of this principal and address; needs an open unit of work."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return create()
    if not _KEY.match(key):
        raise Invalid(errors={"Idempotency-Key": [_("Use 1 to 200 visible ASCII characters.")]})
    identity = {"principal": current_scope().actor.id, "route": f"{request.method} {request.path}"[:200], "key": key}
    fingerprint = hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).digest()
    _lock(identity)
    known = IdempotencyRecord.objects.filter(**identity).first()
    if known and known.created_at > timezone.now() - KEPT_FOR:
        return _replay(known, fingerprint)
    if known:
        known.delete()
    response = create()
    IdempotencyRecord.objects.create(
        fingerprint=fingerprint, status=response.status_code, body=without_secrets(response.data), **identity
    )
    return response


def forget_old_records() -> int:
    """Delete the records that are no longer kept, tenant by tenant; return how many. For the sweeper."""
    oldest = timezone.now() - KEPT_FOR
    with connections["relay"].cursor() as cursor:
        cursor.execute("select distinct tenant_id from tenants_idempotencyrecord where created_at < %s", [oldest])
        tenants = [row[0] for row in cursor.fetchall()]
    forgotten = 0
    for tenant_id in tenants:
        with tenant_tx(system_scope(tenant_id, "sweeper")):
            forgotten += IdempotencyRecord.objects.filter(created_at__lt=oldest).delete()[0]
    return forgotten


def without_secrets(data: Any) -> Any:
    """Copy of an answer as plain JSON in which every `secret` is null."""
    return _masked(json.loads(json.dumps(data, default=str)))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: None if name == "secret" else _masked(item) for name, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _lock(identity: dict[str, str]) -> None:
    """Hold the key until the transaction ends; Conflict while another request holds it."""
    text = json.dumps([str(current_scope().tenant_id), *identity.values()])
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [number])
        if cursor.fetchone() != (True,):
            raise Conflict(_("A request with this Idempotency-Key is still running. Try again shortly."))


def _replay(record: IdempotencyRecord, fingerprint: bytes) -> Response:
    if bytes(record.fingerprint) != fingerprint:
        raise IdempotencyConflict()
    return Response(record.body, status=record.status, headers={"Idempotent-Replayed": "true"})

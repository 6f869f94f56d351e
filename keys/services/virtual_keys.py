"""Virtual keys: issue, change, rotate with overlap, revoke. A secret is returned once and stored as a digest."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from keys.access import access_virtual_key
from keys.domain import key_format
from keys.domain.policy import OVERLAP_HOURS, KeyStatus
from keys.models import VirtualKey, VirtualKeySecret
from tenants import audit
from tenants.access import access_unit, require
from tenants.errors import Conflict, Invalid
from tenants.models import Lookup
from tenants.scope import current_scope, tenant_tx
from tenants.stamp import touch_config

LOOKUP_KIND = "virtual_key"
MAX_MODELS = 200


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key with its fresh secret; the text of the secret exists only here."""

    key: VirtualKey
    row: VirtualKeySecret
    secret: str


def virtual_key_issue(
    *, unit_id: UUID | str, name: str, allowed_models: Iterable[str] = (), expires_at: datetime | None = None
) -> IssuedKey:
    """Create a key of a unit with its first secret."""
    models = _models(allowed_models)
    with tenant_tx():
        require("key.change")
        unit = access_unit(unit_id)
        if unit.archived_at is not None:
            raise Invalid(errors={"unit_id": [_("This unit is archived. Choose another one.")]})
        _check_expiry(expires_at)
        key = VirtualKey(unit=unit, name=name, allowed_models=models, expires_at=expires_at)
        key.created_by = current_scope().actor.label[:254]
        _save_named(key)
        row, secret = _new_secret(key)
        touch_config()
        audit.record("virtual_key.issue", key, {"unit": unit.name, "models": models, "last4": row.last4})
    return IssuedKey(key, row, secret)


def virtual_key_change(
    key_id: UUID | str, *, name: str, allowed_models: Iterable[str], expires_at: datetime | None
) -> VirtualKey:
    """Change name, models and expiry; the unit stays, because limits and ledger follow its path."""
    after = {"name": name, "allowed_models": _models(allowed_models), "expires_at": expires_at}
    with tenant_tx():
        require("key.change")
        key = _active(key_id)
        changes = audit.differences({field: getattr(key, field) for field in after}, after)
        if "expires_at" in changes:
            _check_expiry(expires_at)
        for field, value in after.items():
            setattr(key, field, value)
        _save_named(key)
        touch_config()
        audit.record("virtual_key.change", key, changes)
    return key


def virtual_key_rotate(key_id: UUID | str, *, overlap_hours: int) -> IssuedKey:
    """Give a key a new secret; the present ones work for `overlap_hours` more (0 = not at all)."""
    if overlap_hours not in OVERLAP_HOURS:
        choices = ", ".join(map(str, OVERLAP_HOURS))
        raise Invalid(errors={"overlap_hours": [_("Choose one of: %(choices)s.") % {"choices": choices}]})
    with tenant_tx():
        require("key.change")
        key = _active(key_id)
        now = timezone.now()
        end = now + timedelta(hours=overlap_hours)
        live = VirtualKeySecret.objects.filter(virtual_key=key, revoked_at__isnull=True)
        live.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=end)).update(expires_at=end)
        if not overlap_hours:
            live.update(revoked_at=now)
        row, secret = _new_secret(key)
        touch_config()
        audit.record("virtual_key.rotate", key, {"last4": row.last4, "overlap_hours": overlap_hours})
    return IssuedKey(key, row, secret)


def virtual_key_revoke(key_id: UUID | str, *, reason: str = "") -> VirtualKey:
    """Refuse a key for ever, in every gateway within a second. Revoking twice changes nothing."""
    with tenant_tx():
        require("key.change")
        key = access_virtual_key(key_id, lock=True)
        if key.status == KeyStatus.REVOKED:
            return key
        key.status, key.revoked_at = KeyStatus.REVOKED, timezone.now()
        key.save(update_fields=["status", "revoked_at"])
        VirtualKeySecret.objects.filter(virtual_key=key, revoked_at__isnull=True).update(revoked_at=key.revoked_at)
        touch_config()
        audit.record("virtual_key.revoke", key, {"reason": reason})
    return key


def _active(key_id: UUID | str) -> VirtualKey:
    key = access_virtual_key(key_id, lock=True)
    if key.status == KeyStatus.REVOKED:
        raise Conflict(_("This key is revoked for ever. Issue a new one."))
    return key


def _new_secret(key: VirtualKey) -> tuple[VirtualKeySecret, str]:
    secret = key_format.compose_secret(secrets.token_bytes(key_format.RANDOM_BYTES))
    row = VirtualKeySecret.objects.create(
        virtual_key=key,
        digest=key_format.digest(secret),
        prefix=key_format.shown_prefix(secret),
        last4=key_format.last4(secret),
    )
    Lookup.objects.create(kind=LOOKUP_KIND, digest=row.digest, tenant_id=row.tenant_id, object_id=row.id)
    return row, secret


def _models(names: Iterable[str]) -> list[str]:
    wanted = sorted({name.strip() for name in names} - {""})
    if len(wanted) > MAX_MODELS:
        text = _("Name at most %(count)d models, or none to allow all.") % {"count": MAX_MODELS}
        raise Invalid(errors={"allowed_models": [text]})
    return wanted


def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid(errors={"expires_at": [_("This is in the past. To stop a key now, revoke it.")]})


def _save_named(key: VirtualKey) -> None:
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError as error:
        raise Invalid(errors={"name": [_("This unit has a key with this name already.")]}) from error

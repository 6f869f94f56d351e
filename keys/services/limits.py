"""Limits: create, change, deactivate. Loosening one needs a reason, which stands in the audit log."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from keys.access import access_limit, access_virtual_key
from keys.domain.limits import MAX_LIMIT, Meter, Window
from keys.domain.policy import KeyStatus
from keys.models import Limit, LimitPeriod
from tenants import audit
from tenants.access import access_unit, require
from tenants.errors import Conflict, Invalid
from tenants.scope import tenant_tx
from tenants.stamp import touch_config


def limit_create(
    *,
    name: str,
    meter: Meter,
    window: Window,
    amount: int,
    hard: bool = True,
    virtual_key_id: UUID | str | None = None,
    unit_id: UUID | str | None = None,
) -> Limit:
    """Create a limit of a key, of a unit with all below it, or of the tenant. It counts from now on.

    `amount` is in nano-USD for the meter `cost`, else a number of requests.
    """
    _check_amount(amount)
    with tenant_tx():
        require("limit.change")
        limit = Limit(name=name, meter=meter, window=window, amount=amount, hard=hard)
        _place(limit, virtual_key_id, unit_id)
        limit.save()
        touch_config()
        changes = {"scope": limit.scope, "meter": meter, "window": window, "amount": amount, "hard": hard}
        audit.record("limit.create", limit, changes)
    return limit


def limit_change(limit_id: UUID | str, *, name: str, amount: int, hard: bool, reason: str = "") -> Limit:
    """Change name, amount or hardness; takes effect with the next admission, in the present period too."""
    _check_amount(amount)
    with tenant_tx():
        require("limit.change")
        limit = _active(limit_id)
        if amount > limit.amount or (limit.hard and not hard):
            _need(reason)
        after: dict[str, Any] = {"name": name, "amount": amount, "hard": hard}
        changes = audit.differences({field: getattr(limit, field) for field in after}, after)
        limit.name, limit.amount, limit.hard = name, amount, hard
        limit.save()
        # Admission reads the amount from the period it locks, so this orders the change against calls in flight.
        LimitPeriod.objects.filter(limit=limit, ends_at__gt=timezone.now()).update(amount=amount, hard=hard)
        touch_config()
        audit.record("limit.change", limit, changes | ({"reason": reason} if reason else {}))
    return limit


def limit_deactivate(limit_id: UUID | str, *, reason: str) -> Limit:
    """Stop enforcing a limit. It stays, because the ledger refers to its periods; a new one can replace it."""
    with tenant_tx():
        require("limit.change")
        _need(reason)
        limit = _active(limit_id)
        limit.active = False
        limit.save(update_fields=["active"])
        touch_config()
        audit.record("limit.deactivate", limit, {"reason": reason})
    return limit


def _active(limit_id: UUID | str) -> Limit:
    limit = access_limit(limit_id, lock=True)
    if not limit.active:
        raise Conflict(_("This limit is switched off. Create a new one."))
    return limit


def _place(limit: Limit, virtual_key_id: UUID | str | None, unit_id: UUID | str | None) -> None:
    if virtual_key_id and unit_id:
        raise Invalid(errors={"unit_id": [_("Name a key or a unit, not both.")]})
    if virtual_key_id:
        limit.virtual_key = access_virtual_key(virtual_key_id)
        if limit.virtual_key.status == KeyStatus.REVOKED:
            raise Invalid(errors={"virtual_key_id": [_("This key is revoked.")]})
    if unit_id:
        limit.unit = access_unit(unit_id)


def _check_amount(amount: int) -> None:
    if not 0 <= amount <= MAX_LIMIT:
        raise Invalid(errors={"amount": [_("Use an amount between 0 and one thousand million.")]})


def _need(reason: str) -> None:
    if not reason.strip():
        raise Invalid(errors={"reason": [_("Say why the limit is loosened.")]})

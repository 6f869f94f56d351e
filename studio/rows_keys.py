"""Rows of the governance pages as plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from keys.domain.limits import LimitState
from keys.models import Limit, ProviderCredential, VirtualKey, VirtualKeySecret
from routing.domain.providers import KINDS
from studio.presenters import Column
from studio.terms import METER_LABELS, SCOPE_LABELS, WINDOW_LABELS

SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A virtual key."""

    id: UUID
    name: str
    unit: str
    unit_id: UUID
    models: str
    status: str
    shown: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecretLine:
    """One secret of a key."""

    shown: str
    status: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit with its present period."""

    id: UUID
    name: str
    scope: str
    owner: str
    counts: str
    window: str
    amount: int
    used: int
    held: int
    remaining: int
    resets_at: datetime
    hard: bool
    unit: str
    status: str


def key_line(key: VirtualKey, now: datetime) -> KeyLine:
    """Row of the key list; the newest live secret stands for the key."""
    secrets = sorted(key.secrets.all(), key=lambda one: one.created_at, reverse=True)
    used = [secret.last_used_at for secret in secrets if secret.last_used_at]
    return KeyLine(
        id=key.id,
        name=key.name,
        unit=key.unit.name,
        unit_id=key.unit_id,
        models=", ".join(key.allowed_models) or _("every route"),
        status=_key_status(key, now),
        shown=f"{secrets[0].prefix}…{secrets[0].last4}" if secrets else "",
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        last_used_at=max(used, default=None),
    )


def _key_status(key: VirtualKey, now: datetime) -> str:
    if key.status != "active":
        return key.status
    if key.expires_at is None:
        return "active"
    return "expired" if key.expires_at <= now else "expiring" if key.expires_at <= now + SOON else "active"


def secret_line(secret: VirtualKeySecret, now: datetime) -> SecretLine:
    """Row of the secrets of a key."""
    over = secret.expires_at is not None and secret.expires_at <= now
    status = "revoked" if secret.revoked_at else "expired" if over else "expiring" if secret.expires_at else "active"
    return SecretLine(
        f"{secret.prefix}…{secret.last4}", status, secret.created_at, secret.expires_at, secret.last_used_at
    )


def limit_line(limit: Limit, state: LimitState) -> LimitLine:
    """Row of the limit list; `limit` comes annotated by the selector."""
    owner = limit.virtual_key or limit.unit
    held = int(getattr(limit, "held", 0) or 0)
    return LimitLine(
        id=limit.id,
        name=limit.name,
        scope=str(SCOPE_LABELS[state.scope]),
        owner=str(owner) if owner else "",
        counts=str(METER_LABELS[state.meter]),
        window=str(WINDOW_LABELS[state.window]),
        amount=state.amount,
        used=state.used - held,
        held=held,
        remaining=state.remaining,
        resets_at=state.resets_at,
        hard=limit.hard,
        unit="money" if state.meter == "cost" else "count",
        status="active" if limit.active else "disabled",
    )


def state_line(state: LimitState) -> LimitLine:
    """The same from a state alone, for the limits on the path of a key."""
    return LimitLine(
        id=state.id,
        name=state.name,
        scope=str(SCOPE_LABELS[state.scope]),
        owner="",
        counts=str(METER_LABELS[state.meter]),
        window=str(WINDOW_LABELS[state.window]),
        amount=state.amount,
        used=state.used,
        held=0,
        remaining=state.remaining,
        resets_at=state.resets_at,
        hard=state.hard,
        unit="money" if state.meter == "cost" else "count",
        status="active",
    )


def credential_kind(credential: ProviderCredential) -> str:
    """The word for the kind of provider."""
    kind = KINDS.get(credential.kind)
    return kind.title if kind else credential.kind


def key_columns() -> list[Column]:
    """Columns of the key list."""
    return [
        Column(_("Name")),
        Column(_("Secret"), wide_only=True),
        Column(_("Unit")),
        Column(_("May ask for"), wide_only=True),
        Column(_("State")),
        Column(_("Last used"), numeric=True),
        Column(_("Expires"), numeric=True, wide_only=True),
    ]


def secret_columns() -> list[Column]:
    """Columns of the secrets of a key."""
    return [
        Column(_("Secret")),
        Column(_("State")),
        Column(_("Issued"), numeric=True),
        Column(_("Last used"), numeric=True),
        Column(_("Works until"), numeric=True),
    ]


def limit_columns() -> list[Column]:
    """Columns of the limit list."""
    return [
        Column(_("Name")),
        Column(_("Covers")),
        Column(_("Counts"), wide_only=True),
        Column(_("Used")),
        Column(_("Resets"), numeric=True, wide_only=True),
        Column(_("Action"), hidden_label=True),
    ]


def credential_columns() -> list[Column]:
    """Columns of the credentials."""
    return [
        Column(_("Name")),
        Column(_("Kind")),
        Column(_("Ends in")),
        Column(_("Changed"), numeric=True),
        Column(_("Action"), hidden_label=True),
    ]


def ledger_columns() -> list[Column]:
    """Columns of the ledger."""
    return [
        Column(_("When")),
        Column(_("Entry")),
        Column(_("Key")),
        Column(_("Unit"), wide_only=True),
        Column(_("Held"), numeric=True),
        Column(_("Amount"), numeric=True),
    ]

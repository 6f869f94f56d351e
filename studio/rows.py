"""Rows of the people pages as plain values: what a table or fact list shows of a model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from studio.audit_words import said
from studio.presenters import Column
from studio.terms import UNIT_KIND_LABELS, role_names
from tenants.domain import UnitKind
from tenants.models import ApiToken, Invitation, Membership, ServiceAccount, Unit
from tenants.selectors import UnitRow


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in the tree."""

    unit: Unit
    depth: int
    kind: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member; `status` is a state the badges know."""

    id: UUID
    name: str
    email: str
    roles: str
    status: str
    since: datetime
    last_login: datetime | None
    expires_at: datetime | None
    break_glass_reason: str


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An open invitation."""

    id: UUID
    email: str
    roles: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A service account."""

    id: UUID
    name: str
    roles: str
    status: str
    live_tokens: int


@dataclass(frozen=True, slots=True)
class TokenLine:
    """An API token; `key` is its id as text, for element ids."""

    id: UUID
    key: str
    prefix: str
    last4: str
    status: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def unit_kind(unit: Unit) -> str:
    """The word for the kind of a unit."""
    return str(UNIT_KIND_LABELS[UnitKind(unit.kind)])


def unit_line(row: UnitRow) -> UnitLine:
    """Row of the unit tree; deeper than six levels looks like six."""
    return UnitLine(row.unit, min(row.depth, 6), unit_kind(row.unit))


def member_line(member: Membership, now: datetime) -> MemberLine:
    """Row of the member list."""
    over = member.expires_at is not None and member.expires_at <= now
    status = "expired" if over else "active" if member.active else "disabled"
    user = member.user
    return MemberLine(
        id=member.id,
        name=str(user),
        email=user.email,
        roles=role_names(member.roles),
        status=status,
        since=member.created_at,
        last_login=user.last_login,
        expires_at=member.expires_at,
        break_glass_reason=member.break_glass_reason,
    )


def invitation_line(invitation: Invitation) -> InvitationLine:
    """Row of the open invitations."""
    return InvitationLine(invitation.id, invitation.email, role_names(invitation.roles), invitation.expires_at)


def account_line(account: ServiceAccount) -> AccountLine:
    """Row of the service accounts; `live_tokens` comes annotated by the selector."""
    live = int(getattr(account, "live_tokens", 0))
    status = "active" if account.active else "disabled"
    return AccountLine(account.id, account.name, role_names(account.roles), status, live)


def token_line(token: ApiToken, now: datetime) -> TokenLine:
    """Row of the tokens of a service account."""
    over = token.expires_at is not None and token.expires_at <= now
    status = "revoked" if token.revoked_at else "expired" if over else "active"
    return TokenLine(
        id=token.id,
        key=str(token.id),
        prefix=token.prefix,
        last4=token.last4,
        status=status,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
        expires_at=token.expires_at,
    )


def timeline(entries: Any, slug: str) -> list[dict[str, Any]]:
    """Audit entries of the tenant with that slug as entries of a timeline."""
    return [
        {
            "at": entry.at,
            "title": f"{said(entry.action)} · {_object_of(entry)}",
            "text": entry.actor_label,
            "url": reverse("audit-show", args=[slug, entry.id]),
        }
        for entry in entries
    ]


def _object_of(entry: Any) -> str:
    """A run has no name: it is told by its definition where the entry knows it. Everything else has one."""
    return str(entry.changes.get("definition") or entry.object_label)


def unit_columns() -> list[Column]:
    """Columns of the unit tree."""
    return [
        Column(_("Name")),
        Column(_("Kind")),
        Column(_("State")),
        Column(_("Created"), numeric=True, wide_only=True),
    ]


def member_columns() -> list[Column]:
    """Columns of the member list."""
    return [Column(_("Name")), Column(_("Roles")), Column(_("State")), Column(_("Since"), numeric=True, wide_only=True)]


def invitation_columns() -> list[Column]:
    """Columns of the open invitations."""
    action = Column(_("Action"), hidden_label=True)
    return [Column(_("Email address")), Column(_("Roles")), Column(_("Expires"), numeric=True), action]


def account_columns() -> list[Column]:
    """Columns of the service accounts."""
    return [Column(_("Name")), Column(_("Roles")), Column(_("State")), Column(_("Live tokens"), numeric=True)]


def token_columns() -> list[Column]:
    """Columns of the tokens."""
    return [
        Column(_("Token")),
        Column(_("State")),
        Column(_("Issued"), numeric=True, wide_only=True),
        Column(_("Last used"), numeric=True),
        Column(_("Expires"), numeric=True),
        Column(_("Action"), hidden_label=True),
    ]


def audit_columns() -> list[Column]:
    """Columns of the audit log."""
    return [Column(_("When")), Column(_("Who")), Column(_("Action")), Column(_("Object")), Column(_("Sealed"))]


def change_columns() -> list[Column]:
    """Columns of what an audit entry changed."""
    return [Column(_("Field")), Column(_("Before")), Column(_("After"))]


def audit_changes(changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an audit entry changed, a line per value: a nested one by the path to it, `spec.candidates.1.weight`."""
    lines = []
    for name, value in sorted(changes.items()):
        before, after = value if isinstance(value, list) and len(value) == 2 else (None, value)
        was, now = dict(_leaves(name, before)), dict(_leaves(name, after))
        lines += [
            {"field": path, "before": was.get(path), "after": now.get(path)}
            for path in {**was, **now}
            if was.get(path) != now.get(path) or path == name
        ]
    return lines


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves(f"{path}.{key}", part)
    elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        for place, part in enumerate(value, start=1):
            yield from _leaves(f"{path}.{place}", part)
    elif value is not None:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else value


def health_columns() -> list[Column]:
    """Columns of the status page."""
    return [
        Column(_("Part")),
        Column(_("State")),
        Column(_("Detail")),
        Column(_("Answered in"), numeric=True),
        Column(_("What it means")),
    ]

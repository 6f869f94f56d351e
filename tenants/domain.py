"""Roles and the one permission table, used by pages, API and workers alike. Pure."""

from collections.abc import Iterable
from enum import StrEnum

MAX_UNIT_DEPTH = 12


class Role(StrEnum):
    """What a person or service account is in one tenant; one may hold several."""

    OWNER = "owner"
    ADMIN = "admin"
    ARCHITECT = "architect"
    APPROVER = "approver"
    DEVELOPER = "developer"
    AUDITOR = "auditor"


class UnitKind(StrEnum):
    """What a node of the unit tree stands for."""

    DEPARTMENT = "department"
    CUSTOMER = "customer"
    PROJECT = "project"


class TenantStatus(StrEnum):
    """Suspended tenants keep their data and are refused at the door; closed ones are waiting for erasure."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


_ALL = frozenset(Role)
_ADMINS = frozenset({Role.OWNER, Role.ADMIN})
_BUILDERS = _ADMINS | {Role.ARCHITECT}
_MAKERS = _BUILDERS | {Role.DEVELOPER}
_READERS = _MAKERS | {Role.AUDITOR}
_CONTROLLERS = _ADMINS | {Role.AUDITOR}
_DECIDERS = frozenset({Role.OWNER, Role.APPROVER})

ACTIONS: dict[str, frozenset[Role]] = {
    "home.read": _ALL,
    "studio.read": _ALL,
    "unit.read": _ALL,
    "unit.change": _ADMINS,
    "member.read": _ALL,
    "member.change": _ADMINS,
    "service_account.read": _CONTROLLERS,
    "service_account.change": _ADMINS,
    "key.read": _READERS,
    "key.change": _ADMINS,
    "limit.read": _READERS,
    "limit.change": _ADMINS,
    "ledger.read": _READERS,
    "credential.read": _BUILDERS | {Role.AUDITOR},
    "credential.change": _ADMINS,
    "provider.read": _READERS,
    "provider.change": _BUILDERS,
    "deployment.read": _READERS,
    "deployment.change": _BUILDERS,
    "route.read": _READERS,
    "route.change": _BUILDERS,
    "route.try": _MAKERS,
    "connector.read": _READERS,
    "connector.change": _BUILDERS,
    "connector.call": _MAKERS,
    "definition.read": _READERS,
    "definition.change": _BUILDERS,
    "run.read": _READERS,
    "run.start": _MAKERS,
    "run.cancel": _MAKERS,
    "run.repair": _BUILDERS,
    "event.read": _READERS,
    "event.publish": _MAKERS,
    "event.redrive": _BUILDERS,
    "pattern.read": _READERS,
    "pattern.change": _BUILDERS,
    "pattern.start": _BUILDERS,
    "approval.read": _DECIDERS | {Role.AUDITOR},
    "approval.decide": _DECIDERS,
    "usage.read": _READERS,
    "request.read": _READERS,
    "audit.read": _CONTROLLERS,
    "status.read": _ALL,
    "settings.read": _ALL,
    "settings.change": _ADMINS,
}


def allowed(roles: Iterable[Role], action: str) -> bool:
    """Say whether any of `roles` may do `action`; an unknown action is a KeyError, never a yes."""
    return not ACTIONS[action].isdisjoint(roles)

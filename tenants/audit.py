"""Audit entries, written in the business transaction and chained later by the sealer (`tenants.sealing`)."""

from typing import Any, Protocol

from tenants.models import AuditEntry
from tenants.scope import current_scope


class Auditable(Protocol):
    """Anything with an id that can name itself."""

    id: Any

    def __str__(self) -> str: ...


def record(action: str, obj: Auditable, changes: dict[str, Any] | None = None) -> AuditEntry:
    """Write who did `action` to `obj`, with `changes` as {field: [before, after]} or {field: value}. Never secrets."""
    scope = current_scope()
    entry: AuditEntry = AuditEntry.objects.create(
        actor_kind=scope.actor.kind,
        actor_id=scope.actor.id,
        actor_label=scope.actor.label,
        action=action,
        object_type=type(obj).__name__,
        object_id=str(obj.id),
        object_label=str(obj)[:254],
        changes=_plain(changes or {}),
        request_id=scope.request_id,
        ip=scope.ip,
    )
    return entry


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Return {field: [before, after]} for the fields of `after` that changed."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)

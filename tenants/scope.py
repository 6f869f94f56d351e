"""Who acts for which tenant, and the unit of work that carries it into PostgreSQL.

The scope travels in a context variable, set by middleware, key authentication or the task base. Tenant tables can be
read only inside `tenant_tx`, which also sets the transaction-local `app.tenant` that row-level security looks at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db import connections, transaction

from tenants.domain import Role
from tenants.errors import NoScope, WrongTenant

ActorKind = Literal["user", "service", "key", "system", "staff"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, service account or process that acts; `label` is what audit shows."""

    kind: ActorKind
    id: str
    label: str
    roles: frozenset[Role] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Scope:
    """One tenant and one actor, for one request or task."""

    tenant_id: UUID
    actor: Actor
    request_id: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class _OpenTx:
    tenant_id: UUID
    using: str
    connection: Any = field(compare=False)

    def is_ours(self) -> bool:
        """False in another thread or task, which inherits the variable but not the connection it speaks of."""
        return connections[self.using] is self.connection and bool(self.connection.in_atomic_block)


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_open_tx: ContextVar[_OpenTx | None] = ContextVar("open_tx", default=None)


def system_scope(tenant_id: UUID, label: str) -> Scope:
    """Scope for work that the system does by itself, such as sealing and sweeping."""
    return Scope(tenant_id=tenant_id, actor=Actor(kind="system", id=label, label=label))


def current_scope() -> Scope:
    """Return the active scope; NoScope when there is none."""
    scope = _scope.get()
    if scope is None:
        raise NoScope("no tenant scope is active here; enter one with use_scope() or tenant_tx()")
    return scope


def tx_tenant() -> UUID:
    """Return the tenant of the open tenant transaction; NoScope outside one."""
    open_tx = _present_tx()
    if open_tx is None:
        raise NoScope("tenant tables are reachable only inside tenant_tx()")
    return open_tx.tenant_id


@contextmanager
def use_scope(scope: Scope) -> Iterator[Scope]:
    """Make `scope` the active one for the block; another tenant's is refused inside a tenant transaction."""
    open_tx = _present_tx()
    if open_tx is not None and open_tx.tenant_id != scope.tenant_id:
        raise WrongTenant("the scope of one tenant cannot be entered inside a transaction of another")
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


@contextmanager
def tenant_tx(scope: Scope | None = None, *, using: str = "default") -> Iterator[Scope]:
    """Open the unit of work of one tenant: scope, durable transaction, `app.tenant`. No network call inside.

    Joins an open unit of work of the same tenant and database; refuses to nest in one of another tenant. The block that
    opened the transaction commits it, so `on_commit` work runs after the outermost block only.
    """
    scope = scope or current_scope()
    open_tx = _present_tx()
    if open_tx is not None:
        if (open_tx.tenant_id, open_tx.using) != (scope.tenant_id, using):
            raise WrongTenant("a tenant transaction cannot be opened inside one of another tenant or database")
        with use_scope(scope), transaction.atomic(using=using):
            yield scope
        return
    with use_scope(scope), transaction.atomic(using=using, durable=True):
        previous = _set_tenant(using, str(scope.tenant_id))
        token = _open_tx.set(_OpenTx(scope.tenant_id, using, connections[using]))
        try:
            yield scope
        finally:
            _open_tx.reset(token)
        _restore_tenant(using, previous)  # a roll-back restores it by itself


def _present_tx() -> _OpenTx | None:
    open_tx = _open_tx.get()
    return open_tx if open_tx is not None and open_tx.is_ours() else None


def _set_tenant(using: str, tenant: str) -> str:
    """Set `app.tenant` until the transaction ends; return what it was (a test case may hold the outer transaction)."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select current_setting('app.tenant', true), set_config('app.tenant', %s, true)",
            [tenant],
        )
        row = cursor.fetchone()
    return (row and row[0]) or ""


def _restore_tenant(using: str, previous: str) -> None:
    """Put the former tenant back where the transaction goes on after us; a broken one forgets it by itself."""
    connection = connections[using]
    if connection.savepoint_ids:
        _set_tenant(using, previous)

"""What this app needs from outside: a vault for secrets. The values of holds are re-exported for the gateway.

`config.wiring` binds the vault once at start; services ask for it here.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from keys.domain.holds import Hold, HoldRequest, Refusal, Settlement
from keys.domain.limits import LimitState
from keys.errors import VaultError

__all__ = [
    "FieldRef",
    "Hold",
    "HoldRequest",
    "LimitState",
    "Refusal",
    "Settlement",
    "Vault",
    "WrappedKey",
    "bind_vault",
    "vault",
]


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A tenant's data key, encrypted under the root key."""

    tenant_id: UUID
    version: int
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class FieldRef:
    """The place a sealed value belongs to; it opens nowhere else."""

    object_id: UUID
    field: str


class Vault(Protocol):
    """Seals secrets at rest."""

    def new_key(self, tenant_id: UUID, version: int) -> WrappedKey: ...

    def rewrap(self, key: WrappedKey) -> WrappedKey: ...

    def seal(self, key: WrappedKey, field: FieldRef, secret: str) -> bytes: ...

    def open(self, key: WrappedKey, field: FieldRef, sealed: bytes) -> str: ...


_bound: list[Vault] = []


def bind_vault(implementation: Vault) -> None:
    """Set the vault of this process; a second call replaces it."""
    _bound[:] = [implementation]


def vault() -> Vault:
    """The vault of this process."""
    if not _bound:
        raise VaultError("no vault is configured: set VAULT_ROOT_KEY or VAULT_ROOT_KEY_FILE")
    return _bound[0]

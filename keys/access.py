"""Guarded reads: the permission, then the row of the present tenant; absent and foreign are one 404."""

from uuid import UUID

from keys.models import LedgerEntry, Limit, ProviderCredential, VirtualKey
from tenants.access import fetch, require


def access_virtual_key(key_id: UUID | str, *, lock: bool = False) -> VirtualKey:
    """Return a virtual key of this tenant."""
    require("key.read")
    return fetch(VirtualKey, key_id, lock=lock)


def access_limit(limit_id: UUID | str, *, lock: bool = False) -> Limit:
    """Return a limit of this tenant."""
    require("limit.read")
    return fetch(Limit, limit_id, lock=lock)


def access_credential(credential_id: UUID | str, *, lock: bool = False) -> ProviderCredential:
    """Return a provider credential of this tenant; its secret stays sealed."""
    require("credential.read")
    return fetch(ProviderCredential, credential_id, lock=lock)


def access_ledger_entry(entry_id: UUID | str) -> LedgerEntry:
    """Return a ledger entry of this tenant."""
    require("ledger.read")
    return fetch(LedgerEntry, entry_id)

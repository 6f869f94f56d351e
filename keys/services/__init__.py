"""Writes of this app. Each is one audited transaction that the gateway learns of within a quarter of a second."""

from keys.services.accounting import hold, holds_expire, periods_prune, release, settle
from keys.services.credentials import credential_create, credential_delete, credential_rotate
from keys.services.limits import limit_change, limit_create, limit_deactivate
from keys.services.vault import data_key_rotate, data_keys_rewrap
from keys.services.virtual_keys import (
    IssuedKey,
    virtual_key_change,
    virtual_key_issue,
    virtual_key_revoke,
    virtual_key_rotate,
)

__all__ = [
    "IssuedKey",
    "credential_create",
    "credential_delete",
    "credential_rotate",
    "data_key_rotate",
    "data_keys_rewrap",
    "hold",
    "holds_expire",
    "limit_change",
    "limit_create",
    "limit_deactivate",
    "periods_prune",
    "release",
    "settle",
    "virtual_key_change",
    "virtual_key_issue",
    "virtual_key_revoke",
    "virtual_key_rotate",
]

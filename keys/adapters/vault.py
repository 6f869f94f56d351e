"""Envelope encryption with AES-256-GCM: root key -> key of a tenant -> field.

A sealed value is bound to its tenant, object, field and key version by the associated data, so that a row copied
elsewhere does not open. Imports no framework: the gateway process opens credentials with it. Several root keys may be
given: the first one wraps, all of them unwrap. So a root key is replaced: put the new one first, `rewrap` every tenant
key, drop the old one.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.errors import VaultError
from keys.ports import FieldRef, WrappedKey

KEY_BYTES = 32
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_ROOT_ID_BYTES = 8


def read_root_key(text: str) -> bytes:
    """Read a root key as configured: 32 bytes in base64."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise VaultError("the root key is not base64") from error
    if len(key) != KEY_BYTES:
        raise VaultError(f"the root key must have {KEY_BYTES} bytes, it has {len(key)}")
    return key


def read_root_keys(text: str) -> list[bytes]:
    """Read one or more root keys, separated by spaces or line breaks; the first one wraps."""
    return [read_root_key(part) for part in text.split()] or [read_root_key(text)]


def _root_id(root_key: bytes) -> bytes:
    """A public name of a root key, stored beside what it wraps."""
    return hashlib.sha256(b"orchestration root key" + root_key).digest()[:_ROOT_ID_BYTES]


def _key_data(tenant_id: UUID, version: int) -> bytes:
    return b"tenant-key" + tenant_id.bytes + version.to_bytes(8, "big")


def _field_data(key: WrappedKey, field: FieldRef) -> bytes:
    place = key.tenant_id.bytes + field.object_id.bytes + key.version.to_bytes(8, "big")
    return b"field" + place + field.field.encode()


def _encrypt(key: bytes, plain: bytes, data: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, data)


def _decrypt(key: bytes, sealed: bytes, data: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], data)
    except (InvalidTag, ValueError) as error:
        raise VaultError("the sealed value was altered or belongs elsewhere") from error


class EnvelopeVault:
    """The vault over root keys held in this process."""

    def __init__(self, root_keys: Sequence[bytes]) -> None:
        if not root_keys or any(len(key) != KEY_BYTES for key in root_keys):
            raise VaultError(f"the vault needs at least one root key of {KEY_BYTES} bytes")
        self._current = root_keys[0]
        self._by_id = {_root_id(key): key for key in root_keys}

    def _wrap(self, tenant_id: UUID, version: int, data_key: bytes) -> WrappedKey:
        body = _encrypt(self._current, data_key, _key_data(tenant_id, version))
        return WrappedKey(tenant_id, version, _FORMAT + _root_id(self._current) + body)

    def _unwrap(self, key: WrappedKey) -> bytes:
        root_id, body = key.wrapped[1 : 1 + _ROOT_ID_BYTES], key.wrapped[1 + _ROOT_ID_BYTES :]
        root_key = self._by_id.get(root_id)
        if key.wrapped[:1] != _FORMAT or root_key is None:
            raise VaultError("the tenant key is wrapped by a root key that is not configured")
        return _decrypt(root_key, body, _key_data(key.tenant_id, key.version))

    def new_key(self, tenant_id: UUID, version: int) -> WrappedKey:
        """Make a data key for a tenant, wrapped by the current root key."""
        return self._wrap(tenant_id, version, os.urandom(KEY_BYTES))

    def rewrap(self, key: WrappedKey) -> WrappedKey:
        """The same data key under the current root key; sealed fields stay as they are."""
        return self._wrap(key.tenant_id, key.version, self._unwrap(key))

    def seal(self, key: WrappedKey, field: FieldRef, secret: str) -> bytes:
        """Encrypt a secret for one place."""
        return _FORMAT + _encrypt(self._unwrap(key), secret.encode(), _field_data(key, field))

    def open(self, key: WrappedKey, field: FieldRef, sealed: bytes) -> str:
        """Decrypt a secret at its place; anywhere else, or altered, it raises `VaultError`."""
        if sealed[:1] != _FORMAT:
            raise VaultError("the sealed value has an unknown format")
        return _decrypt(self._unwrap(key), sealed[1:], _field_data(key, field)).decode()

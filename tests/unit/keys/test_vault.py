"""The vault opens what it sealed, at its place, and nothing else."""

import base64
from dataclasses import replace
from uuid import UUID

import pytest

from keys.adapters.vault import EnvelopeVault, read_root_key, read_root_keys
from keys.errors import VaultError
from keys.ports import FieldRef

ROOT, OTHER_ROOT = b"r" * 32, b"o" * 32
TENANT, OTHER_TENANT = UUID(int=1), UUID(int=2)
FIELD = FieldRef(UUID(int=7), "secret")
VAULT = EnvelopeVault([ROOT])
KEY = VAULT.new_key(TENANT, 1)
SEALED = VAULT.seal(KEY, FIELD, "sk-đặc biệt")


def test_a_sealed_secret_opens_at_its_place() -> None:
    assert VAULT.open(KEY, FIELD, SEALED) == "sk-đặc biệt"
    assert "sk-" not in SEALED.decode("latin-1")


def test_the_same_secret_never_looks_the_same_twice() -> None:
    assert VAULT.seal(KEY, FIELD, "x") != VAULT.seal(KEY, FIELD, "x")


@pytest.mark.parametrize("field", [replace(FIELD, object_id=UUID(int=8)), replace(FIELD, field="other")])
def test_a_secret_moved_to_another_object_or_field_does_not_open(field: FieldRef) -> None:
    with pytest.raises(VaultError):
        VAULT.open(KEY, field, SEALED)


def test_a_key_given_to_another_tenant_or_version_does_not_unwrap() -> None:
    for stolen in (replace(KEY, tenant_id=OTHER_TENANT), replace(KEY, version=2)):
        with pytest.raises(VaultError):
            VAULT.open(stolen, FIELD, SEALED)


def test_another_tenants_key_does_not_open_it() -> None:
    with pytest.raises(VaultError):
        VAULT.open(VAULT.new_key(OTHER_TENANT, 1), FIELD, SEALED)


@pytest.mark.parametrize("position", range(len(SEALED)))
def test_one_changed_byte_anywhere_is_noticed(position: int) -> None:
    altered = SEALED[:position] + bytes([SEALED[position] ^ 1]) + SEALED[position + 1 :]
    with pytest.raises(VaultError):
        VAULT.open(KEY, FIELD, altered)


@pytest.mark.parametrize("length", [0, 1, 5, 12, 20])
def test_a_cut_value_is_noticed(length: int) -> None:
    with pytest.raises(VaultError):
        VAULT.open(KEY, FIELD, SEALED[:length])
    with pytest.raises(VaultError):
        VAULT.open(replace(KEY, wrapped=KEY.wrapped[:length]), FIELD, SEALED)


def test_a_new_root_key_takes_over_by_rewrapping_and_the_old_one_can_go() -> None:
    rewrapped = EnvelopeVault([OTHER_ROOT, ROOT]).rewrap(KEY)
    assert EnvelopeVault([OTHER_ROOT]).open(rewrapped, FIELD, SEALED) == "sk-đặc biệt"
    with pytest.raises(VaultError, match="not configured"):
        EnvelopeVault([ROOT]).open(rewrapped, FIELD, SEALED)


def test_a_root_key_is_32_bytes_of_base64() -> None:
    assert read_root_key(base64.b64encode(ROOT).decode() + "\n") == ROOT
    for wrong in ("not base64!", base64.b64encode(b"short").decode(), ""):
        with pytest.raises(VaultError):
            read_root_key(wrong)


def test_several_root_keys_are_read_in_order() -> None:
    new, old = (base64.b64encode(key).decode() for key in (OTHER_ROOT, ROOT))
    assert read_root_keys(f"{new}\n{old}\n") == [OTHER_ROOT, ROOT]
    with pytest.raises(VaultError):
        read_root_keys(" ")


def test_a_vault_without_a_root_key_is_refused() -> None:
    with pytest.raises(VaultError):
        EnvelopeVault([])

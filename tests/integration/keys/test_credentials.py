"""Provider credentials: in, never out, and sealed."""

import io

import pytest
from django.core.management import call_command

from keys.models import ProviderCredential, TenantKey
from keys.ports import FieldRef, WrappedKey, vault
from keys.services import (
    credential_create,
    credential_delete,
    credential_rotate,
    data_key_rotate,
    data_keys_rewrap,
)
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.models import AuditEntry
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SECRET = "sk-provider-0123456789"


def opened(credential: ProviderCredential) -> str:
    """What the gateway will use."""
    credential.refresh_from_db()
    row = TenantKey.objects.get(version=credential.key_version)
    key = WrappedKey(row.tenant_id, row.version, bytes(row.wrapped))
    return vault().open(key, FieldRef(credential.id, "secret"), bytes(credential.ciphertext))


def test_a_secret_is_sealed_and_shows_its_last_four_characters(cast: Cast) -> None:
    with cast.acting():
        credential = credential_create(name="OpenAI", kind="openai", secret=SECRET)
        assert SECRET.encode() not in bytes(credential.ciphertext)
        assert (credential.last4, opened(credential)) == ("6789", SECRET)
        assert not AuditEntry.objects.filter(changes__icontains=SECRET).exists()


def test_a_short_secret_shows_nothing(cast: Cast) -> None:
    with cast.acting():
        assert credential_create(name="Local", kind="vllm", secret="hunter2").last4 == ""


def test_rotation_replaces_the_secret(cast: Cast) -> None:
    with cast.acting():
        credential = credential_create(name="OpenAI", kind="openai", secret=SECRET)
        credential_rotate(credential.id, secret="sk-provider-another-one")
        assert opened(credential) == "sk-provider-another-one"


def test_a_new_data_key_seals_everything_again_and_rewrapping_changes_nothing_visible(cast: Cast) -> None:
    with cast.acting():
        made = [credential_create(name=f"c{n}", kind="openai", secret=f"{SECRET}{n}") for n in range(3)]
        before = bytes(TenantKey.objects.get().wrapped)
        assert data_keys_rewrap() == 1
        assert bytes(TenantKey.objects.get().wrapped) != before
        assert data_key_rotate() == 3
        assert [opened(one) for one in made] == [f"{SECRET}{n}" for n in range(3)]
        assert {one.key_version for one in made} == {2}


@pytest.mark.parametrize("option", ["", "--new-data-keys"])
def test_the_command_wraps_the_keys_of_every_tenant(cast: Cast, option: str) -> None:
    with cast.acting():
        credential = credential_create(name="OpenAI", kind="openai", secret=SECRET)
    out = io.StringIO()
    call_command("vault_rewrap", *filter(None, [option]), stdout=out)
    assert "bank-a: 1" in out.getvalue()
    with cast.acting():
        assert opened(credential) == SECRET


@pytest.mark.parametrize("secret", ["", " padded ", "two\nlines", "x" * 8193])
def test_a_secret_that_cannot_be_right_is_refused(cast: Cast, secret: str) -> None:
    with cast.acting(), pytest.raises(Invalid) as caught:
        credential_create(name="OpenAI", kind="openai", secret=secret)
    assert set(caught.value.errors) == {"secret"}


def test_a_name_is_used_once(cast: Cast) -> None:
    with cast.acting():
        credential_create(name="OpenAI", kind="openai", secret=SECRET)
        with pytest.raises(Invalid) as caught:
            credential_create(name="OpenAI", kind="openai", secret=SECRET)
    assert set(caught.value.errors) == {"name"}


def test_a_credential_in_use_cannot_be_deleted(cast: Cast) -> None:
    from routing.models import Provider

    with cast.acting():
        used = credential_create(name="used", kind="openai", secret=SECRET)
        free = credential_create(name="free", kind="openai", secret=SECRET)
        Provider.objects.create(name="OpenAI", kind="openai", credential=used)
        with pytest.raises(Conflict, match="OpenAI"):
            credential_delete(used.id)
        credential_delete(free.id)
        assert list(ProviderCredential.objects.all()) == [used]
        assert AuditEntry.objects.filter(action="credential.delete").count() == 1


@pytest.mark.parametrize("role", [Role.ARCHITECT, Role.DEVELOPER, Role.AUDITOR])
def test_only_owners_and_admins_store_secrets(cast: Cast, role: Role) -> None:
    with cast.acting(role), pytest.raises(PermissionDenied):
        credential_create(name="OpenAI", kind="openai", secret=SECRET)


def test_an_outsider_does_not_find_the_credential(cast: Cast) -> None:
    with cast.acting():
        credential = credential_create(name="OpenAI", kind="openai", secret=SECRET)
    with cast.acting(tenant=cast.tenant_b):
        for attempt in (
            lambda: credential_rotate(credential.id, secret=SECRET),
            lambda: credential_delete(credential.id),
        ):
            with pytest.raises(NotFound):
                attempt()

"""Opening the secret of a connector for one call. It is kept as a provider credential and shown nowhere."""

from connectors.contract import NotPerformed
from keys.errors import VaultError
from keys.models import ProviderCredential, TenantKey
from keys.ports import FieldRef, WrappedKey, vault

KIND = "connector"
_FIELD = "secret"


def open_secret(credential: ProviderCredential | None) -> str:
    """The secret in plain text, empty when there is none; needs an open unit of work."""
    if credential is None:
        return ""
    try:
        row = TenantKey.objects.get(version=credential.key_version)
        key = WrappedKey(row.tenant_id, row.version, bytes(row.wrapped))
        return vault().open(key, FieldRef(credential.id, _FIELD), bytes(credential.ciphertext))
    except (VaultError, TenantKey.DoesNotExist) as error:
        raise NotPerformed("core.credential_unavailable", "the stored credential does not open") from error

"""Provider credentials: written, replaced, deleted. Nothing here or in any page or API gives a secret back."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from keys.access import access_credential
from keys.models import ProviderCredential
from keys.ports import FieldRef, vault
from keys.services.vault import data_key
from tenants import audit
from tenants.access import require
from tenants.errors import Conflict, Invalid
from tenants.scope import tenant_tx
from tenants.stamp import touch_config

FIELD = "secret"
MAX_SECRET = 8192
SHORTEST_SHOWN = 12


def credential_create(*, name: str, kind: str, secret: str) -> ProviderCredential:
    """Store the secret a tenant has with a provider."""
    _check(secret)
    with tenant_tx():
        require("credential.change")
        credential = ProviderCredential(name=name, kind=kind)
        _seal(credential, secret)
        try:
            with transaction.atomic():
                credential.save()
        except IntegrityError as error:
            raise Invalid(errors={"name": [_("There is a credential with this name already.")]}) from error
        touch_config()
        audit.record("credential.create", credential, {"kind": kind, "last4": credential.last4})
    return credential


def credential_rotate(credential_id: UUID | str, *, secret: str) -> ProviderCredential:
    """Replace the secret; calls that begin from now on use the new one."""
    _check(secret)
    with tenant_tx():
        require("credential.change")
        credential = access_credential(credential_id, lock=True)
        before = credential.last4
        _seal(credential, secret)
        credential.rotated_at = timezone.now()
        credential.save()
        touch_config()
        audit.record("credential.rotate", credential, {"last4": [before, credential.last4]})
    return credential


def credential_delete(credential_id: UUID | str) -> None:
    """Forget a credential that no provider uses any more."""
    with tenant_tx():
        require("credential.change")
        credential = access_credential(credential_id, lock=True)
        audit.record("credential.delete", credential, {"last4": credential.last4})
        try:
            credential.delete()
        except ProtectedError as error:
            users = ", ".join(sorted(str(user) for user in error.protected_objects)[:5])
            raise Conflict(_("Still used by: %(users)s. Give them another one first.") % {"users": users}) from error
        touch_config()


def _seal(credential: ProviderCredential, secret: str) -> None:
    key = data_key(credential.tenant_id)
    credential.ciphertext = vault().seal(key, FieldRef(credential.id, FIELD), secret)
    credential.key_version = key.version
    credential.last4 = secret[-4:] if len(secret) >= SHORTEST_SHOWN else ""


def _check(secret: str) -> None:
    if not 0 < len(secret) <= MAX_SECRET:
        raise Invalid(errors={"secret": [_("Use 1 to %(count)d characters.") % {"count": MAX_SECRET}]})
    if not secret.isprintable() or secret != secret.strip():
        raise Invalid(errors={"secret": [_("Remove spaces around it, line breaks and control characters.")]})

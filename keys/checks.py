"""System checks: the vault can be opened before a worker needs it."""

from typing import Any

from django.core.checks import Error, register

from keys import ports
from keys.errors import VaultError


@register("keys")
def vault_is_configured(**_: Any) -> list[Error]:
    """A process without a root key could neither store nor use a provider credential."""
    try:
        ports.vault()
    except VaultError as error:
        return [Error(str(error), hint="Set VAULT_ROOT_KEY or VAULT_ROOT_KEY_FILE.", id="keys.E001")]
    return []

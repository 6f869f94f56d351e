"""Errors of this app.

    OrchestrationError
     └─ ProgrammingFault
         └─ VaultError     500 vault_error    a secret could not be sealed or opened
"""  # fmt: skip

from tenants.errors import ProgrammingFault


class VaultError(ProgrammingFault):
    """A sealed value does not open: another root key, altered bytes, or another tenant, object, field or version."""

    code = "vault_error"
    public_message = "A stored secret could not be opened. Ask the operator to check the root key."

"""Errors of this app.

VaultError   a secret could not be opened: wrong root key, tampered, or moved to another place
"""


class VaultError(Exception):
    """A sealed value does not open: another root key, altered bytes, or another tenant, object, field or version."""

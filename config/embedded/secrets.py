"""Passwords of the private servers of one installation, made once, kept in a file of mode 0600."""

import secrets
from dataclasses import dataclass
from typing import Any

from config.bootstrap import ROLES
from config.embedded.paths import Paths, read_private, write_private


@dataclass(frozen=True)
class Secrets:
    """`roles` holds the password of each database role, `postgres` that of the superuser."""

    postgres: str
    redis: str
    roles: dict[str, str]


def load(paths: Paths) -> Secrets:
    """Read the secrets, adding what is missing (a role of a later version, for example)."""
    stored = read_private(paths.secrets)
    value: dict[str, Any] = {
        "postgres": stored.get("postgres") or _token(),
        "redis": stored.get("redis") or _token(),
        "roles": {role: stored.get("roles", {}).get(role) or _token() for role in ROLES},
    }
    if value != stored:
        write_private(paths.secrets, value)
    return Secrets(**value)


def _token() -> str:
    """Letters and digits only, so that it needs no quoting in an address."""
    return secrets.token_hex(24)

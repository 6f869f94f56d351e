"""Bearer tokens: 256 random bits, shown once, stored as a SHA-256 digest."""

import hashlib
import secrets
from dataclasses import dataclass, field

API_TOKEN_PREFIX = "orc-api-"
PLATFORM_TOKEN_PREFIX = "orc-platform-"
INVITATION_PREFIX = "orc-invite-"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh token; `secret` is shown once and never stored."""

    secret: str = field(repr=False)  # or it would be in every traceback
    digest: bytes

    @property
    def last4(self) -> str:
        """The end of the secret, enough to recognise it."""
        return self.secret[-4:]


def digest_of(secret: str) -> bytes:
    """SHA-256 of a token; high entropy makes a slow hash pointless."""
    return hashlib.sha256(secret.encode()).digest()


def new_token(prefix: str) -> NewToken:
    """Return a token with 256 random bits behind `prefix`."""
    secret = prefix + secrets.token_urlsafe(32)
    return NewToken(secret=secret, digest=digest_of(secret))


def membership_digest(user_id: object) -> bytes:
    """Digest under which the look-up table lists the memberships of a person."""
    return hashlib.sha256(f"user:{user_id}".encode()).digest()

"""The form of a virtual key's secret: `sk-orc-`, 40 base62 characters, 6 characters of checksum.

The checksum lets every process refuse a mistyped or made-up key without reading the database. It proves nothing else:
whether a key is real is decided by its digest.
"""

import hashlib
import zlib

PREFIX = "sk-orc-"
BODY_LENGTH = 40
CHECKSUM_LENGTH = 6
LENGTH = len(PREFIX) + BODY_LENGTH + CHECKSUM_LENGTH
RANDOM_BYTES = 32
SHOWN_LENGTH = len(PREFIX) + 4

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALPHABET_SET = frozenset(_ALPHABET)


def _base62(number: int, length: int) -> str:
    """The lowest `length` base62 digits of a number, padded with zeros."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32((PREFIX + body).encode("ascii")), CHECKSUM_LENGTH)


def compose_secret(random: bytes) -> str:
    """Turn random bytes into a secret; the same bytes give the same secret."""
    if len(random) < RANDOM_BYTES:
        raise ValueError(f"a secret needs {RANDOM_BYTES} random bytes")
    body = _base62(int.from_bytes(random, "big"), BODY_LENGTH)
    return PREFIX + body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether the text can be a secret at all: prefix, length, alphabet and checksum are right."""
    if len(text) != LENGTH or not text.startswith(PREFIX):
        return False
    body, checksum = text[len(PREFIX) : -CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return _ALPHABET_SET.issuperset(body) and checksum == _checksum(body)


def digest(secret: str) -> bytes:
    """What is stored and looked up instead of the secret: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8")).digest()


def shown_prefix(secret: str) -> str:
    """The beginning that lists and logs may show."""
    return secret[:SHOWN_LENGTH]


def last4(secret: str) -> str:
    """The last four characters of the body, which people recognise a key by."""
    return secret[:-CHECKSUM_LENGTH][-4:]

"""Identifiers: UUIDv7 (RFC 9562), time-ordered for index locality, 74 random bits so that nobody can guess one."""

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random_bits
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def first_uuid7(at: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids of rows that were made since are not below it."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62)

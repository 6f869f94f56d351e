"""The ledger as values: kinds of entries."""

from enum import StrEnum


class EntryKind(StrEnum):
    """How a hold ended, or what came on top of it."""

    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"
    OVERRUN = "overrun"

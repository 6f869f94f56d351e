"""What a virtual key may do: its status and the models it may ask for."""

from collections.abc import Collection
from enum import StrEnum

OVERLAP_HOURS = (0, 1, 24, 168)


class KeyStatus(StrEnum):
    """A revoked key stays for the record and is refused for ever."""

    ACTIVE = "active"
    REVOKED = "revoked"


def may_use_model(allowed_models: Collection[str], model: str) -> bool:
    """Whether a key with this allow list may ask for a route; an empty list allows every route."""
    return not allowed_models or model in allowed_models

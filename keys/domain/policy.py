"""Which models a virtual key may ask for."""

from collections.abc import Collection


def may_use_model(allowed_models: Collection[str], model: str) -> bool:
    """Whether a key with this allow list may ask for a route; an empty list allows every route."""
    return not allowed_models or model in allowed_models

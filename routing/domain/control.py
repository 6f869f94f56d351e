"""Closed sets of the control plane: states of a route, outcomes of a request. Pure."""

from enum import StrEnum


class RouteStatus(StrEnum):
    """An archived route answers nobody; its name may be used again."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class RequestStatus(StrEnum):
    """How a request ended: `cut` broke off mid-answer on the provider's side, `cancelled` on the client's."""

    OK = "ok"
    CACHED = "cached"
    REFUSED = "refused"
    FAILED = "failed"
    CUT = "cut"
    CANCELLED = "cancelled"


class CacheUse(StrEnum):
    """Whether the cache was asked, and what it knew."""

    HIT = "hit"
    MISS = "miss"
    OFF = "off"

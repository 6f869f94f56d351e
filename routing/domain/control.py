"""What administrators configure, as frozen values, and the closed sets of the control plane. Pure."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from routing.domain.types import Price

GIVEN_BY_HAND: Final = "given"  # the source of a price that somebody typed in
MAX_PRICE: Final = 10**15  # a million dollars for a million tokens
_ROUTE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """A provider as wanted. The kind of an existing one cannot change."""

    name: str
    kind: str
    base_url: str = ""
    api_version: str = ""
    credential_id: UUID | None = None
    region: str = ""
    residency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTraits:
    """What a model can do; None is filled in from the catalogue, and where that is silent, from the defaults."""

    context_window: int | None = None
    max_output_tokens: int | None = None
    supports_tools: bool | None = None
    supports_json: bool | None = None
    supports_vision: bool | None = None
    supports_streaming: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentConfig:
    """A deployment as wanted. `price` None means the catalogue's; provider and model stay what they are for good."""

    name: str
    provider_id: UUID
    model: str
    traits: ModelTraits = field(default_factory=ModelTraits)
    price: Price | None = None
    quality: float = 0.5
    enabled: bool = True


def is_route_name(name: str) -> bool:
    """Whether clients can ask for a model of this name without quoting anything."""
    return _ROUTE_NAME.fullmatch(name) is not None

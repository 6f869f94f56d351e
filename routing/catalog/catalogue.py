"""Looks models up in the price files; the files are read once per process."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from routing.catalog import litellm_map, own_prices
from routing.catalog.entries import PriceEntry
from routing.domain.providers import KINDS

__all__ = ["PriceCatalogue", "PriceEntry", "catalogue", "price_for"]

OWN_FILES: Final = tuple(Path(__file__).parent / name for name in ("overrides.json", "sandbox.json"))
_GATEWAY_VENDORS: Final[Mapping[str, str]] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "azure-openai": "azure",
    "workers-ai": "cloudflare",
}


@dataclass(frozen=True, slots=True)
class PriceCatalogue:
    """All entries of some files. `version` names their exact content."""

    version: str
    bundled: Mapping[tuple[str, str], PriceEntry]
    own: own_prices.OwnPrices

    def find(self, kind: str, model: str) -> PriceEntry | None:
        """What is known of a model at a provider of this kind: our own word first, else the bundled map's."""
        own = self.own.find(kind, model)
        if own is not None:
            return own
        provider = KINDS[kind].price_provider if kind in KINDS else ""
        if kind == "cloudflare_ai_gateway":
            vendor, _, model = model.partition("/")
            provider = _GATEWAY_VENDORS.get(vendor, "")
        return self.bundled.get((provider, model)) if provider else None


def read_catalogue(own_files: Iterable[Path] = OWN_FILES) -> PriceCatalogue:
    """Reads the bundled map and our own files; a broken file of ours is an error, an absent map is not."""
    contents = {path.name: path.read_bytes() for path in own_files}
    map_path = litellm_map.find_map()
    bundled_bytes = map_path.read_bytes() if map_path else b""
    providers = frozenset(kind.price_provider for kind in KINDS.values()) - {""}
    return PriceCatalogue(
        version=hashlib.sha256(b"\0".join([bundled_bytes, *contents.values()])).hexdigest()[:16],
        bundled=litellm_map.parse_map(bundled_bytes, providers) if bundled_bytes else {},
        own=own_prices.parse_own_prices(contents),
    )


@cache
def catalogue() -> PriceCatalogue:
    """The catalogue of this process."""
    return read_catalogue()


def price_for(kind: str, model: str) -> PriceEntry | None:
    """The entry of a model at a kind of provider; None when it is unknown, which never means free."""
    return catalogue().find(kind, model)

"""What the price catalogue knows of a model at a kind of provider."""

from dataclasses import dataclass, field

from routing.domain.control import ModelTraits
from routing.domain.types import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Traits and prices of a model; empty where the catalogue is silent. `source` says where the prices stand."""

    traits: ModelTraits = field(default_factory=ModelTraits)
    price: Price = field(default_factory=Price)
    source: str = ""


def suggestion(kind: str, model: str) -> Suggestion:
    """The catalogue's entry as a suggestion."""
    del kind, model
    return Suggestion()

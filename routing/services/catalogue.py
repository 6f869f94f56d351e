"""What the price catalogue knows of a model at a kind of provider, as far as a deployment can take it over."""

from dataclasses import dataclass, field

from routing.catalog import price_for
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
    entry = price_for(kind, model)
    if entry is None:
        return Suggestion()
    traits = ModelTraits(
        context_window=entry.context_window,
        max_output_tokens=entry.max_output_tokens,
        supports_tools=entry.supports_tools,
        supports_json=entry.supports_json,
        supports_vision=entry.supports_vision,
        supports_streaming=entry.supports_streaming,
    )
    return Suggestion(traits=traits, price=entry.price, source=f"catalogue:{entry.source}")

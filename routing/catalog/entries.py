"""One model in the price catalogue, and exact conversion of prices."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Final

from routing.domain.types import Price

NANO_PER_USD: Final = 10**9
TOKENS_PER_PRICE: Final = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """Prices in nano-USD per 1,000,000 tokens and what the model can do; None where the catalogue is silent.

    Some vendors charge more for long prompts. `context_window` ends where the flat price ends, so that the price is
    right for every prompt that fits; `full_context_window` is what the model itself accepts.
    """

    model: str
    mode: str = "chat"
    price: Price = field(default_factory=Price)
    context_window: int | None = None
    full_context_window: int | None = None
    max_output_tokens: int | None = None
    supports_tools: bool | None = None
    supports_json: bool | None = None
    supports_vision: bool | None = None
    supports_streaming: bool | None = None
    source: str = ""


def nano_per_million(usd: Decimal, *, per_tokens: int) -> int:
    """A price in USD for some tokens as nano-USD per million tokens; what is finer than that is rounded up."""
    exact = usd * NANO_PER_USD * TOKENS_PER_PRICE / per_tokens
    return int(exact.to_integral_value(rounding=ROUND_CEILING))

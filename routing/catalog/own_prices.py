"""Our own price files: corrections of the bundled map, and the prices of the sandbox.

A file maps a provider kind (or `*` for any) to models (a trailing `*` stands for any ending) and these to traits and to
USD per million tokens, as texts so that they stay exact. Unknown names are refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from routing.catalog.entries import TOKENS_PER_PRICE, PriceEntry, nano_per_million
from routing.domain.providers import KINDS
from routing.domain.types import Price

ANY: Final = "*"
_PRICES: Final = frozenset(field.name for field in fields(Price))
_TRAITS: Final = frozenset(
    {"mode", "context_window", "max_output_tokens", "supports_tools", "supports_json", "supports_vision",
     "supports_streaming"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnPrices:
    """Entries by kind and model; a pattern stands in where no model is named, the longest one first."""

    models: Mapping[tuple[str, str], PriceEntry]
    patterns: Mapping[tuple[str, str], PriceEntry]

    def find(self, kind: str, model: str) -> PriceEntry | None:
        """The entry of this kind, else the one for any kind."""
        for wanted in (kind, ANY):
            exact = self.models.get((wanted, model))
            if exact is not None:
                return exact
            fitting = [name for of, name in self.patterns if of == wanted and model.startswith(name)]
            if fitting:
                return self.patterns[wanted, max(fitting, key=len)]
        return None


def parse_own_prices(contents: Mapping[str, bytes]) -> OwnPrices:
    """Parses files by name; ValueError names the file and what is wrong in it."""
    models: dict[tuple[str, str], PriceEntry] = {}
    patterns: dict[tuple[str, str], PriceEntry] = {}
    for file, content in contents.items():
        for kind, rows in json.loads(content).items():
            if kind not in KINDS and kind != ANY:
                raise ValueError(f"{file}: unknown provider kind {kind!r}")
            for name, row in rows.items():
                into = patterns if name.endswith(ANY) else models
                into[kind, name.removesuffix(ANY)] = parse_entry(name, row, file=file)
    return OwnPrices(models, patterns)


def parse_entry(name: str, row: Mapping[str, Any], *, file: str) -> PriceEntry:
    """One entry as a file writes it."""
    unknown = set(row) - _PRICES - _TRAITS
    if unknown:
        raise ValueError(f"{file}: {name}: unknown {', '.join(sorted(unknown))}")
    traits = {key: value for key, value in row.items() if key in _TRAITS}
    price = Price(**{key: _nano(name, value, file=file) for key, value in row.items() if key in _PRICES})
    if (price.input is None) != (price.output is None):
        raise ValueError(f"{file}: {name}: give both the input and the output price, or neither")
    window = traits.get("context_window")
    return PriceEntry(model=name, price=price, full_context_window=window, source=file.removesuffix(".json"), **traits)


def _nano(name: str, value: object, *, file: str) -> int:
    try:
        usd = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        usd = None
    if usd is None or not usd.is_finite() or usd < 0:
        raise ValueError(f"{file}: {name}: {value!r} is no price; write USD per million tokens as a text")
    return nano_per_million(usd, per_tokens=TOKENS_PER_PRICE)

"""Reads the price map that the litellm package carries, as a file: the package itself is not imported."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from routing.catalog.entries import PriceEntry, nano_per_million
from routing.domain.types import Price

FILE_NAME: Final = "model_prices_and_context_window_backup.json"
SOURCE: Final = "litellm"
MODES: Final = frozenset({"chat", "completion", "embedding"})
_TIER: Final = re.compile(r"(?:input|output)_cost_per_token_above_(\d+)k_tokens")


def find_map() -> Path | None:
    """The map of the installed package, if there is one."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / FILE_NAME
    return path if path.is_file() else None


def parse_map(content: bytes, providers: frozenset[str]) -> dict[tuple[str, str], PriceEntry]:
    """The entries of these providers by provider and model, the provider's prefix taken off the model."""
    rows = json.loads(content, parse_float=Decimal)
    return {
        (provider, entry.model): entry
        for name, row in rows.items()
        if isinstance(row, dict) and (provider := row.get("litellm_provider")) in providers
        for entry in _entries(name.removeprefix(f"{provider}/"), row)
    }


def _entries(model: str, row: Mapping[str, Any]) -> Iterator[PriceEntry]:
    """One entry, or none where the row is no text model or has no price; 0 means there that none is known."""
    price = _price(row)
    if row.get("mode") not in MODES or not price.known or not (price.input or price.output):
        return
    window = _tokens(row, "max_input_tokens") or _tokens(row, "max_tokens")
    flat_until = min((int(match[1]) * 1000 for name in row if (match := _TIER.fullmatch(name))), default=None)
    yield PriceEntry(
        model=model,
        mode=row["mode"],
        price=price,
        context_window=min((limit for limit in (window, flat_until) if limit), default=None),
        full_context_window=window,
        max_output_tokens=_tokens(row, "max_output_tokens"),
        supports_tools=row.get("supports_function_calling"),
        supports_json=row.get("supports_response_schema"),
        supports_vision=row.get("supports_vision"),
        supports_streaming=row.get("supports_native_streaming"),
        source=SOURCE,
    )


def _price(row: Mapping[str, Any]) -> Price:
    produced = _nano(row, "output_cost_per_token")
    return Price(
        input=_nano(row, "input_cost_per_token"),
        cached_input=_nano(row, "cache_read_input_token_cost"),
        cache_write=_nano(row, "cache_creation_input_token_cost"),
        output=0 if produced is None and row.get("mode") == "embedding" else produced,
        reasoning=_nano(row, "output_cost_per_reasoning_token"),
    )


def _nano(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
        return None
    return nano_per_million(Decimal(value), per_tokens=1)


def _tokens(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    return int(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0 else None

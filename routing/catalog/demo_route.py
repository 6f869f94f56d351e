"""The route that people without an account simulate: made up, of models in the price catalogue, latencies assumed.

It is data beside this module and needs no database. Prices are the catalogue's, except of the model on own servers,
whose price is an assumption like the latencies and the qualities.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from routing.catalog.catalogue import price_for
from routing.catalog.entries import PriceEntry
from routing.catalog.own_prices import parse_entry
from routing.domain.difficulty import shipped_weights
from routing.domain.simulation import Source, Stage
from routing.domain.spec import parse_route_spec, spec_digest
from routing.domain.types import DeploymentFacts, LatencyStats, RouteVersionFacts, Snapshot

FILE: Final = Path(__file__).with_name("demo_route.json")


@cache
def demo_stage() -> Stage:
    """The made-up route, compiled once per process. Its latencies are played as measured, so that a cap applies."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    rows = data["deployments"]
    candidates = [{"deployment": row["id"], "tier": row["tier"]} for row in rows]
    spec = parse_route_spec(data["spec"] | {"candidates": candidates})
    sources: dict[str, Source] = {row["id"]: "assumed" if "assumed" in row else "catalogue" for row in rows}
    return Stage(
        route=RouteVersionFacts(
            route_id="demo",
            name=data["name"],
            number=1,
            digest=spec_digest(spec),
            spec=spec,
            deployments={row["id"]: _facts(row) for row in rows},
            weights=shipped_weights() if spec.needs_difficulty else None,
        ),
        snapshot=Snapshot(latency={row["id"]: _latency(row) for row in rows}),
        prices=sources,
    )


def _facts(row: Mapping[str, Any]) -> DeploymentFacts:
    entry = _entry(row)
    return DeploymentFacts(
        id=row["id"],
        name=row["name"],
        provider_id=row["kind"],
        provider_kind=row["kind"],
        model=row["model"],
        context_window=entry.context_window,
        max_output_tokens=entry.max_output_tokens,
        supports_streaming=entry.supports_streaming is not False,
        supports_tools=bool(entry.supports_tools),
        supports_json=bool(entry.supports_json),
        supports_vision=bool(entry.supports_vision),
        price=entry.price,
        quality=row["quality"],
        residency=row["residency"],
    )


def _entry(row: Mapping[str, Any]) -> PriceEntry:
    if "assumed" in row:
        return parse_entry(row["model"], row["assumed"], file=FILE.name)
    return price_for(row["kind"], row["model"]) or PriceEntry(model=row["model"])


def _latency(row: Mapping[str, Any]) -> LatencyStats:
    return LatencyStats(p50_ms=row["p50_ms"], p95_ms=row["p95_ms"], ttft_ms=row["ttft_ms"], source="measured")

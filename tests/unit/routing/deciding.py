"""Builders for decisions in tests: a bank with three deployments and one route."""

from typing import Any

from routing.domain.difficulty import shipped_weights
from routing.domain.select import decide
from routing.domain.types import (
    Decision,
    DeploymentFacts,
    LatencyStats,
    Price,
    RequestFeatures,
    RouteVersionFacts,
    Snapshot,
    parse_route_spec,
    spec_digest,
)

NOW_MS = 1_750_000_000_000


def deployment(name: str, **facts: Any) -> DeploymentFacts:
    """A capable, priced deployment; its id is its name."""
    usual: dict[str, Any] = {
        "provider_id": "provider-1",
        "provider_kind": "openai",
        "model": f"model-{name}",
        "context_window": 128_000,
        "max_output_tokens": 4_096,
        "supports_tools": True,
        "supports_json": True,
        "supports_vision": True,
        "price": Price(input=1_000_000_000, output=4_000_000_000),
    }
    return DeploymentFacts(id=name, name=name, **{**usual, **facts})


SMALL = deployment("small", price=Price(input=100_000_000, output=400_000_000), quality=0.4)
MIDDLE = deployment("middle", price=Price(input=500_000_000, output=2_000_000_000), quality=0.6)
LARGE = deployment("large", price=Price(input=5_000_000_000, output=20_000_000_000), quality=0.9)


def route(
    *deployments: DeploymentFacts, strategy: str = "ordered", tiers: dict[str, str] | None = None, **spec: Any
) -> RouteVersionFacts:
    """A route over these deployments, in this order."""
    rows = [{"deployment": each.id, "tier": (tiers or {}).get(each.id, "any")} for each in deployments]
    parsed = parse_route_spec({"strategy": strategy, "candidates": rows, **spec})
    return RouteVersionFacts(
        route_id="route-1",
        name="bank-chat",
        number=3,
        digest=spec_digest(parsed),
        spec=parsed,
        deployments={each.id: each for each in deployments},
        weights=shipped_weights(),
    )


def request(**features: Any) -> RequestFeatures:
    """A plain request of about a hundred tokens."""
    usual = {"model": "bank-chat", "input_bytes": 400, "input_tokens_bound": 500, "input_tokens_estimate": 100}
    return RequestFeatures(**{**usual, **features})


def state(**known: Any) -> Snapshot:
    """What is known now; `latency` takes milliseconds by deployment."""
    measured = {name: measured_latency(value) for name, value in known.pop("latency", {}).items()}
    return Snapshot(now_ms=NOW_MS, latency=measured, **known)


def measured_latency(value_ms: int) -> LatencyStats:
    return LatencyStats(p50_ms=value_ms, p95_ms=2 * value_ms, ttft_ms=value_ms // 2, source="measured", samples=50)


def winner(decision: Decision) -> str:
    return decision.winner.name if decision.winner else "nobody"


def choose(*deployments: DeploymentFacts, **spec: Any) -> str:
    """Who wins a plain request on a route over these deployments."""
    return winner(decide(request(), route(*deployments, **spec), state()))

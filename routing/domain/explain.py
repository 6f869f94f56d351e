"""The decision as compact JSON data, and back.

What is written is complete: the inputs (features, spec, facts, snapshot) from which the decision can be made again, and
the outcome with its explanation. `replay.py` makes it again and compares the bytes. Defaults are left out of facts and
features; lists stand for pairs and triples, as documented in docs/routing.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from routing.domain.counterfactual import counterfactual, cut_distance, margin
from routing.domain.difficulty import shipped_weights
from routing.domain.spec import parse_route_spec, spec_to_dict
from routing.domain.types import (
    ASSUMED_LATENCY,
    HEALTHY,
    CandidateResult,
    Decision,
    DeploymentFacts,
    DifficultyScore,
    DifficultyWeights,
    Failure,
    HealthState,
    LatencyStats,
    Price,
    Refusal,
    RequestFeatures,
    RouteVersionFacts,
    Snapshot,
    canonical_json,
)

FORMAT: Final = 1
_NO_FEATURES: Final = RequestFeatures(model="")
_NO_FACTS: Final = DeploymentFacts(id="", name="", provider_id="", provider_kind="", model="")
_FACTS_APART: Final = frozenset({"id", "name", "price"})


def decision_to_dict(decision: Decision) -> dict[str, Any]:
    """The decision as JSON data of a few kilobytes; made after the answer, off the request's path."""
    route = decision.route
    spec = spec_to_dict(route.spec)
    del spec["candidates"]  # stands with the candidates
    source: dict[str, Any] = {
        "v": FORMAT,
        "route": {"id": route.route_id, "name": route.name, "number": route.number, "digest": route.digest},
        "spec": spec,
        "prices": prices_version(decision),
        "input": _plain(decision.features, _NO_FEATURES),
        "state": _state(decision.snapshot),
        "candidates": [_candidate(decision, index) for index in range(len(decision.candidates))],
        "reason": decision.reason_code,
        "ladder": list(decision.ladder),
        "winner": decision.ladder[0] if decision.ladder else None,
        "runner_up": decision.runner_up,
        "margin": margin(decision),
        "counterfactual": counterfactual(decision),
    }
    if decision.difficulty is not None:
        source["difficulty"] = _difficulty(decision, decision.difficulty)
    if route.weights is not None and route.spec.needs_difficulty:
        source["weights"] = {"version": route.weights.version, "digest": route.weights.digest}
    if decision.refusal is not None:
        source["refusal"] = {"rule": decision.refusal.rule, "retry_after_ms": decision.refusal.retry_after_ms}
    return source


def prices_version(decision: Decision) -> str:
    """A short digest of the prices that were compared."""
    prices = [[result.deployment.id, _price(result.deployment.price)] for result in decision.candidates]
    return hashlib.sha256(canonical_json(prices)).hexdigest()[:12]


def _plain(value: Any, default: Any, apart: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields of a dataclass that differ from `default`."""
    found = {}
    for name in _NAMES[type(value)]:
        item = getattr(value, name)
        if name not in apart and item != getattr(default, name):
            found[name] = list(item) if isinstance(item, tuple) else item
    return found


_NAMES: Final = {
    kind: tuple(each.name for each in fields(kind)) for kind in (DeploymentFacts, HealthState, RequestFeatures)
}


def _state(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "now_ms": snapshot.now_ms,
        "allowed_models": list(snapshot.allowed_models),
        "hard_limit": snapshot.hard_limit,
        "incumbent": snapshot.incumbent,
    }


def _price(price: Price) -> list[int | None]:
    return [price.input, price.cached_input, price.cache_write, price.output, price.reasoning]


def _candidate(decision: Decision, index: int) -> dict[str, Any]:
    result = decision.candidates[index]
    facts, latency = result.deployment, result.latency
    weight = next(each.weight for each in decision.route.spec.candidates if each.deployment_id == facts.id)
    row: dict[str, Any] = {
        "deployment": facts.id,
        "name": facts.name,
        "tier": result.tier,
        "weight": weight,
        "facts": _plain(facts, _NO_FACTS, _FACTS_APART),
        "price": _price(facts.price),
        "cost": [result.cost_low, result.cost_high],
        "latency": [latency.p50_ms, latency.p95_ms, latency.ttft_ms, latency.source, latency.samples],
        "failed": [[failure.rule, failure.need, failure.have] for failure in result.failures],
    }
    if result.health != HEALTHY:
        row["health"] = _plain(result.health, HEALTHY)
    if decision.scores and decision.scores[index]:
        row["score"] = dict(decision.scores[index])
    return row


def _difficulty(decision: Decision, score: DifficultyScore) -> dict[str, Any]:
    weights, values = decision.route.weights, decision.features.prompt
    row: dict[str, Any] = {"score": score.score, "band": score.band, "why": score.why_unsure, "raw": score.raw}
    if score.raw is not None and weights is not None and values is not None:
        row["intercept"] = weights.intercept
        row["next_cut"] = cut_distance(decision)
        row["features"] = {
            name: [value, weight, part]
            for name, value, weight, part in zip(
                weights.features, values, weights.weights, score.contributions, strict=True
            )
            if part
        }
    return row


class DecisionFormatError(ValueError):
    """The stored decision cannot be read: another format, or weights that are not at hand."""


def decision_from_dict(source: Mapping[str, Any], *, weights: DifficultyWeights | None = None) -> Decision:
    """The decision that `decision_to_dict` wrote; `weights` are needed where they are not the shipped ones."""
    if source.get("v") != FORMAT:
        raise DecisionFormatError(f"decision format {source.get('v')!r} is not known")
    rows = source["candidates"]
    route = _read_route(source, _weights_of(source, weights))
    refusal, difficulty = source.get("refusal"), source.get("difficulty")
    return Decision(
        features=_read_features(source["input"]),
        route=route,
        snapshot=_read_snapshot(source),
        candidates=tuple(_read_result(row, route.deployments[row["deployment"]]) for row in rows),
        ladder=tuple(source["ladder"]),
        reason_code=source["reason"],
        scores=_read_scores(rows) if source["ladder"] and source["reason"] != "last_resort" else (),
        runner_up=source["runner_up"],
        difficulty=None if difficulty is None else _read_difficulty(difficulty, route.weights),
        refusal=None if refusal is None else Refusal(refusal["rule"], refusal["retry_after_ms"]),
    )


def _weights_of(source: Mapping[str, Any], weights: DifficultyWeights | None) -> DifficultyWeights | None:
    named = source.get("weights")
    if named is None:
        return None
    found = weights or shipped_weights()
    if found.digest != named["digest"]:
        raise DecisionFormatError(f"difficulty weights {named['version']} are not at hand")
    return found


def _read_route(source: Mapping[str, Any], weights: DifficultyWeights | None) -> RouteVersionFacts:
    named, rows = source["route"], source["candidates"]
    listed = [{"deployment": row["deployment"], "weight": row["weight"], "tier": row["tier"]} for row in rows]
    return RouteVersionFacts(
        route_id=named["id"],
        name=named["name"],
        number=named["number"],
        digest=named["digest"],
        spec=_read_spec(source["spec"], listed),
        deployments={row["deployment"]: _read_facts(row) for row in rows},
        weights=weights,
    )


def _read_spec(source: Mapping[str, Any], listed: list[dict[str, Any]]) -> Any:
    """The spec; candidates whose deployment was gone at the time were not stored and are not needed."""
    unsure = source["difficulty"]["unsure"]
    known = {"easy", "hard", *(row["deployment"] for row in listed)}
    gone = [] if unsure in known else [{"deployment": unsure}]
    placeholder = [] if listed or gone else [{"deployment": "-"}]
    return parse_route_spec({**source, "candidates": [*listed, *gone, *placeholder]})


def _read_facts(row: Mapping[str, Any]) -> DeploymentFacts:
    given, cached, written, produced, reasoning = row["price"]
    price = Price(input=given, cached_input=cached, cache_write=written, output=produced, reasoning=reasoning)
    blank = {"provider_id": "", "provider_kind": "", "model": ""}
    return DeploymentFacts(id=row["deployment"], name=row["name"], price=price, **{**blank, **row["facts"]})


def _read_features(source: Mapping[str, Any]) -> RequestFeatures:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in source.items()
    }
    return RequestFeatures(**{"model": "", **values})


def _read_snapshot(source: Mapping[str, Any]) -> Snapshot:
    state, rows = source["state"], source["candidates"]
    return Snapshot(
        now_ms=state["now_ms"],
        health={row["deployment"]: HealthState(**row["health"]) for row in rows if "health" in row},
        latency={row["deployment"]: _read_latency(row) for row in rows},
        allowed_models=tuple(state["allowed_models"]),
        hard_limit=state["hard_limit"],
        incumbent=state["incumbent"],
    )


def _read_latency(row: Mapping[str, Any]) -> LatencyStats:
    p50, p95, ttft, source, samples = row["latency"]
    stats = LatencyStats(p50_ms=p50, p95_ms=p95, ttft_ms=ttft, source=source, samples=samples)
    return ASSUMED_LATENCY if stats == ASSUMED_LATENCY else stats


def _read_result(row: Mapping[str, Any], facts: DeploymentFacts) -> CandidateResult:
    low, high = row["cost"]
    health = HealthState(**row["health"]) if "health" in row else HEALTHY
    failed = tuple(Failure(*failure) for failure in row["failed"])
    return CandidateResult(facts, row["tier"], failed, low, high, _read_latency(row), health)


def _read_scores(rows: list[Mapping[str, Any]]) -> tuple[tuple[tuple[str, float], ...], ...]:
    return tuple(tuple(row.get("score", {}).items()) for row in rows)


def _read_difficulty(row: Mapping[str, Any], weights: DifficultyWeights | None) -> DifficultyScore:
    """By feature name, not by place: a jsonb column does not keep the order of keys."""
    rows = row.get("features", {})
    parts = (
        tuple(rows[name][2] if name in rows else 0.0 for name in weights.features)
        if weights and "features" in row
        else ()
    )
    return DifficultyScore(row["score"], row["band"], row["why"], row["raw"], parts)

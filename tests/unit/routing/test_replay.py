"""A logged decision, made again from what was stored, gives the same bytes; and it stays small."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.domain.difficulty import FEATURES
from routing.domain.explain import DecisionFormatError, decision_from_dict, decision_to_dict
from routing.domain.replay import differences, is_reproduced, redecide, replay
from routing.domain.select import decide
from routing.domain.spec import STRATEGIES
from routing.domain.types import (
    Decision,
    DeploymentFacts,
    HealthState,
    LatencyStats,
    Price,
    RequestFeatures,
    RouteVersionFacts,
    Snapshot,
    canonical_json,
)
from tests.unit.routing.deciding import LARGE, MIDDLE, NOW_MS, SMALL, request, route, state

NAMES = ["a", "b", "c", "d"]
counts = st.integers(0, 200_000)
optional_counts = st.none() | counts
shares = st.integers(0, 100).map(lambda value: value / 100)
prices = st.builds(
    Price, **dict.fromkeys(("input", "cached_input", "cache_write", "output", "reasoning"), optional_counts)
)


@st.composite
def routes(draw: st.DrawFn) -> RouteVersionFacts:
    found = [draw(deployments(name)) for name in NAMES[: draw(st.integers(1, 4))]]
    low = draw(shares)
    return route(
        *found,
        strategy=draw(st.sampled_from(STRATEGIES)),
        tiers={name: draw(st.sampled_from(["easy", "hard", "any"])) for name in NAMES},
        cost_weight=draw(shares),
        latency_weight=draw(shares),
        quality_weight=1,
        difficulty={"easy_below": low, "hard_above": 1.0, "unsure": draw(st.sampled_from(["easy", "hard", "a"]))},
        latency_cap_ms=draw(st.none() | st.integers(1, 2_000)),
        residency=draw(st.sampled_from([None, None, "eu"])),
    )


def deployments(name: str) -> st.SearchStrategy[DeploymentFacts]:
    flags = ("supports_streaming", "supports_tools", "supports_json", "supports_vision")
    return st.builds(
        DeploymentFacts,
        id=st.just(name),
        name=st.just(name.upper()),
        provider_id=st.just("p"),
        provider_kind=st.just("openai"),
        model=st.just("m"),
        context_window=optional_counts,
        max_output_tokens=optional_counts,
        price=prices,
        quality=shares,
        enabled=st.sampled_from([True, True, True, False]),
        residency=st.sampled_from([None, "eu"]),
        **{flag: st.booleans() for flag in flags},
    )


requests = st.builds(
    RequestFeatures,
    model=st.just("bank-chat"),
    stream=st.booleans(),
    input_tokens_bound=counts,
    input_tokens_estimate=counts,
    max_output_tokens=optional_counts,
    n=st.integers(1, 3),
    has_tools=st.booleans(),
    wants_json=st.booleans(),
    image_count=st.integers(0, 1),
    unbounded=st.sampled_from([(), ("image",)]),
    script=st.sampled_from(["latin", "other"]),
    prompt=st.none() | st.tuples(*[st.integers(0, 90_000).map(lambda value: value / 10_000)] * len(FEATURES)),
    input_digest=st.just("0" * 64),
)
health = st.builds(
    HealthState,
    consecutive_failures=st.integers(0, 5),
    open_until_ms=st.sampled_from([0, NOW_MS - 1, NOW_MS + 500, NOW_MS + 9_000]),
    reason=st.sampled_from(["timeout", "rate_limited"]),
)
latencies = st.builds(
    LatencyStats, p50_ms=counts, p95_ms=counts, ttft_ms=counts, source=st.sampled_from(["measured", "assumed"])
)
snapshots = st.builds(
    Snapshot,
    now_ms=st.just(NOW_MS),
    health=st.dictionaries(st.sampled_from(NAMES), health),
    latency=st.dictionaries(st.sampled_from(NAMES), latencies),
    allowed_models=st.sampled_from([(), (), ("bank-chat", "other"), ("other",)]),
    hard_limit=st.booleans(),
    incumbent=st.sampled_from(["", *NAMES]),
)


def through_a_column(value: dict[str, Any]) -> dict[str, Any]:
    """As a jsonb column gives it back: keys in another order, no minus zero."""
    turned = json.loads(
        json.dumps(value), object_pairs_hook=lambda pairs: dict(sorted(pairs, key=lambda p: (len(p[0]), p[0])))
    )
    assert "-0.0" not in json.dumps(turned)
    return dict(turned)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(features=requests, chosen=routes(), known=snapshots)
def test_a_stored_decision_is_made_again_to_the_byte(
    features: RequestFeatures, chosen: RouteVersionFacts, known: Snapshot
) -> None:
    decision = decide(features, chosen, known)
    stored = through_a_column(decision_to_dict(decision))
    assert replay(stored) == canonical_json(decision_to_dict(decision))
    assert canonical_json(decision_to_dict(decision_from_dict(stored))) == canonical_json(stored)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(features=requests, chosen=routes(), known=snapshots)
def test_the_ladder_holds_eligible_candidates_once_or_says_why_nobody(
    features: RequestFeatures, chosen: RouteVersionFacts, known: Snapshot
) -> None:
    decision = decide(features, chosen, known)
    eligible = [index for index, result in enumerate(decision.candidates) if result.eligible]
    assert len(set(decision.ladder)) == len(decision.ladder)
    if eligible:
        assert sorted(decision.ladder) == eligible
        margin = decision_to_dict(decision)["margin"]
        assert margin is None or margin["by"] >= 0
    else:
        assert (decision.refusal is None) == (decision.reason_code == "last_resort")


def explained(**spec: Any) -> tuple[Decision, dict[str, Any]]:
    prompt = tuple(index / 10 for index in range(len(FEATURES)))
    known = state(latency={"small": 900, "middle": 500, "large": 300})
    decision = decide(request(prompt=prompt, input_digest="a" * 64), route(SMALL, MIDDLE, LARGE, **spec), known)
    return decision, decision_to_dict(decision)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_stored_decision_of_three_candidates_is_a_few_kilobytes(strategy: str) -> None:
    _, stored = explained(strategy=strategy)
    assert len(canonical_json(stored)) < 4_000


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("ordered", {"kind": "unavailable", "candidate": 0, "then": 1}),
        ("cheapest", {"kind": "cheapest", "then": 1, "unit": "nano_usd", "by": 449_600}),
        ("fastest", {"kind": "fastest", "then": 1, "unit": "ms", "by": 200.0}),
    ],
)
def test_the_counterfactual_names_the_smallest_change(strategy: str, expected: dict[str, Any]) -> None:
    assert explained(strategy=strategy)[1]["counterfactual"] == expected


def test_a_difficulty_decision_tells_the_way_to_the_next_band() -> None:
    decision, stored = explained(strategy="difficulty")
    change = stored["counterfactual"]
    index = FEATURES.index(change["feature"])
    prompt = list(decision.features.prompt or ())
    prompt[index] = change["to"] + (0.001 if change["to"] > prompt[index] else -0.001)
    other = decide(request(prompt=tuple(prompt)), decision.route, decision.snapshot)
    assert other.difficulty is not None
    assert other.difficulty.band == change["band"]


def test_the_parts_of_a_difficulty_score_add_up() -> None:
    _, stored = explained(strategy="difficulty")
    row = stored["difficulty"]
    parts = [value[2] for value in row["features"].values()]
    assert round(row["intercept"] + sum(parts), 6) == row["raw"]


def test_a_single_survivor_names_the_nearest_other_and_its_rule() -> None:
    decision = decide(
        request(input_tokens_estimate=127_500), route(SMALL, LARGE, strategy="cheapest"), state(health={})
    )
    assert decision_to_dict(decision)["counterfactual"]["rule"] == "context"


def test_a_changed_price_is_told_by_its_path() -> None:
    _, stored = explained(strategy="cheapest")
    changed = json.loads(json.dumps(stored))
    changed["candidates"][2]["price"] = [1, None, None, 1, None]
    again = json.loads(replay(changed))
    assert not is_reproduced(changed)
    assert redecide(changed).winner is not None
    assert "decision.winner: 0 -> 2" in differences(stored, again, limit=50)


@pytest.mark.parametrize("change", [{"v": 99}, {"weights": {"version": "other", "digest": "0"}}])
def test_a_decision_that_cannot_be_read_is_refused(change: dict[str, Any]) -> None:
    _, stored = explained(strategy="difficulty")
    with pytest.raises(DecisionFormatError):
        decision_from_dict({**stored, **change})

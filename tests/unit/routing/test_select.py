"""Who serves a request: filters, strategies, the ladder, and what happens when nobody can."""

from typing import Any

import pytest

from routing.domain.difficulty import prompt_features
from routing.domain.filters import RULES
from routing.domain.select import decide
from routing.domain.types import HealthState, LatencyStats, Price, RequestFeatures, Snapshot
from tests.unit.routing.deciding import (
    LARGE,
    MIDDLE,
    NOW_MS,
    SMALL,
    choose,
    deployment,
    request,
    route,
    state,
    winner,
)

EASY = "What are your opening hours?"
HARD = (
    "A client holds two loans. The first is for $250,000 at 4.2% over 20 years, the second for $80,000 at 6.9% over 7 "
    "years. She can repay $40,000 early, but each loan has its own penalty: 1% on the first and 2.5% on the second. "
    "Which loan should she repay first, and how much interest does she save in total on each loan?"
)
TIERS = {"small": "easy", "large": "hard"}


def asked(text: str) -> RequestFeatures:
    return request(prompt=prompt_features(text))


def cooling(seconds: int, reason: str = "timeout") -> HealthState:
    return HealthState(consecutive_failures=3, opened_times=1, open_until_ms=NOW_MS + seconds * 1000, reason=reason)


@pytest.mark.parametrize(
    ("rule", "facts", "features", "known"),
    [
        ("allowed", {}, {}, {"allowed_models": ("other-route",)}),
        ("enabled", {"enabled": False}, {}, {}),
        ("streaming", {"supports_streaming": False}, {"stream": True}, {}),
        ("tools", {"supports_tools": False}, {"has_tools": True}, {}),
        ("json", {"supports_json": False}, {"wants_json": True}, {}),
        ("vision", {"supports_vision": False}, {"image_count": 1}, {}),
        ("output", {"max_output_tokens": 100}, {"max_output_tokens": 101}, {}),
        ("context", {"context_window": 150}, {"max_output_tokens": 51}, {}),
        ("priced", {"price": Price(input=1)}, {}, {"hard_limit": True}),
        ("bounded", {}, {"unbounded": ("image",)}, {"hard_limit": True}),
        ("health", {}, {}, {"health": {"a": cooling(5, "rate_limited")}}),
    ],
)
def test_a_candidate_is_dropped_by_the_rule_it_breaks(rule: str, facts: Any, features: Any, known: Any) -> None:
    decision = decide(request(**features), route(deployment("a", **facts)), state(**known))
    assert [failure.rule for failure in decision.candidates[0].failures] == [rule]
    assert decision.reason_code == "no_candidate"
    assert decision.refusal is not None
    assert decision.refusal.rule == rule


def test_residency_is_a_rule_of_the_route() -> None:
    decision = decide(request(), route(deployment("a"), deployment("b", residency="eu"), residency="eu"), state())
    assert winner(decision) == "b"
    assert decision.candidates[0].failures[0].rule == "residency"


def test_every_rule_has_its_own_place_in_the_order() -> None:
    ids = [rule_id for rule_id, _ in RULES]
    assert len(ids) == len(set(ids)) == 12


def test_a_capability_that_is_not_asked_for_is_not_missed() -> None:
    plain = deployment("a", supports_tools=False, supports_json=False, supports_vision=False, supports_streaming=False)
    assert choose(plain) == "a"


def test_an_unpriced_deployment_serves_where_no_hard_limit_applies() -> None:
    assert choose(deployment("free", price=Price())) == "free"


def test_context_keeps_room_for_an_answer_the_request_did_not_size() -> None:
    decision = decide(request(input_tokens_estimate=7_500), route(deployment("a", context_window=8_192)), state())
    assert decision.candidates[0].failures[0].need == 7_500 + 1_024


def test_the_first_in_order_wins_and_the_others_follow_in_order() -> None:
    decision = decide(request(), route(LARGE, SMALL, MIDDLE), state())
    assert [rung.name for rung in decision.rungs] == ["large", "small", "middle"]
    assert decision.reason_code == "first_in_order"


def test_a_cooling_deployment_gives_way_to_the_next() -> None:
    decision = decide(request(), route(LARGE, SMALL), state(health={"large": cooling(5)}))
    assert (winner(decision), decision.reason_code) == ("small", "later_in_order")


def test_a_circuit_whose_time_is_over_is_tried_again() -> None:
    assert winner(decide(request(), route(LARGE, SMALL), state(health={"large": cooling(0)}))) == "large"


def test_cheapest_compares_expected_cost_and_falls_back_in_order() -> None:
    decision = decide(request(), route(LARGE, MIDDLE, SMALL, strategy="cheapest"), state())
    assert [rung.name for rung in decision.rungs] == ["small", "large", "middle"]
    assert decision.candidates[2].cost_low == 10_000 + 102_400


def test_cheapest_puts_an_unpriced_deployment_last() -> None:
    assert choose(deployment("free", price=Price()), LARGE, strategy="cheapest") == "large"


def test_a_tie_falls_to_the_order_of_the_route() -> None:
    assert choose(deployment("b"), deployment("a"), strategy="cheapest") == "b"


@pytest.mark.parametrize(("stream", "expected"), [(False, "small"), (True, "large")])
def test_fastest_compares_what_the_client_waits_for(stream: bool, expected: str) -> None:
    slow_start = LatencyStats(p50_ms=400, p95_ms=900, ttft_ms=300, source="measured", samples=9)
    quick_start = LatencyStats(p50_ms=600, p95_ms=900, ttft_ms=100, source="measured", samples=9)
    known = Snapshot(now_ms=NOW_MS, latency={"small": slow_start, "large": quick_start})
    assert winner(decide(request(stream=stream), route(SMALL, LARGE, strategy="fastest"), known)) == expected


@pytest.mark.parametrize(("incumbent_ms", "expected"), [(109, "large"), (111, "small")])
def test_fastest_keeps_the_incumbent_until_another_is_clearly_faster(incumbent_ms: int, expected: str) -> None:
    known = state(latency={"small": 100, "large": incumbent_ms}, incumbent="large")
    decision = decide(request(), route(SMALL, LARGE, strategy="fastest"), known)
    assert winner(decision) == expected
    assert (decision.reason_code == "kept_incumbent") == (expected == "large")


@pytest.mark.parametrize(
    ("cost_weight", "latency_weight", "expected"), [(1, 0, "small"), (0, 1, "large"), (0.2, 0.8, "large")]
)
def test_cost_against_latency_moves_the_winner(cost_weight: float, latency_weight: float, expected: str) -> None:
    spec = {"strategy": "balanced", "cost_weight": cost_weight, "latency_weight": latency_weight}
    decision = decide(request(), route(SMALL, LARGE, **spec), state(latency={"small": 900, "large": 300}))
    assert winner(decision) == expected


def test_balanced_weights_count_by_their_ratio() -> None:
    known = state(latency={"small": 900, "large": 300})
    one = decide(request(), route(SMALL, LARGE, strategy="balanced", cost_weight=0.3, latency_weight=0.1), known)
    two = decide(request(), route(SMALL, LARGE, strategy="balanced", cost_weight=0.9, latency_weight=0.3), known)
    assert one.scores == two.scores


def test_an_easy_and_a_hard_prompt_get_different_deployments() -> None:
    chosen = route(SMALL, LARGE, strategy="difficulty", tiers=TIERS)
    easy, hard = (decide(asked(text), chosen, state()) for text in (EASY, HARD))
    assert (winner(easy), easy.reason_code) == ("small", "difficulty_easy")
    assert (winner(hard), hard.reason_code) == ("large", "difficulty_hard")


def test_an_untiered_hard_prompt_gets_the_best_and_an_easy_one_the_cheapest() -> None:
    chosen = route(MIDDLE, LARGE, SMALL, strategy="difficulty")
    assert [winner(decide(asked(text), chosen, state())) for text in (EASY, HARD)] == ["small", "large"]


@pytest.mark.parametrize(("unsure", "expected"), [("hard", "large"), ("easy", "small"), ("middle", "middle")])
def test_a_prompt_without_signal_goes_where_the_route_says(unsure: str, expected: str) -> None:
    spec = {"strategy": "difficulty", "tiers": TIERS, "difficulty": {"unsure": unsure}}
    decision = decide(request(prompt=None), route(SMALL, MIDDLE, LARGE, **spec), state())
    assert (winner(decision), decision.reason_code) == (expected, "difficulty_unsure")


def test_a_prompt_in_another_script_is_unsure_and_not_sent_to_the_cheapest() -> None:
    features = request(prompt=prompt_features("Xin chào, hãy chứng minh định lý này"), script="accented")
    decision = decide(features, route(SMALL, LARGE, strategy="difficulty", tiers=TIERS), state())
    assert winner(decision) == "large"
    assert decision.difficulty is not None
    assert decision.difficulty.why_unsure == "unfitted_script"


def test_a_tier_without_a_healthy_candidate_gives_way() -> None:
    known = state(health={"small": cooling(5)})
    decision = decide(
        asked(EASY), route(SMALL, MIDDLE, LARGE, strategy="difficulty", tiers=TIERS | {"middle": "hard"}), known
    )
    assert (winner(decision), decision.reason_code) == ("middle", "difficulty_tier_unavailable")


def test_a_slow_deployment_goes_behind_the_latency_cap() -> None:
    spec = {"strategy": "cheapest", "latency_cap_ms": 500}
    decision = decide(request(), route(SMALL, LARGE, **spec), state(latency={"small": 900, "large": 300}))
    assert [rung.name for rung in decision.rungs] == ["large", "small"]
    assert decision.reason_code == "under_latency_cap"


def test_the_latency_cap_never_leaves_a_request_without_an_answer() -> None:
    spec = {"strategy": "cheapest", "latency_cap_ms": 500}
    assert winner(decide(request(), route(SMALL, **spec), state(latency={"small": 900}))) == "small"


def test_if_every_circuit_is_open_the_one_that_closes_first_is_tried() -> None:
    known = state(health={"small": cooling(20), "large": cooling(5)})
    decision = decide(request(), route(SMALL, LARGE), known)
    assert ([rung.name for rung in decision.rungs], decision.reason_code) == (["large", "small"], "last_resort")


def test_a_rate_limited_provider_is_never_called_early() -> None:
    known = state(health={"small": cooling(20, "rate_limited"), "large": cooling(5, "rate_limited")})
    decision = decide(request(), route(SMALL, LARGE), known)
    assert decision.winner is None
    assert decision.refusal is not None
    assert (decision.refusal.rule, decision.refusal.retry_after_ms) == ("health", 5_000)


def test_the_refusal_names_the_rule_of_the_candidate_that_came_furthest() -> None:
    no_tools, too_small = deployment("a", supports_tools=False), deployment("b", context_window=10)
    decision = decide(request(has_tools=True), route(no_tools, too_small), state())
    assert decision.refusal is not None
    assert decision.refusal.rule == "context"


def test_a_deployment_that_is_gone_is_no_candidate() -> None:
    chosen = route(SMALL, LARGE)
    left = chosen.__class__(route_id="r", name="n", number=1, digest="", spec=chosen.spec, deployments={"large": LARGE})
    assert winner(decide(request(), left, state())) == "large"

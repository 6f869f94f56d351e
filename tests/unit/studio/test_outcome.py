"""The outcome of a simulation in a pattern: whose node and line stand for it, in every pattern with a router."""

import pytest

from routing.catalog.demo_route import demo_stage
from routing.domain.simulation import SimulationRequest, simulate
from studio.diagrams.outcome import CACHE, NOBODY, moment, outcome_of, outcomes
from workflows.patterns import pattern, patterns

ALL = tuple(one.deployment_id for one in demo_stage().route.spec.candidates)
ROUTED = [one.slug for one in patterns() if any(node.kind == "router" for node in one.nodes)]


def outcome(slug: str = "model-router", **asked: object) -> str:
    return outcome_of(simulate(SimulationRequest(prompt="Sort this e-mail.", **asked), demo_stage()), pattern(slug))  # type: ignore[arg-type]


def marks(slug: str, won: str) -> tuple[dict[str, str], tuple[str, ...]]:
    found = moment(pattern(slug), won)
    return {node: state for node, state in found.states.items() if state != "idle"}, found.edges


def test_weights_move_the_outcome_between_the_small_and_the_large_model():
    weights = {"strategy": "balanced", "latency_weight": 0.0}
    assert outcome(**weights, cost_weight=1.0, quality_weight=0.0) == "small"
    assert outcome(**weights, cost_weight=0.0, quality_weight=1.0) == "large"


def test_a_winner_that_is_down_failed_and_the_next_rung_answers():
    assert outcome(outages=("gpt-mini",)) == "small.other"
    assert marks("model-router", "small.other") == (
        {"small": "failed", "other": "won", "router": "done"},
        ("to-other",),
    )


def test_a_repeat_is_the_cache_and_no_model():
    assert outcome(again=True) == CACHE
    assert marks("model-router", CACHE) == ({"cache": "hit", "router": "done"}, ("look",))


def test_a_pattern_without_a_cache_shows_a_hit_at_its_router():
    assert outcome("saga", again=True) == CACHE
    assert marks("saga", CACHE) == ({"router": "hit"}, ())


def test_when_all_fail_nobody_answers():
    won = outcome(outages=ALL, fault="error")
    assert won.endswith(f".{NOBODY}")
    states, edges = marks("model-router", won)
    assert set(states.values()) == {"failed"}
    assert "router" in states
    assert edges == ()


def test_when_nobody_may_be_asked_only_the_router_fails():
    assert outcome(vision=True, residency="on-premise") == NOBODY
    assert marks("model-router", NOBODY) == ({"router": "failed"}, ())


@pytest.mark.parametrize("slug", [one for one in ROUTED if one != "model-router"])
def test_the_chosen_model_and_behind_it_the_standby_for_everybody_else(slug: str):
    assert outcome(slug) == "model"
    assert outcome(slug, outages=("gpt-mini",)) == "model.standby"
    assert marks(slug, "model.standby") == ({"model": "failed", "standby": "won", "router": "done"}, ("spare",))


@pytest.mark.parametrize("down", range(len(ALL) + 1))
@pytest.mark.parametrize("slug", ROUTED)
def test_every_simulation_ends_in_an_outcome_that_the_pattern_knows(slug: str, down: int):
    for fault in ("hang", "error", "known"):
        won = outcome(slug, outages=ALL[:down], fault=fault)
        assert won in outcomes(pattern(slug))


@pytest.mark.parametrize("slug", ROUTED)
def test_every_outcome_marks_somebody_and_lights_one_line_at_most(slug: str):
    for won in outcomes(pattern(slug)):
        states, edges = marks(slug, won)
        assert states
        assert len(edges) == (won.split(".")[-1] not in {NOBODY} and (won != CACHE or slug == "model-router"))

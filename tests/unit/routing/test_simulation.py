"""A simulation arranges what the decision says: times and money add up along the ladder, each with its source."""

from typing import Any

import pytest

from routing.catalog.demo_route import demo_stage
from routing.domain.features import extract_features
from routing.domain.price import worst_case
from routing.domain.rehearsal import rehearse
from routing.domain.select import decide
from routing.domain.simulation import Simulation, SimulationRequest, Stage, chat_body, simulate
from routing.domain.types import RouteVersionFacts, SpecError
from tests.unit.routing.deciding import LARGE, MIDDLE, SMALL, route, state

PRICES = {"small": "catalogue", "middle": "configured"}


def staged(**spec: Any) -> Stage:
    snapshot = state(latency={"small": 200, "middle": 700})
    return Stage(
        route=route(SMALL, MIDDLE, LARGE, **{"first_byte_timeout_seconds": 2.0, "cache_ttl_seconds": 60} | spec),
        snapshot=snapshot,
        latencies={"small": "measured", "middle": "measured"},
        prices=PRICES,
    )


def played(spec: dict[str, Any] | None = None, **request: Any) -> Simulation:
    return simulate(
        SimulationRequest(**{"prompt": "Hello there", "answer_tokens": 100} | request), staged(**spec or {})
    )


def cost_of(simulation: Simulation, index: int) -> int:
    value = simulation.estimates[index].cost.value
    assert value is not None
    return value


def held_by(index: int) -> int:
    """What the gateway would hold for the request on this candidate."""
    facts: RouteVersionFacts = staged().route
    body = chat_body(SimulationRequest(prompt="Hello there", answer_tokens=100), facts.name)
    amount = worst_case(extract_features(body), (SMALL, MIDDLE, LARGE)[index])
    assert amount is not None
    return amount


def test_it_decides_as_the_decision_function_does() -> None:
    stage = staged(strategy="fastest")
    simulation = simulate(SimulationRequest(prompt="Hello", answer_tokens=10), stage)
    decision = decide(simulation.decision.features, stage.route, stage.snapshot)
    assert simulation.decision == decision
    assert simulation.decision.route is stage.route


def test_a_winner_that_answers_gives_its_own_figures_with_their_sources() -> None:
    simulation = played()
    assert (simulation.p50.value, simulation.p50.source, simulation.p50.samples) == (200, "measured", 50)
    assert (simulation.p95.value, simulation.cost.source) == (400, "catalogue")
    assert simulation.cost.value == cost_of(simulation, 0)
    assert simulation.cost_high.value == held_by(0)


def test_a_winner_that_hangs_adds_its_time_limit_and_its_hold() -> None:
    simulation = played(outages=("small",))
    assert simulation.answered == 1
    assert [one.outcome for one in simulation.rehearsal.attempts] == ["timeout", "ok"]
    assert simulation.p50.value == 2000 + 700
    assert simulation.cost.value == held_by(0) + cost_of(simulation, 1)
    assert simulation.cost.source == "catalogue"  # no better known than its least known part


def test_a_winner_that_refuses_costs_time_only() -> None:
    simulation = played(outages=("small",), fault="error")
    assert simulation.p50.value == 100 + 700
    assert simulation.p50.source == "assumed"
    assert simulation.cost.value == cost_of(simulation, 1)


def test_an_open_circuit_drops_the_candidate_before_anything_is_tried() -> None:
    simulation = played(outages=("small",), fault="known")
    assert [failure.rule for failure in simulation.decision.candidates[0].failures] == ["health"]
    assert len(simulation.rehearsal.attempts) == 1
    assert simulation.p50.value == 700


def test_the_last_rung_is_tried_again_after_the_real_backoff_until_the_attempts_are_used_up() -> None:
    stage = Stage(route=route(SMALL, max_attempts=3))
    simulation = simulate(SimulationRequest(prompt="x", outages=("small",), fault="error"), stage)
    assert [one.wait_ms for one in simulation.rehearsal.attempts] == [250, 500, 0]
    assert simulation.p50.value == 3 * 100 + 250 + 500
    assert (simulation.answered, simulation.cost.value) == (None, 0)


def test_the_whole_time_of_the_route_ends_the_climb() -> None:
    stage = Stage(route=route(SMALL, MIDDLE, LARGE, first_byte_timeout_seconds=2, timeout_seconds=3))
    simulation = simulate(SimulationRequest(prompt="x", outages=("small", "middle", "large")), stage)
    assert [one.took_ms for one in simulation.rehearsal.attempts] == [2000, 1000]
    assert simulation.answered is None


def test_a_hold_without_a_known_price_leaves_the_cost_unknown() -> None:
    simulation = played(outages=("small",), vision=True)
    assert simulation.rehearsal.attempts[0].held is None
    assert simulation.cost.value is None


def test_a_repeat_comes_from_the_cache_for_nothing_and_says_what_it_saved() -> None:
    first, again = played(), played(again=True)
    assert (first.cache, first.cache_reason, first.saved.value) == ("miss", "first", 0)
    assert (again.cache, again.cost.value, again.saved.value) == ("hit", 0, first.cost.value)
    assert again.p50.source == "assumed"


@pytest.mark.parametrize(
    ("spec", "request_", "reason"),
    [
        ({"cache_ttl_seconds": 0}, {"again": True}, "route_off"),
        ({}, {"again": True, "cache": False}, "asked_off"),
        ({}, {"again": True, "outages": ("small", "middle", "large")}, "nothing_kept"),
    ],
)
def test_a_repeat_that_is_no_hit_says_why(spec: dict[str, Any], request_: dict[str, Any], reason: str) -> None:
    simulation = played(spec, **request_)
    assert simulation.cache != "hit"
    assert simulation.cache_reason == reason


def test_the_saving_is_against_the_best_model_that_could_serve() -> None:
    simulation = played()
    assert simulation.largest == 2
    assert simulation.spared.value == cost_of(simulation, 2) - cost_of(simulation, 0)
    assert simulation.spared.source == "assumed"  # nobody said where the price of the largest is from


def test_a_what_if_is_named_and_leaves_the_published_route_alone() -> None:
    simulation = played(strategy="cheapest", residency="eu")
    assert {(one.name, one.before, one.after) for one in simulation.what_if} == {
        ("strategy", "ordered", "cheapest"),
        ("residency", None, "eu"),
    }
    assert simulation.decision.refusal is not None
    assert played().what_if == ()


def test_a_what_if_that_is_no_spec_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        played(strategy="balanced", cost_weight=0, latency_weight=0, quality_weight=0)
    assert "cost_weight" in caught.value.errors


def test_a_stream_waits_for_its_first_token_of_which_only_the_median_is_known() -> None:
    simulation = played(stream=True)
    assert (simulation.p50.value, simulation.p95.value) == (100, None)


def test_a_refused_decision_climbs_nowhere() -> None:
    simulation = played(residency="mars")
    assert rehearse(simulation.decision, down=(), fault="hang").attempts == ()
    assert (simulation.p50.value, simulation.cost.value, simulation.spared.value) == (None, 0, None)


def test_every_price_of_the_demo_is_known_and_its_cap_works() -> None:
    stage = demo_stage()
    assert all(facts.price.known for facts in stage.route.deployments.values())
    capped = simulate(SimulationRequest(prompt="x", quality_weight=1, cost_weight=0, latency_weight=0), stage)
    quick = simulate(
        SimulationRequest(prompt="x", quality_weight=1, cost_weight=0, latency_weight=0, latency_cap_ms=1000), stage
    )
    assert capped.decision.winner is not None
    assert quick.decision.winner is not None
    assert capped.decision.winner.id == "claude-sonnet"
    assert quick.decision.reason_code == "under_latency_cap"

"""The route spec: what is refused, and that it is written back as it was read."""

from typing import Any

import pytest

from routing.domain.spec import STRATEGIES, SpecError, parse_route_spec, spec_digest, spec_to_dict

GOOD: dict[str, Any] = {
    "strategy": "cheapest",
    "candidates": [{"deployment": "a"}, {"deployment": "b", "tier": "hard"}],
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_spec_is_read_back_as_it_was_written(strategy: str) -> None:
    spec = parse_route_spec({**GOOD, "strategy": strategy, "cache_ttl_seconds": 60, "latency_cap_ms": 500})
    assert parse_route_spec(spec_to_dict(spec)) == spec


def test_defaults_are_written_out_so_that_the_digest_does_not_depend_on_them() -> None:
    assert spec_digest(parse_route_spec(GOOD)) == spec_digest(parse_route_spec({**GOOD, "max_attempts": 3}))
    assert spec_digest(parse_route_spec(GOOD)) != spec_digest(parse_route_spec({**GOOD, "max_attempts": 2}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strategy": "random"}, "strategy"),
        ({"strategy": None}, "strategy"),
        ({"candidates": []}, "candidates"),
        ({"candidates": [{"deployment": "a"}] * 2}, "candidates.1.deployment"),
        ({"candidates": [{"deployment": ""}]}, "candidates.0.deployment"),
        ({"candidates": [{}]}, "candidates.0.deployment"),
        ({"candidates": ["a"]}, "candidates.0"),
        ({"candidates": [{"deployment": "a", "colour": 1}]}, "candidates.0.colour"),
        ({"candidates": [{"deployment": "a", "weight": 0}]}, "candidates.0.weight"),
        ({"candidates": [{"deployment": "a", "tier": "best"}]}, "candidates.0.tier"),
        ({"cost_weight": True}, "cost_weight"),
        ({"cost_weight": 1.5}, "cost_weight"),
        ({"cost_weight": float("nan")}, "cost_weight"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": 2.5}, "max_attempts"),
        ({"cache_ttl_seconds": -1}, "cache_ttl_seconds"),
        ({"timeout_seconds": "60"}, "timeout_seconds"),
        ({"latency_cap_ms": 0}, "latency_cap_ms"),
        ({"residency": 7}, "residency"),
        ({"difficulty": {"easy_below": 0.9, "hard_above": 0.1}}, "difficulty.easy_below"),
        ({"difficulty": {"unsure": "cheapest"}}, "difficulty.unsure"),
        ({"difficulty": {"hard": 1}}, "difficulty.hard"),
        ({"difficulty": []}, "difficulty"),
        ({"timeout": 60}, "timeout"),
        ({"strategy": "balanced", "cost_weight": 0, "latency_weight": 0}, "cost_weight"),
    ],
)
def test_a_fault_is_refused_and_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_route_spec({**GOOD, **change})
    assert field in caught.value.errors


@pytest.mark.parametrize("source", [None, [], "cheapest", 3, {}])
def test_what_is_no_spec_is_refused(source: Any) -> None:
    with pytest.raises(SpecError):
        parse_route_spec(source)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_route_spec({"strategy": "x", "candidates": [{}], "colour": 1})
    assert set(caught.value.errors) == {"strategy", "candidates.0.deployment", "colour"}

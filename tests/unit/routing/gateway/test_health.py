"""What a process remembers of deployments, and the views it gives to decisions."""

from routing.domain.retry import AttemptOutcome
from routing.domain.types import DeploymentFacts, RouteVersionFacts, parse_route_spec
from routing.gateway.health import REFRESH_SECONDS, Health

FACTS = DeploymentFacts(id="d", name="d", provider_id="p", provider_kind="vllm", model="m")
SPEC = parse_route_spec({"strategy": "ordered", "candidates": [{"deployment": "d"}]})
ROUTE = RouteVersionFacts(route_id="r", name="r", number=1, digest="", spec=SPEC, deployments={"d": FACTS})
DOWN, OK = AttemptOutcome(breakdown="connect"), AttemptOutcome(status=200)


def test_a_circuit_opens_at_once_for_the_next_decision_and_closes_on_success() -> None:
    health = Health()
    assert health.view(ROUTE, now=0.0)[0] == {}

    for _ in range(3):
        health.observe("d", DOWN, now_ms=1000)
    assert health.view(ROUTE, now=0.0)[0]["d"].is_open(1001)

    health.observe("d", OK, now_ms=2000)
    assert health.view(ROUTE, now=0.0)[0] == {}


def test_a_view_that_was_given_out_does_not_change_any_more() -> None:
    health = Health()
    states, latencies = health.view(ROUTE, now=0.0)

    health.observe("d", AttemptOutcome(status=429), now_ms=0)
    health.measured("d", total=1.0, first=None, now=0.0)

    assert (dict(states), dict(latencies)) == ({}, {})


def test_latency_is_the_median_of_what_was_measured_lately() -> None:
    health = Health()
    for total in (0.1, 0.2, 0.9):
        health.measured("d", total=total, first=total / 2, now=0.0)

    stats = health.view(ROUTE, now=REFRESH_SECONDS)[1]["d"]

    assert (stats.p50_ms, stats.ttft_ms, stats.source, stats.samples) == (200, 100, "measured", 3)
    assert "d" not in health.view(ROUTE, now=1000.0)[1]


def test_a_deployment_that_is_called_in_another_way_starts_anew() -> None:
    health = Health()
    health.observe("d", AttemptOutcome(status=401), now_ms=0)
    health.measured("d", total=1.0, first=None, now=0.0)

    health.forget(["d", "unknown"])

    states, latencies = health.view(ROUTE, now=0.0)
    assert (dict(states), dict(latencies)) == ({}, {})

"""The one decision: which deployment serves a request, and in which order others are tried after it.

`decide` is pure. The gateway, the simulator and the replay of logged decisions all call it, and it alone chooses.
"""

from routing.domain.filters import RULE_ORDER, Situation, failures
from routing.domain.price import expected_cost, worst_case
from routing.domain.strategies import STRATEGY, Question, Ranking
from routing.domain.types import (
    ASSUMED_LATENCY,
    HEALTHY,
    CandidateResult,
    CandidateSpec,
    Decision,
    DeploymentFacts,
    ReasonCode,
    Refusal,
    RequestFeatures,
    RouteVersionFacts,
    RuleId,
    Snapshot,
)


def decide(features: RequestFeatures, route: RouteVersionFacts, snapshot: Snapshot) -> Decision:
    """Filter the candidates of the route, rank the rest by its strategy, and say why."""
    candidates = tuple(
        [
            _judge(candidate, facts, features, route, snapshot)
            for candidate in route.spec.candidates
            if (facts := route.deployments.get(candidate.deployment_id)) is not None
        ]
    )
    eligible = [index for index, result in enumerate(candidates) if not result.failures]
    if not eligible:
        return _without_eligible(features, route, snapshot, candidates)
    question = Question(features, route, snapshot, candidates, eligible)
    ranking = _under_latency_cap(question, STRATEGY[route.spec.strategy](question))
    order = ranking.order
    return Decision(
        features=features,
        route=route,
        snapshot=snapshot,
        candidates=candidates,
        ladder=_ladder(question, order[0]),
        reason_code=_reason(question, ranking),
        scores=tuple([ranking.parts.get(index, ()) for index in range(len(candidates))]),
        runner_up=order[1] if len(order) > 1 else None,
        difficulty=ranking.difficulty,
    )


def _judge(
    candidate: CandidateSpec,
    facts: DeploymentFacts,
    features: RequestFeatures,
    route: RouteVersionFacts,
    snapshot: Snapshot,
) -> CandidateResult:
    health = snapshot.health.get(facts.id, HEALTHY)
    cost_high = worst_case(features, facts)
    situation = Situation(route, snapshot, health, cost_high)
    return CandidateResult(
        facts,
        candidate.tier,
        failures(features, facts, situation),
        expected_cost(features, facts),
        cost_high,
        snapshot.latency.get(facts.id, ASSUMED_LATENCY),
        health,
    )


def _is_over_cap(question: Question, index: int) -> bool:
    cap = question.route.spec.latency_cap_ms
    measured = question.candidates[index].latency.source == "measured"
    return cap is not None and measured and question.latency_ms(index) > cap


def _under_latency_cap(question: Question, ranking: Ranking) -> Ranking:
    """Move candidates that are slower than the cap behind the others; a slow answer is still better than none."""
    if question.route.spec.latency_cap_ms is None:
        return ranking
    order = sorted(ranking.order, key=lambda index: _is_over_cap(question, index))
    if order[0] == ranking.order[0]:
        return ranking._replace(order=order)
    return ranking._replace(order=order, reason="under_latency_cap")


def _ladder(question: Question, winner: int) -> tuple[int, ...]:
    """The winner, then the other eligible candidates in the order of the route, those over the latency cap last."""
    rest = [index for index in question.eligible if index != winner]
    if question.route.spec.latency_cap_ms is not None:
        rest.sort(key=lambda index: _is_over_cap(question, index))
    return (winner, *rest)


def _reason(question: Question, ranking: Ranking) -> ReasonCode:
    if len(question.eligible) == 1 and len(question.candidates) > 1 and question.route.spec.strategy != "ordered":
        return "only_eligible"
    return ranking.reason


def _without_eligible(
    features: RequestFeatures, route: RouteVersionFacts, snapshot: Snapshot, candidates: tuple[CandidateResult, ...]
) -> Decision:
    """Try the candidate whose circuit closes first if only circuits are in the way; else refuse with the cause.

    A provider that asked to wait (429 with Retry-After) is never tried early.
    """
    cooling = [index for index, result in enumerate(candidates) if [f.rule for f in result.failures] == ["health"]]
    cooling.sort(key=lambda index: candidates[index].health.open_until_ms)
    willing = [index for index in cooling if candidates[index].health.reason != "rate_limited"]
    if willing:
        return Decision(features, route, snapshot, candidates, tuple(willing), "last_resort")
    retry_after_ms = candidates[cooling[0]].health.open_until_ms - snapshot.now_ms if cooling else None
    refusal = Refusal(_refusing_rule(candidates), retry_after_ms)
    return Decision(features, route, snapshot, candidates, (), "no_candidate", refusal=refusal)


def _refusing_rule(candidates: tuple[CandidateResult, ...]) -> RuleId:
    """The first rule that stopped the candidate which came furthest."""
    stopped = [result.failures[0].rule for result in candidates]
    return max(stopped, key=RULE_ORDER.__getitem__, default="enabled")

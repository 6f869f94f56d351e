"""How the candidates that passed the filters are ranked; every tie falls to the order of the route.

A strategy returns the candidates from best to worst, what it compared for each, and the reason for its first choice.
The strategies with a moving measure (fastest, balanced) keep the incumbent unless another candidate is better by more
than HYSTERESIS, so that noise in the latency does not move traffic to and fro.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from routing.domain.difficulty import difficulty_score
from routing.domain.types import (
    CandidateResult,
    DifficultyScore,
    ReasonCode,
    RequestFeatures,
    RouteVersionFacts,
    ScoreParts,
    Snapshot,
)

HYSTERESIS: Final = 0.1


class Question(NamedTuple):
    """What a strategy is asked: who is eligible (indexes into `candidates`) and under which circumstances."""

    features: RequestFeatures
    route: RouteVersionFacts
    snapshot: Snapshot
    candidates: Sequence[CandidateResult]
    eligible: Sequence[int]

    def latency_ms(self, index: int) -> int:
        return self.candidates[index].latency.for_request(stream=self.features.stream)


class Ranking(NamedTuple):
    """Candidates from best to worst, the values compared, and why the first is first."""

    order: list[int]
    parts: Mapping[int, ScoreParts]
    reason: ReasonCode
    difficulty: DifficultyScore | None = None


def ordered(question: Question) -> Ranking:
    """The first candidate that can serve the request."""
    order = list(question.eligible)
    return Ranking(order, {}, "first_in_order" if order[0] == 0 else "later_in_order")


def cheapest(question: Question) -> Ranking:
    """The lowest expected cost; a candidate without a price comes after all that have one."""
    order = sorted(question.eligible, key=lambda index: _cost_key(question.candidates[index]))
    parts: dict[int, ScoreParts] = {}
    for index in order:
        cost = question.candidates[index].cost_low
        parts[index] = (("cost", cost),) if cost is not None else ()
    return Ranking(order, parts, "lowest_cost")


def fastest(question: Question) -> Ranking:
    """The lowest recent latency: to the first token of a stream, else to the whole answer."""
    latency = {index: float(question.latency_ms(index)) for index in question.eligible}
    parts: dict[int, ScoreParts] = {index: (("latency_ms", value),) for index, value in latency.items()}
    return _with_incumbent(question, latency, parts, "lowest_latency")


def balanced(question: Question) -> Ranking:
    """The lowest weighted sum of cost, latency and missing quality, each from 0 to 1 among the eligible candidates."""
    spec, candidates = question.route.spec, question.candidates
    whole = spec.cost_weight + spec.latency_weight + spec.quality_weight
    costs = _shares({index: candidates[index].cost_low for index in question.eligible})
    delays = _shares({index: question.latency_ms(index) for index in question.eligible})
    preference = {candidate.deployment_id: candidate.weight for candidate in spec.candidates}
    scores: dict[int, float] = {}
    parts: dict[int, ScoreParts] = {}
    for index in question.eligible:
        facts = candidates[index].deployment
        cost = round(spec.cost_weight / whole * costs[index], 6)
        latency = round(spec.latency_weight / whole * delays[index], 6)
        quality = round(spec.quality_weight / whole * (1 - facts.quality), 6)
        scores[index] = round((cost + latency + quality) / preference[facts.id], 6)
        parts[index] = (("cost", cost), ("latency", latency), ("quality", quality), ("score", scores[index]))
    return _with_incumbent(question, scores, parts, "best_balance")


def difficulty(question: Question) -> Ranking:
    """The cheapest candidate of the easy tier for an easy prompt, the best of the hard tier for a hard one.

    An unsure prompt goes where the route says. A tier without an eligible candidate gives way to all that are left.
    """
    spec, features = question.route.spec, question.features
    score = difficulty_score(features.prompt, features.script, question.route.weights, spec.difficulty)
    wanted = spec.difficulty.unsure if score.band == "unsure" else score.band
    reason: ReasonCode = _BAND_REASONS[score.band]
    pool = [index for index in question.eligible if _serves(question.candidates[index], wanted)]
    if not pool:
        pool, reason = list(question.eligible), "difficulty_tier_unavailable"
    key = _cost_key if wanted == "easy" else _quality_key
    order = sorted(pool, key=lambda index: key(question.candidates[index]))
    order += [index for index in question.eligible if index not in pool]
    parts: dict[int, ScoreParts] = {}
    for index in order:
        result = question.candidates[index]
        cost: ScoreParts = (("cost", result.cost_low),) if result.cost_low is not None else ()
        parts[index] = (*cost, ("quality", result.deployment.quality))
    return Ranking(order, parts, reason, score)


STRATEGY: Final[Mapping[str, Callable[[Question], Ranking]]] = {
    "ordered": ordered,
    "cheapest": cheapest,
    "fastest": fastest,
    "balanced": balanced,
    "difficulty": difficulty,
}
_BAND_REASONS: Final[Mapping[str, ReasonCode]] = {
    "easy": "difficulty_easy",
    "hard": "difficulty_hard",
    "unsure": "difficulty_unsure",
}


def _serves(result: CandidateResult, wanted: str) -> bool:
    return result.tier in (wanted, "any") or result.deployment.id == wanted


def _cost_key(result: CandidateResult) -> tuple[bool, int]:
    return result.cost_low is None, result.cost_low or 0


def _quality_key(result: CandidateResult) -> tuple[float, bool, int]:
    return -result.deployment.quality, *_cost_key(result)


def _shares(values: Mapping[int, int | None]) -> dict[int, float]:
    """Each value as a share of the largest; an unknown one counts as the largest."""
    top = max((value for value in values.values() if value is not None), default=0)
    return {index: 1.0 if value is None else value / top if top else 0.0 for index, value in values.items()}


def _with_incumbent(
    question: Question, values: Mapping[int, float], parts: Mapping[int, ScoreParts], reason: ReasonCode
) -> Ranking:
    """Rank by value, lowest first, but keep the incumbent while it is within HYSTERESIS of the best."""
    order = sorted(question.eligible, key=values.__getitem__)
    incumbent = next((i for i in order if question.candidates[i].deployment.id == question.snapshot.incumbent), None)
    if incumbent is None or incumbent == order[0] or values[incumbent] > values[order[0]] * (1 + HYSTERESIS):
        return Ranking(order, parts, reason)
    order.remove(incumbent)
    return Ranking([incumbent, *order], parts, "kept_incumbent")

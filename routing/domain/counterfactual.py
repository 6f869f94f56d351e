"""What would have had to be different: the margin of a decision, and the one smallest change that turns it.

Both are data, `{"kind": ..., ...}`, from which a page makes a sentence in the reader's language.
"""

from collections.abc import Sequence
from typing import Any, Final

from routing.domain.strategies import HYSTERESIS
from routing.domain.types import Decision, DifficultyWeights

_COMPARED: Final = {  # by strategy: the score part that it compares, and the unit
    "cheapest": ("cost", "nano_usd"),
    "fastest": ("latency_ms", "ms"),
    "balanced": ("score", "score"),
}


def margin(decision: Decision) -> dict[str, Any] | None:
    """By how much the winner beat the runner-up, in the unit that its strategy compares; never below 0."""
    strategy = decision.route.spec.strategy
    if decision.runner_up is None or strategy == "ordered" or decision.reason_code == "under_latency_cap":
        return None
    if strategy == "difficulty":
        distance = turning_cut(decision)
        return None if distance is None else {"unit": "difficulty", "by": distance["by"]}
    name, unit = _COMPARED[strategy]
    first, second = (dict(decision.scores[index]).get(name) for index in (decision.ladder[0], decision.runner_up))
    if first is None or second is None:
        return None
    if decision.reason_code == "kept_incumbent":
        second *= 1 + HYSTERESIS  # the runner-up is better, but not by enough
    return {"unit": unit, "by": round(second - first, 6)}


def cut_distance(decision: Decision) -> dict[str, Any] | None:
    """The cut next to the score, the band beyond it, and how far it is (always above or equal to 0)."""
    difficulty, bands = decision.difficulty, decision.route.spec.difficulty
    if difficulty is None or difficulty.score is None:
        return None
    score = difficulty.score
    cuts = [(bands.easy_below, "easy" if score >= bands.easy_below else "unsure")]
    cuts.append((bands.hard_above, "hard" if score <= bands.hard_above else "unsure"))
    cut, band = min(cuts, key=lambda each: abs(each[0] - score))
    return {"cut": cut, "band": band, "by": round(abs(cut - score), 4)}


def turning_cut(decision: Decision) -> dict[str, Any] | None:
    """The nearest cut beyond which the prompt would be sent elsewhere; an unsure one may go where a hard one goes."""
    difficulty, bands = decision.difficulty, decision.route.spec.difficulty
    if difficulty is None or difficulty.score is None:
        return None
    score = difficulty.score
    goes_to = {"easy": "easy", "hard": "hard", "unsure": bands.unsure}
    edges = [
        ("easy", bands.easy_below),
        ("unsure", bands.easy_below if difficulty.band == "easy" else bands.hard_above),
        ("hard", bands.hard_above),
    ]
    options = [
        (round(abs(cut - score), 4), band, cut) for band, cut in edges if goes_to[band] != goes_to[difficulty.band]
    ]
    if not options:
        return None
    by, band, cut = min(options)
    return {"cut": cut, "band": band, "by": by}


def counterfactual(decision: Decision) -> dict[str, Any] | None:
    """The smallest single change after which another candidate would have served the request."""
    if not decision.ladder or decision.reason_code in ("only_eligible", "last_resort"):
        return _unblocked(decision)
    if decision.difficulty is not None:
        return _other_band(decision)
    if decision.runner_up is None:
        return _unblocked(decision)
    by = margin(decision)
    if by is None:
        return {"kind": "unavailable", "candidate": decision.ladder[0], "then": decision.runner_up}
    return {"kind": decision.route.spec.strategy, "then": decision.runner_up, **by}


def _unblocked(decision: Decision) -> dict[str, Any] | None:
    """The dropped candidate with the fewest failures, and the rule it would have to pass."""
    dropped = [index for index, result in enumerate(decision.candidates) if result.failures]
    if not dropped:
        return None
    nearest = min(dropped, key=lambda index: len(decision.candidates[index].failures))
    failures = decision.candidates[nearest].failures
    failure = failures[0]
    return {
        "kind": "filter",
        "then": nearest,
        "rule": failure.rule,
        "need": failure.need,
        "have": failure.have,
        "others": len(failures) - 1,
    }


def _other_band(decision: Decision) -> dict[str, Any] | None:
    """How far the score is from the next band, and the feature whose change would cover that with the least effort."""
    distance, weights, difficulty = turning_cut(decision), decision.route.weights, decision.difficulty
    if distance is None or weights is None or difficulty is None or difficulty.raw is None:
        return {"kind": "unavailable", "candidate": decision.ladder[0], "then": decision.runner_up}
    missing = round(raw_at(distance["cut"], weights.knots) - difficulty.raw, 6)
    change = {"kind": "difficulty", "band": distance["band"], "cut": distance["cut"], "by": distance["by"]}
    return {**change, "raw": missing, **_feature_change(missing, decision.features.prompt or (), weights)}


def raw_at(score: float, knots: Sequence[float]) -> float:
    """The raw sum at a percentile: the inverse of `difficulty.percentile`."""
    place = score * (len(knots) - 1)
    index = min(int(place), len(knots) - 2)
    return knots[index] + (place - index) * (knots[index + 1] - knots[index])


def _feature_change(missing: float, values: Sequence[float], weights: DifficultyWeights) -> dict[str, Any]:
    """The feature that has to change least, relative to its weight; it must stay at 0 or above."""
    options = [
        (abs(missing / weight), name, value + missing / weight)
        for name, value, weight in zip(weights.features, values, weights.weights, strict=True)
        if weight and value + missing / weight >= 0
    ]
    if not options:
        return {}
    _, name, target = min(options)
    return {"feature": name, "from": values[weights.features.index(name)], "to": round(target, 4)}

"""A stored decision made presentable: which candidates were kept or dropped and why, the scores, what would turn it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from routing.domain.explain import FORMAT
from routing.selectors.sentences import counterfactual_text, failure_text, margin_text, reason_text, refusal_text

Fate = Literal["chosen", "fallback", "dropped"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a candidate was dropped: the rule, and a sentence."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One value the strategy compared: `cost` in nano-USD, `latency_ms`, or a share of the score."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One candidate. `rung` is its place on the ladder (1 = chosen); costs are the likely and the highest, nano-USD."""

    deployment_id: str
    name: str
    tier: str
    fate: Fate
    rung: int | None
    causes: tuple[Cause, ...]
    cost_low: int | None
    cost_high: int | None
    latency_ms: int
    latency_measured: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class FeatureView:
    """What one feature of the prompt added to its difficulty."""

    name: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class DifficultyView:
    """Difficulty as a percentile of the reference prompts, its band, and the features that weighed most."""

    score: float | None
    band: str
    why_unsure: str
    features: tuple[FeatureView, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole decision for a reader. Texts are in the reader's language."""

    route: str
    version: int
    strategy: str
    reason: str
    reason_text: str
    candidates: tuple[CandidateView, ...]
    ladder: tuple[str, ...]
    runner_up: str | None
    margin_text: str
    counterfactual_text: str
    refusal_text: str
    difficulty: DifficultyView | None
    request: Mapping[str, Any]


def explain(decision: Mapping[str, Any] | None) -> Explanation | None:
    """The explanation of a stored decision; None where there is none, or one of a format that is not known here."""
    if decision is None or decision.get("v") != FORMAT:
        return None
    rows = decision["candidates"]
    names = [row["name"] for row in rows]
    ladder, runner_up = decision["ladder"], decision["runner_up"]
    return Explanation(
        route=decision["route"]["name"],
        version=decision["route"]["number"],
        strategy=decision["spec"]["strategy"],
        reason=decision["reason"],
        reason_text=reason_text(decision["reason"]),
        candidates=tuple(_candidate(row, index, ladder) for index, row in enumerate(rows)),
        ladder=tuple(names[index] for index in ladder),
        runner_up=None if runner_up is None else names[runner_up],
        margin_text=margin_text(decision["margin"]),
        counterfactual_text=counterfactual_text(decision["counterfactual"], names),
        refusal_text=refusal_text(decision.get("refusal")),
        difficulty=_difficulty(decision.get("difficulty")),
        request={name: value for name, value in decision["input"].items() if name not in ("prompt", "input_digest")},
    )


def _candidate(row: Mapping[str, Any], index: int, ladder: list[int]) -> CandidateView:
    rung = ladder.index(index) + 1 if index in ladder else None
    p50_ms, _p95, _first, source, _samples = row["latency"]
    cost_low, cost_high = row["cost"]
    return CandidateView(
        deployment_id=row["deployment"],
        name=row["name"],
        tier=row["tier"],
        fate="dropped" if rung is None else "chosen" if rung == 1 else "fallback",
        rung=rung,
        causes=tuple(Cause(rule, failure_text(rule, need, have)) for rule, need, have in row["failed"]),
        cost_low=cost_low,
        cost_high=cost_high,
        latency_ms=p50_ms,
        latency_measured=source == "measured",
        parts=tuple(Part(name, value) for name, value in sorted(row.get("score", {}).items())),
    )


def _difficulty(row: Mapping[str, Any] | None) -> DifficultyView | None:
    if row is None:
        return None
    features = [FeatureView(name, value, part) for name, (value, _weight, part) in row.get("features", {}).items()]
    features.sort(key=lambda feature: -abs(feature.contribution))
    return DifficultyView(row["score"], row["band"], row["why"], tuple(features))

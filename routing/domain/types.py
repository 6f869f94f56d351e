"""The values the router works with: what a deployment is, what a request asks, what is known now, and what was decided.

All of them are frozen, hold plain data and know nothing of tenants, databases or the clock. Ids are opaque texts, times
are milliseconds given from outside, money is whole nano-USD. `RouteSpec` and its parser live in `spec.py` and are
offered here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from routing.domain.spec import (
    STRATEGIES,
    CandidateSpec,
    DifficultyBands,
    RouteSpec,
    SpecError,
    Strategy,
    Tier,
    canonical_json,
    parse_route_spec,
    spec_digest,
    spec_to_dict,
)

__all__ = [
    "STRATEGIES",
    "BandName",
    "CandidateResult",
    "CandidateSpec",
    "Decision",
    "DeploymentFacts",
    "DifficultyBands",
    "DifficultyScore",
    "DifficultyWeights",
    "Failure",
    "HealthState",
    "InvalidRequest",
    "LatencyStats",
    "Price",
    "ReasonCode",
    "Refusal",
    "RequestFeatures",
    "RouteSpec",
    "RouteVersionFacts",
    "RuleId",
    "Snapshot",
    "SpecError",
    "Strategy",
    "Tier",
    "canonical_json",
    "parse_route_spec",
    "spec_digest",
    "spec_to_dict",
]

Surface = Literal["chat"]
BandName = Literal["easy", "hard", "unsure"]
RuleId = Literal[
    "allowed", "enabled", "residency", "streaming", "tools", "json", "vision", "output", "context", "priced",
    "bounded", "health",
]  # fmt: skip
ReasonCode = Literal[
    "first_in_order", "later_in_order", "only_eligible", "lowest_cost", "lowest_latency", "kept_incumbent",
    "best_balance", "under_latency_cap", "difficulty_easy", "difficulty_hard", "difficulty_unsure",
    "difficulty_tier_unavailable", "last_resort", "no_candidate",
]  # fmt: skip

ScoreParts = tuple[tuple[str, float], ...]

ASSUMED_LATENCY_MS: Final = 1000


class InvalidRequest(ValueError):
    """A request body that OpenAI's API would refuse with 400, in its own terms.

    It stands outside the project's exception tree because its `code` belongs to the caller's protocol; the gateway
    renders it there (`param` is None where no single parameter is at fault).
    """

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Nano-USD per 1,000,000 tokens of each exclusive bucket; None means not known, 0 means free.

    Without an input or an output price nothing is priced. A missing cached-input or cache-write price is taken as the
    input price, a missing reasoning price as the output price: never as free.
    """

    input: int | None = None
    cached_input: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None

    @property
    def known(self) -> bool:
        return self.input is not None and self.output is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFacts:
    """A model at a provider, as far as the decision needs to know it."""

    id: str
    name: str
    provider_id: str
    provider_kind: str
    model: str  # the name the provider knows it by
    context_window: int | None = None
    max_output_tokens: int | None = None
    supports_streaming: bool = True
    supports_tools: bool = False
    supports_json: bool = False
    supports_vision: bool = False
    price: Price = Price()
    quality: float = 0.5
    enabled: bool = True
    residency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFeatures:
    """What the router knows of a request; never its text, so that it may be stored with the decision.

    `input_tokens_bound` is never too low and pays for the hold; `input_tokens_estimate` is the likely number and
    decides what fits. `unbounded` names the parts for which no upper bound of tokens exists. `prompt` holds the feature
    values of the last user turn, in the order of `difficulty.FEATURES`; None when the strategy does not need them.
    """

    model: str
    surface: Surface = "chat"
    stream: bool = False
    include_usage: bool = False
    input_bytes: int = 0
    input_tokens_bound: int = 0
    input_tokens_estimate: int = 0
    max_output_tokens: int | None = None
    extra_output_tokens: int = 0  # predicted output is billed as output even where it is rejected
    n: int = 1
    messages: int = 1
    has_tools: bool = False
    wants_json: bool = False
    image_count: int = 0
    file_count: int = 0
    unbounded: tuple[str, ...] = ()
    script: str = "latin"
    prompt: tuple[float, ...] | None = None
    input_digest: str = ""

    @property
    def has_images(self) -> bool:
        return self.image_count > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthState:
    """The circuit of one deployment: closed while `open_until_ms` is not in the future."""

    consecutive_failures: int = 0
    opened_times: int = 0
    open_until_ms: int = 0
    reason: str = ""

    def is_open(self, now_ms: int) -> bool:
        return self.open_until_ms > now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyStats:
    """Recent latency of one deployment, and whether it was measured or assumed for want of samples."""

    p50_ms: int = ASSUMED_LATENCY_MS
    p95_ms: int = ASSUMED_LATENCY_MS
    ttft_ms: int = ASSUMED_LATENCY_MS
    source: Literal["measured", "assumed"] = "assumed"
    samples: int = 0

    def for_request(self, *, stream: bool) -> int:
        """What a client waits for: the first token of a stream, or else the whole answer."""
        return self.ttft_ms if stream else self.p50_ms


ASSUMED_LATENCY: Final = LatencyStats()
HEALTHY: Final = HealthState()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is known at the moment of the decision; deployments that are not named are healthy and unmeasured.

    `allowed_models` (empty means every route) and `hard_limit` describe the caller's key; `incumbent` is the deployment
    this process chose last on the route, which a strategy with a moving measure keeps unless another is clearly better.
    """

    now_ms: int = 0
    health: Mapping[str, HealthState] = field(default_factory=lambda: MappingProxyType({}))
    latency: Mapping[str, LatencyStats] = field(default_factory=lambda: MappingProxyType({}))
    allowed_models: tuple[str, ...] = ()
    hard_limit: bool = False
    incumbent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifficultyWeights:
    """A fitted linear score: one weight per feature, and knots that turn the raw sum into a percentile."""

    version: str
    digest: str
    features: tuple[str, ...]
    weights: tuple[float, ...]
    intercept: float
    knots: tuple[float, ...]  # raw scores at equally spaced percentiles from 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteVersionFacts:
    """One immutable version of a route with the facts of its deployments; built once per configuration, then reused.

    A candidate whose deployment no longer exists is left out of `deployments`.
    """

    route_id: str
    name: str
    number: int
    digest: str
    spec: RouteSpec
    deployments: Mapping[str, DeploymentFacts]
    weights: DifficultyWeights | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A hard filter that a candidate did not pass: what the request needs and what the candidate has."""

    rule: RuleId
    need: str | int | None = None
    have: str | int | None = None


@dataclass(frozen=True, slots=True)
class CandidateResult:
    """What became of one candidate; costs are nano-USD, None where unpriced or without bound."""

    deployment: DeploymentFacts
    tier: Tier
    failures: tuple[Failure, ...]
    cost_low: int | None
    cost_high: int | None
    latency: LatencyStats
    health: HealthState

    @property
    def eligible(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class DifficultyScore:
    """The difficulty of a prompt: the percentile, its band, and what each feature added to the raw sum."""

    score: float | None
    band: BandName
    why_unsure: str
    raw: float | None
    contributions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no candidate is left: the rule that stopped the candidate which came furthest."""

    rule: RuleId
    retry_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one decision with everything that led to it.

    `ladder` lists the candidates to try, as indexes into `candidates`, the winner first; `scores` holds what the
    strategy compared, by candidate (empty for one that was dropped). The rest of the explanation (margin,
    counterfactual, distance to the next cut) is worked out from these values by `decision_to_dict`, off the request's
    path.
    """

    features: RequestFeatures
    route: RouteVersionFacts
    snapshot: Snapshot
    candidates: tuple[CandidateResult, ...]
    ladder: tuple[int, ...]
    reason_code: ReasonCode
    scores: tuple[ScoreParts, ...] = ()
    runner_up: int | None = None
    difficulty: DifficultyScore | None = None
    refusal: Refusal | None = None

    @property
    def winner(self) -> DeploymentFacts | None:
        return self.candidates[self.ladder[0]].deployment if self.ladder else None

    @property
    def rungs(self) -> tuple[DeploymentFacts, ...]:
        """The deployments to try, in order."""
        return tuple(self.candidates[index].deployment for index in self.ladder)


def decision_to_dict(decision: Decision) -> dict[str, Any]:
    """The decision as compact JSON data; see `explain.py`, which writes it."""
    from routing.domain.explain import decision_to_dict as write

    return write(decision)


def decision_from_dict(source: Mapping[str, Any]) -> Decision:
    """The decision that `decision_to_dict` wrote."""
    from routing.domain.explain import decision_from_dict as read

    return read(source)

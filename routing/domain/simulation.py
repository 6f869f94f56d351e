"""A request that nobody sends: what the gateway would do with it, what that would take and cost, and how we know.

`simulate` asks `select.decide` with features made by `features.extract_features`, as the gateway does, of a route
version compiled as the gateway compiles it. The rest here only arranges the answer: durations and money added up along
the ladder, and beside each number its source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from routing.domain.cache_key import CacheBar, cache_bar
from routing.domain.difficulty import shipped_weights
from routing.domain.features import extract_features
from routing.domain.price import cost
from routing.domain.rehearsal import Fault, Rehearsal, circuit_of, rehearse
from routing.domain.select import decide
from routing.domain.spec import RouteSpec, Strategy, canonical_json, parse_route_spec, spec_digest
from routing.domain.spec import spec_to_dict as written
from routing.domain.types import CandidateResult, Decision, HealthState, RequestFeatures, RouteVersionFacts, Snapshot
from routing.domain.usage import Usage

MAX_PROMPT: Final = 8_000
MAX_ANSWER_TOKENS: Final = 32_000
USUAL_ANSWER_TOKENS: Final = 250
CACHED_MS: Final = 5  # what the gateway itself takes for an answer it has kept
ANYWHERE: Final = "*"
NO_CAP: Final = 0
WHAT_IF_TTL: Final = 300  # of a cache that the route does not have

Source = Literal["measured", "catalogue", "configured", "assumed"]
_TRUST: Final[tuple[Source, ...]] = ("measured", "configured", "catalogue", "assumed")
CacheUse = Literal["hit", "miss", "off"]
CacheReason = Literal["repeat", "first", "nothing_kept", "route_off", "asked_off", "web_search"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """What to play through. None means as the route has it; everything else there is a what-if.

    `task` names the preset that stands in for an empty prompt. `outages` are deployments that do not answer, in the way
    `fault` says: they hang, they refuse, or their circuit is open already. `again` is the same request once more.
    """

    task: str = ""
    prompt: str = ""
    answer_tokens: int | None = None
    tools: bool = False
    json: bool = False
    vision: bool = False
    stream: bool = False
    hard_budget: bool = False
    strategy: Strategy | None = None
    cost_weight: float | None = None
    latency_weight: float | None = None
    quality_weight: float | None = None
    latency_cap_ms: int | None = None
    residency: str | None = None
    cache: bool | None = None
    outages: tuple[str, ...] = ()
    fault: Fault = "hang"
    again: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and how it is known; `samples` tells of how many answers it was measured."""

    value: int | None
    source: Source
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a deployment was tried lately, and failed by its own fault."""

    count: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The circumstances of a simulation: the route as compiled, the state to decide in, and where numbers come from.

    `latencies` and `prices` say for each deployment how its figures are known; what they do not name is assumed.
    `tries` is told beside the result and decides nothing, as circuits belong to each gateway process.
    """

    route: RouteVersionFacts
    snapshot: Snapshot = field(default_factory=Snapshot)
    latencies: Mapping[str, Source] = field(default_factory=dict)
    prices: Mapping[str, Source] = field(default_factory=dict)
    tries: Mapping[str, Tries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of the spec that is not as published."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one candidate would take and cost: the cost likely for the whole answer, least for a short one, at most."""

    p50: Figure
    p95: Figure
    cost: Figure
    cost_low: Figure
    cost_high: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The outcome. Money is nano-USD, time milliseconds; None where nobody answers or no price is known.

    `cost` holds what failed attempts are booked at, too; `saved` is what the cache spared, `largest` the candidate that
    “always the largest model” would mean, and `spared` how much less than it the outcome costs.
    """

    request: SimulationRequest
    stage: Stage
    decision: Decision
    what_if: tuple[Change, ...]
    rehearsal: Rehearsal
    estimates: tuple[Estimate, ...]
    cache: CacheUse
    cache_reason: CacheReason
    p50: Figure
    p95: Figure
    cost: Figure
    cost_low: Figure
    cost_high: Figure
    saved: Figure
    largest: int | None
    spared: Figure

    @property
    def answered(self) -> int | None:
        """The candidate whose answer the caller gets, from the cache or not."""
        return self.rehearsal.answered

    @property
    def spec(self) -> RouteSpec:
        return self.decision.route.spec


def simulate(request: SimulationRequest, stage: Stage) -> Simulation:
    """Decide as the gateway would, climb the ladder, add up. SpecError where the what-if is no valid spec."""
    route, what_if = imagined(stage.route, request)
    body = chat_body(request, route.name)
    features = extract_features(body, raw=canonical_json(body), difficulty=route.spec.needs_difficulty)
    decision = decide(features, route, _state(request, stage.snapshot))
    rehearsal = rehearse(decision, down=request.outages, fault=request.fault)
    cache, reason = _cache(request, route.spec, features, kept=rehearsal.answered is not None)
    estimates = tuple(_estimate(result, stage, features) for result in decision.candidates)
    sums = _Sums(rehearsal, estimates, stage, decision)
    hit, paid, largest = cache == "hit", sums.cost("cost"), _largest(decision, estimates)
    return Simulation(
        request=request,
        stage=stage,
        decision=decision,
        what_if=what_if,
        rehearsal=rehearsal,
        estimates=estimates,
        cache=cache,
        cache_reason=reason,
        p50=Figure(CACHED_MS, "assumed") if hit else sums.latency("p50"),
        p95=Figure(CACHED_MS, "assumed") if hit else sums.latency("p95"),
        cost=_unless(hit, paid),
        cost_low=_unless(hit, sums.cost("cost_low")),
        cost_high=_unless(hit, sums.cost("cost_high")),
        saved=_unless(not hit, paid),
        largest=largest,
        spared=_spared(_unless(hit, paid), None if largest is None else estimates[largest].cost, rehearsal),
    )


def chat_body(request: SimulationRequest, model: str) -> dict[str, Any]:
    """The body a client would send for this."""
    content: Any = request.prompt
    if request.vision:
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
        content = [{"type": "text", "text": request.prompt}, picture]
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": content}]}
    body["max_tokens"] = request.answer_tokens or USUAL_ANSWER_TOKENS
    if request.tools:
        schema = {"type": "object", "properties": {"number": {"type": "string"}}}
        body["tools"] = [{"type": "function", "function": {"name": "look_up", "parameters": schema}}]
    if request.json:
        body["response_format"] = {"type": "json_object"}
    return body | ({"stream": True} if request.stream else {})


def imagined(route: RouteVersionFacts, request: SimulationRequest) -> tuple[RouteVersionFacts, tuple[Change, ...]]:
    """The route with the what-ifs of the request, and what they changed; the very same route when there is none."""
    published = written(route.spec)
    wanted = {name: value for name, value in _overrides(request, route.spec).items() if value != published[name]}
    if not wanted:
        return route, ()
    spec = parse_route_spec(published | wanted)
    weights = shipped_weights() if spec.needs_difficulty else None
    changes = tuple(Change(name, published[name], value) for name, value in wanted.items())
    return replace(route, spec=spec, digest=spec_digest(spec), weights=weights), changes


def _overrides(request: SimulationRequest, spec: RouteSpec) -> dict[str, Any]:
    names = ("strategy", "cost_weight", "latency_weight", "quality_weight", "latency_cap_ms", "residency")
    found = {name: value for name in names if (value := getattr(request, name)) is not None}
    if found.get("latency_cap_ms") == NO_CAP:
        found["latency_cap_ms"] = None
    if found.get("residency") == ANYWHERE:
        found["residency"] = None
    if request.cache is False:
        found["cache_ttl_seconds"] = 0
    elif request.cache and not spec.cache_ttl_seconds:
        found["cache_ttl_seconds"] = WHAT_IF_TTL
    return found


def _state(request: SimulationRequest, snapshot: Snapshot) -> Snapshot:
    """The state with the outages that the gateway knows of already."""
    circuit = circuit_of(request.fault, snapshot.now_ms)
    health: dict[str, HealthState] = dict(snapshot.health)
    if request.fault == "known":
        health |= dict.fromkeys(request.outages, circuit)
    return replace(snapshot, health=health, hard_limit=snapshot.hard_limit or request.hard_budget)


def _cache(
    request: SimulationRequest, spec: RouteSpec, features: RequestFeatures, *, kept: bool
) -> tuple[CacheUse, CacheReason]:
    bar = cache_bar(features, ttl_seconds=spec.cache_ttl_seconds)
    if bar:
        return "off", _bar_reason(bar, request)
    if not request.again:
        return "miss", "first"
    return ("hit", "repeat") if kept else ("miss", "nothing_kept")


def _bar_reason(bar: CacheBar, request: SimulationRequest) -> CacheReason:
    if bar == "web_search":
        return "web_search"
    return "asked_off" if request.cache is False else "route_off"


def _estimate(result: CandidateResult, stage: Stage, features: RequestFeatures) -> Estimate:
    facts, latency = result.deployment, result.latency
    told = stage.latencies.get(facts.id, "assumed")
    priced = stage.prices.get(facts.id, "assumed")
    usage = Usage(input=features.input_tokens_estimate, output=(features.max_output_tokens or 0) * features.n)
    slowest = None if features.stream else latency.p95_ms  # of first tokens only the median is kept
    return Estimate(
        p50=Figure(latency.for_request(stream=features.stream), told, latency.samples),
        p95=Figure(slowest, told, latency.samples),
        cost=Figure(cost(usage, facts.price), priced),
        cost_low=Figure(result.cost_low, priced),
        cost_high=Figure(result.cost_high, priced),
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Adds up failed attempts and the one that answered."""

    rehearsal: Rehearsal
    estimates: tuple[Estimate, ...]
    stage: Stage
    decision: Decision

    def latency(self, name: Literal["p50", "p95"]) -> Figure:
        answered = self.rehearsal.answered
        lost = Figure(self.rehearsal.lost_ms, self._lost_source())
        if answered is None:
            return lost if self.rehearsal.attempts else Figure(None, "assumed")
        last: Figure = getattr(self.estimates[answered], name)
        return last if not lost.value else _plus(lost, last)

    def cost(self, name: Literal["cost", "cost_low", "cost_high"]) -> Figure:
        answered = self.rehearsal.answered
        failed = [each for each in self.rehearsal.attempts if each.failed and each.held != 0]
        booked = [Figure(each.held, self._price_source(each.candidate)) for each in failed]
        if answered is None:
            return _plus(*booked) if booked else Figure(0, "configured")
        return _plus(getattr(self.estimates[answered], name), *booked)

    def _price_source(self, candidate: int) -> Source:
        return self.stage.prices.get(self.decision.candidates[candidate].deployment.id, "assumed")

    def _lost_source(self) -> Source:
        """A silence lasts as long as the route waits; how fast a refusal comes is assumed."""
        return (
            "configured"
            if all(each.outcome == "timeout" for each in self.rehearsal.attempts if each.failed)
            else "assumed"
        )


def _plus(*figures: Figure) -> Figure:
    """The sum, known as well as its least known part; not known as soon as one part is not."""
    source = max((each.source for each in figures), key=_TRUST.index)
    values = [each.value for each in figures]
    whole = None if None in values else sum(value or 0 for value in values)
    return Figure(whole, source, max(each.samples for each in figures))


def _largest(decision: Decision, estimates: tuple[Estimate, ...]) -> int | None:
    """The best model that could serve this were it up: by quality, then by cost."""
    able = [
        index
        for index, result in enumerate(decision.candidates)
        if all(failure.rule == "health" for failure in result.failures) and estimates[index].cost.value is not None
    ]
    return max(able, key=lambda index: _size(decision, estimates, index), default=None)


def _size(decision: Decision, estimates: tuple[Estimate, ...], index: int) -> tuple[float, int]:
    return decision.candidates[index].deployment.quality, estimates[index].cost.value or 0


def _spared(paid: Figure, largest: Figure | None, rehearsal: Rehearsal) -> Figure:
    if paid.value is None or largest is None or largest.value is None or rehearsal.answered is None:
        return Figure(None, paid.source)
    return replace(_plus(largest, paid), value=largest.value - paid.value)


def _unless(free: bool, figure: Figure) -> Figure:
    """Nothing where it is free."""
    return replace(figure, value=0) if free else figure

"""The figures of a story, summed up to each of its beats: time of the telling, hops, model calls, and what they cost.

A story has no tokens, so one request is assumed of all its calls. It is priced like any in the simulator, by the same
catalogue and rules, at models of the simulator's own made-up route; no price is written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Final

from django.utils.translation import gettext as _

from routing.catalog.demo_route import demo_stage
from routing.domain.bounds import MESSAGE_OVERHEAD_TOKENS, REQUEST_OVERHEAD_TOKENS
from routing.domain.price import expected_cost, worst_case
from routing.domain.types import DeploymentFacts, RequestFeatures
from studio import formats
from workflows.domain.patterns import Beat, Pattern, Scenario, State

TOKENS_IN: Final = 800
TOKENS_OUT: Final = 200
BYTES_PER_TOKEN: Final = 4
MODEL_KINDS: Final = frozenset({"ai"})
REQUEST: Final = RequestFeatures(
    model="story",
    input_tokens_estimate=TOKENS_IN,
    input_tokens_bound=TOKENS_IN * BYTES_PER_TOKEN + REQUEST_OVERHEAD_TOKENS + MESSAGE_OVERHEAD_TOKENS,
    max_output_tokens=TOKENS_OUT,
)
CHOSEN: Final = "claude-haiku"
DEPLOYMENTS: Final[Mapping[str, str]] = {
    "small": CHOSEN,
    "model": CHOSEN,
    "large": "claude-sonnet",  # the stories say that small and large are of one provider, the spare ones of another
    "other": "gpt-eu",
    "standby": "gpt-eu",
}


@dataclass(frozen=True, slots=True)
class Gauge:
    """The figures at one beat in words."""

    time: str
    hops: str
    calls: str
    cost: str


AT_REST: Final = Gauge("–", "–", "–", "–")


def gauges(pattern: Pattern, scenario: Scenario) -> list[Gauge]:
    """The figures after each beat."""
    beats = scenario.beats
    times = accumulate(beat.milliseconds for beat in beats)
    hops = accumulate(len(beat.edges) for beat in beats)
    calls = accumulate(calls_of(pattern, beat) for beat in beats)
    return [
        Gauge(f"{formats.number(time / 1000, 1)} s", str(hop), str(call), _money(cost))
        for time, hop, call, cost in zip(times, hops, calls, costs(pattern, scenario), strict=True)
    ]


def calls_of(pattern: Pattern, beat: Beat) -> int:
    """How many models are asked in a beat."""
    return 0 if beat.back else sum(pattern.node(pattern.edge(one).target).kind in MODEL_KINDS for one in beat.edges)


def costs(pattern: Pattern, scenario: Scenario) -> list[int | None]:
    """What has been booked after each beat, in nano-USD; None once a price is not known."""
    models = [node.id for node in pattern.nodes if node.kind in MODEL_KINDS]
    moments: list[Mapping[str, State]] = [dict.fromkeys(models, "idle"), *(beat.states for beat in scenario.beats)]
    booked = [[_booked(one, before[one], now[one]) for one in models] for before, now in pairwise(moments)]
    return [_sum(amounts) for amounts in accumulate(booked)]


def _booked(node: str, before: State, now: State) -> int | None:
    """As the gateway books: an answer at its cost, what ran out of time at its hold, a refusal and the cache at 0."""
    if now == before or now not in {"done", "failed"}:
        return 0
    answered, unclear = _prices(DEPLOYMENTS.get(node, CHOSEN))
    if now == "done":
        return answered
    return unclear if before == "waiting" else 0


@cache
def _prices(deployment: str) -> tuple[int | None, int | None]:
    """What the request costs when it is answered, and what is held for it."""
    facts = _facts(deployment)
    return expected_cost(REQUEST, facts), worst_case(REQUEST, facts)


def _facts(deployment: str) -> DeploymentFacts:
    return demo_stage().route.deployments[deployment]


def _sum(amounts: list[int | None]) -> int | None:
    known = [one for one in amounts if one is not None]
    return sum(known) if len(known) == len(amounts) else None


def _money(nano: int | None) -> str:
    return _("not known") if nano is None else formats.money(nano)


def assumed() -> str:
    """Where the cost comes from: which of it is the catalogue's and which assumed."""
    names = {node: _facts(one).name for node, one in DEPLOYMENTS.items()}
    values = {
        "given": formats.number(TOKENS_IN),
        "out": formats.number(TOKENS_OUT),
        "small": names["small"],
        "large": names["large"],
        "spare": names["standby"],
    }
    return (
        _(
            "Cost is an estimate. Prices are those of the catalogue, the same on every platform: %(small)s for the "
            "small or chosen model, %(large)s for the large one, %(spare)s for the one that stands by. Tokens are "
            "assumed: %(given)s in, %(out)s out for each answer. A refused call and an answer from the cache add "
            "nothing; a call that ran out of time is booked at what was held for it."
        )
        % values
    )

"""A climb down the ladder played through instead of made: which rung fails how, what that costs, and which one answers.

The verdicts are `retry.next_step`'s, the bounds those of the route; only the durations of what did not happen are
assumed. `gateway/attempts.py` climbs the real ladder by the same verdicts.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from routing.domain.retry import AttemptOutcome, HealthState, OutcomeClass, next_step, observe
from routing.domain.types import HEALTHY, CandidateResult, Decision

Fault = Literal["hang", "error", "known"]
FAULTS: Final[tuple[Fault, ...]] = ("hang", "error", "known")
ERROR_MS: Final = 100  # how long a provider that refuses takes to say so

_OUTCOMES: Final[dict[Fault, AttemptOutcome]] = {
    "hang": AttemptOutcome(breakdown="first_byte_timeout"),
    "error": AttemptOutcome(status=503),
    "known": AttemptOutcome(status=503),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: at which candidate, when it began, how it ended. `held` is booked in full where the spend is unclear."""

    candidate: int
    began_ms: int
    took_ms: int
    outcome: OutcomeClass
    wait_ms: int = 0
    held: int | None = 0

    @property
    def failed(self) -> bool:
        return self.outcome != "ok"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All tries in order; the last one answered, or nobody did."""

    attempts: tuple[Attempt, ...]

    @property
    def answered(self) -> int | None:
        """The candidate that answered."""
        last = self.attempts[-1] if self.attempts else None
        return last.candidate if last is not None and not last.failed else None

    @property
    def lost_ms(self) -> int:
        """Time spent before the attempt that answered began, or in all when none did."""
        return sum(each.took_ms + each.wait_ms for each in self.attempts if each.failed)


def circuit_of(fault: Fault, now_ms: int) -> HealthState:
    """The circuit of a deployment that is down: open once the gateway has seen enough failures, else still closed."""
    state = HEALTHY
    while fault == "known" and not state.is_open(now_ms):
        state = observe(state, _OUTCOMES[fault], now_ms)
    return state


def rehearse(decision: Decision, *, down: Collection[str], fault: Fault) -> Rehearsal:
    """Climb the ladder of `decision` with the deployments in `down` not answering."""
    return Rehearsal(tuple(_climb(decision, down, fault)))


def _climb(decision: Decision, down: Collection[str], fault: Fault) -> Iterator[Attempt]:
    spec, ladder, stream = decision.route.spec, decision.ladder, decision.features.stream
    whole_ms = round(spec.timeout_seconds * 1000)
    position = number = clock_ms = 0
    while ladder:
        result = decision.candidates[ladder[position]]
        number += 1
        if result.deployment.id not in down:
            yield Attempt(ladder[position], clock_ms, result.latency.for_request(stream=stream), "ok")
            return
        took_ms = _duration_ms(fault, round(spec.first_byte_timeout_seconds * 1000), whole_ms - clock_ms)
        outcome = _OUTCOMES[fault]
        verdict = next_step(
            outcome,
            attempt=number,
            max_attempts=spec.max_attempts,
            rungs_left=len(ladder) - position - 1,
            remaining_ms=whole_ms - clock_ms - took_ms,
        )
        held = _booked(result, ambiguous=verdict.ambiguous)
        yield Attempt(ladder[position], clock_ms, took_ms, verdict.outcome, verdict.delay_ms, held)
        if verdict.action == "stop":
            return
        clock_ms += took_ms + verdict.delay_ms
        position += verdict.action == "next"


def _duration_ms(fault: Fault, first_byte_ms: int, left_ms: int) -> int:
    return min(first_byte_ms if fault == "hang" else ERROR_MS, left_ms)


def _booked(result: CandidateResult, *, ambiguous: bool) -> int | None:
    """A hold is given back unless the provider may have spent on the attempt."""
    return result.cost_high if ambiguous else 0

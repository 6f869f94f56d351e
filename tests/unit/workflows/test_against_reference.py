"""Random plans, random faults, random order of events, duplicates in between: the engine does what a naive one does.

The engine's state goes through JSON between any two signals. At every step both must wait for the same things; at the
end status, output, error, what every effect was asked with, and what was undone must be the same.
"""

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.workflows.plans import plans
from tests.unit.workflows.reference import Reference
from tests.unit.workflows.runs import FINAL, RETRIABLE, UNKNOWN, Shell
from workflows.domain import plan as p
from workflows.domain.signals import FINAL as FINAL_STATUS
from workflows.domain.signals import (
    CancelRequested,
    CompensationDecided,
    Continued,
    Performed,
    ResumeRequested,
    RetryRequested,
    Signal,
    Started,
    Succeeded,
    SuspendRequested,
    TimerFired,
    Unknown,
)
from workflows.domain.state import outstanding

SAFE_UNKNOWN = Unknown(error=UNKNOWN.error, retriable=True)
MOST_STEPS = 400


class World:
    """Decides by seed what happens next and how every effect answers, the same way for whoever asks."""

    def __init__(self, seed: int, *, faults: float, cancel_at: int) -> None:
        self.seed, self.faults, self.cancel_at = seed, faults, cancel_at
        self.order = random.Random(seed)

    def outcome(self, event: tuple[Any, ...]) -> Any:
        chance = random.Random(f"{self.seed}{event}")
        if event[0] != "effect":
            return None
        if chance.random() >= self.faults or event[3] > 4:
            return Succeeded(output={"n": chance.randrange(5)})
        return chance.choice([RETRIABLE, RETRIABLE, FINAL, UNKNOWN, SAFE_UNKNOWN])

    def choose(self, step: int, pool: set[tuple[Any, ...]]) -> tuple[Any, ...]:
        if step == self.cancel_at:
            return ("cancel", self.order.choice(["compensate", "leave"]), (), 0)
        return self.order.choice(sorted(pool))


def waits_for(shell: Shell) -> set[tuple[Any, ...]]:
    effects = {event_of(command) for command in shell.asked}
    return effects | {(timer.purpose, timer.pointer, (), 0) for timer in shell.timers.values()}


def event_of(command: Any) -> tuple[Any, ...]:
    return (
        "effect",
        command.pointer,
        tuple(command.iteration.split(".")) if command.iteration else (),
        command.attempt,
    )


def signal_of(shell: Shell, event: tuple[Any, ...], outcome: Any) -> Signal:
    """Takes what happens out of the shell's hands, as the signal that tells of it."""
    if event[0] == "cancel":
        return CancelRequested(mode=event[1])
    if event[0] == "effect":
        command = next(command for command in shell.asked if event_of(command) == event)
        shell.asked.remove(command)
        return Performed(effect=command.effect, attempt=command.attempt, outcome=outcome)
    timer = next(timer for timer in shell.timers.values() if (timer.purpose, timer.pointer) == event[:2])
    shell.now = max(shell.now, timer.due_at)
    del shell.timers[timer.timer]
    return TimerFired(timer=timer.timer)


def play(made: p.Plan, world: World) -> tuple[Shell, Reference, str]:
    """Runs engine and reference side by side, with the same thing happening to both."""
    shell, reference = Shell(made, quantum=10_000), Reference(made)
    asked: dict[tuple[Any, ...], Any] = {}
    told: list[Signal] = [Started(input={"n": 1})]
    shell.send(told[0])
    main = reference.loop({"n": 1})
    sent: Any = None
    for step in range(MOST_STEPS):
        asked |= {event_of(command): command.arguments for command in shell.asked}
        try:
            pool = main.send(sent)
        except StopIteration as stop:
            assert {event: reference.arguments[event] for event in asked} == asked
            return shell, reference, stop.value
        assert waits_for(shell) == pool
        event = world.choose(step, pool)
        sent = (event, world.outcome(event))
        if event[0] == "cancel" and shell.status == "compensating":
            sent = (world.choose(-1, pool), None)
            sent = (sent[0], world.outcome(sent[0]))
        signal = signal_of(shell, *sent)
        shell.send(signal)
        told.append(signal)
        again = world.order.choice(told)
        before = shell.stored
        shell.send(again)
        assert shell.stored == before, "a signal that came again changed something"
    raise AssertionError("the run does not end")


def take_up_again(shell: Shell, world: World) -> bool:
    """Now and then a person answers to how a run ended."""
    shell.finished = None if world.order.random() < 0.5 else shell.finished
    if shell.finished:
        return False
    failed = [entry.effect for entry in shell.state.ledger if entry.undone == "failed"]
    if failed:
        decision = world.order.choice(["retry", "done", "skip"])
        shell.send(CompensationDecided(effect=failed[0], decision=decision))
    else:
        shell.send(RetryRequested())
    return shell.status not in FINAL_STATUS


SEEDS = st.integers(0, 2**32)
FAULTS = st.sampled_from([0.0, 0.2, 0.5])
CANCELLED_AT = st.integers(-20, 12)
THOROUGHLY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@THOROUGHLY
@given(plans(), SEEDS, FAULTS, CANCELLED_AT)
def test_the_engine_does_what_the_reference_does(made, seed, faults, cancel_at):
    shell, reference, status = play(made, World(seed, faults=faults, cancel_at=cancel_at))
    assert (shell.status, shell.output) == (status, reference.output)
    if reference.error:
        assert (shell.error.status, shell.error.instance) == reference.error
    if shell.state.ledger:
        kept = [(entry.pointer, entry.iteration) for entry in shell.state.ledger]
        assert kept == [(pointer, ".".join(iteration)) for pointer, iteration in reference.ledger]
        undone = [
            entry.undone if entry.handler and entry.undone in {"compensated", "failed"} else ""
            for entry in shell.state.ledger
        ]
        assert undone == [line.undone for line in reference.ledger.values()]


@THOROUGHLY
@given(plans(), SEEDS, FAULTS, CANCELLED_AT, st.sampled_from([2, 5, 10_000]))
def test_whatever_happens_nothing_is_left_behind(made, seed, faults, cancel_at, quantum):
    """Also where the engine pauses in the middle, the run is held up now and then, and people take it up again."""
    world = World(seed, faults=faults, cancel_at=cancel_at)
    shell = Shell(made, quantum=quantum)
    shell.send(Started(input={"n": 1}))
    for step in range(MOST_STEPS):
        while shell.continues:
            shell.continues -= 1
            shell.send(Continued())
        if shell.finished and not take_up_again(shell, world):
            break
        if world.order.random() < 0.1:
            shell.send(ResumeRequested() if shell.state.suspended else SuspendRequested())
            continue
        pool = waits_for(shell)
        if not pool:
            shell.send(ResumeRequested())
            continue
        event = world.choose(step, pool)
        shell.send(signal_of(shell, event, world.outcome(event)))
    assert shell.status in FINAL_STATUS
    assert (shell.timers, shell.listeners, outstanding(shell.state)) == ({}, {}, ())
    unended = [entry for entry in shell.state.ledger if entry.undone in {"", "compensating"}]
    assert shell.status == "completed" or not unended
    again = {entry.data["effect"] for entry in shell.told("compensation.decided") if entry.data["decision"] == "retry"}
    begun = [entry.data["effect"] for entry in shell.told("compensation.started")]
    assert {effect for effect in begun if begun.count(effect) > 1} <= again

"""Random histories against a plain model of the rules: counters, answers and ledger are always those of the model."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from keys.services import virtual_key_issue
from tenants.ids import uuid7
from tests.cast import committed
from tests.integration.keys.kit import Answer, Desk, expire
from tests.integration.keys.ways import WAYS

pytestmark = [committed, pytest.mark.parametrize("way", WAYS)]
BUDGET, QUOTA = 1000, 12

STEPS = st.one_of(
    st.tuples(st.just("hold"), st.integers(0, 600)),
    st.tuples(st.just("settle"), st.integers(0, 900)),
    st.tuples(st.just("release"), st.just(0)),
    st.tuples(st.just("expire"), st.just(0)),
    st.tuples(st.just("repeat"), st.just(0)),
    st.tuples(st.just("reset"), st.just(0)),
)


@dataclass
class Model:
    """One budget and one quota, as the rules in docs/money.md say."""

    committed: int = 0
    overrun: int = 0
    requests: int = 0
    live: dict[str, int] = field(default_factory=dict)
    current: set[str] = field(default_factory=set)

    @property
    def held(self) -> int:
        """Live holds of the present period."""
        return sum(amount for hold, amount in self.live.items() if hold in self.current)

    def admits(self, amount: int) -> bool:
        """Whether a call fits, by both limits."""
        used = self.committed + self.held + self.overrun
        closed = self.overrun > 0 and used >= BUDGET
        return self.requests < QUOTA and used + amount <= BUDGET and not closed

    def admit(self, hold: str, amount: int) -> None:
        """Take a hold."""
        self.live[hold] = amount
        self.current.add(hold)
        self.requests += 1

    def end(self, hold: str, booked: int, excess: int = 0) -> None:
        """End a hold; one of a former period does not touch the present one."""
        del self.live[hold]
        if hold in self.current:
            self.committed += booked
            self.overrun += excess

    def reset(self) -> None:
        """A new period starts empty; calls in flight stay in the old one."""
        self.committed = self.overrun = self.requests = 0
        self.current.clear()


class History:
    """Plays steps against the database and the model."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.model = desk, Model()
        # A new tenant-wide pair per history would count for the next one too, so every history has a key of its own.
        self.limits = desk.limit(BUDGET), desk.limit(QUOTA, meter="requests")
        self.ops: dict[str, Answer] = {}
        self.ended: list[Answer] = []

    def play(self, step: tuple[str, int]) -> None:
        """One step, then compare."""
        kind, number = step
        getattr(self, f"_{kind}")(number)
        model = self.model
        assert self.desk.counters(self.limits[0]) == (model.committed, model.held, model.overrun)
        assert self.desk.counters(self.limits[1])[0] == model.requests
        assert model.committed + model.held <= BUDGET
        assert self.desk.proof().balances

    def _hold(self, amount: int) -> None:
        op = self.desk.hold_op(amount, ttl=3600)
        answer = self.desk.ask(op)[0]
        assert answer["ok"] == self.model.admits(amount), answer
        if answer["ok"]:
            self.model.admit(op["hold"], amount)
            self.ops[op["hold"]] = op

    def _settle(self, usage: int) -> None:
        for op in self._oldest():
            excess = max(0, usage - op["amount"])
            assert self.desk.settle(op, usage) == {"ok": True, "overrun": excess}
            self.model.end(op["hold"], min(usage, op["amount"]), excess)

    def _release(self, _: int) -> None:
        for op in self._oldest():
            assert self.desk.ask(self.desk.end_op(op, "release"))[0]["ok"]
            self.model.end(op["hold"], 0)

    def _expire(self, _: int) -> None:
        for op in self._oldest():
            self.desk.overdue(op)
            assert expire() == 1
            self.model.end(op["hold"], op["amount"])

    def _repeat(self, _: int) -> None:
        for op in self.ended[-1:]:
            assert not self.desk.ask(op)[0]["ok"]
            assert not self.desk.settle(op, op["amount"])["ok"]
        for hold in list(self.model.live)[-1:]:
            assert self.desk.ask(self.ops[hold])[0]["ok"]

    def _reset(self, _: int) -> None:
        if not self.model.requests:
            return
        for limit in self.limits:
            self.desk.end_period(limit)
        self.model.reset()

    def _oldest(self) -> list[Answer]:
        found = [self.ops[hold] for hold in list(self.model.live)[:1]]
        self.ended += found
        return found


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking against a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEPS, min_size=4, max_size=18))
def test_every_history_ends_as_the_rules_say(desk: Desk, steps: list[tuple[str, int]]) -> None:
    with desk.cast.acting():
        desk.issued = virtual_key_issue(unit_id=desk.unit.id, name=str(uuid7()))
    history = History(desk)
    for step in steps:
        history.play(step)

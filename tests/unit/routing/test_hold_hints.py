"""Hints of a gateway process: what it sends back, and for whom."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from keys.domain.limits import LimitScope, LimitState, Meter, Window
from keys.ports import HoldRequest
from routing.adapters.hold_hints import MAX_HINTS, HoldHint, HoldHints

KEY, SECRET = UUID(int=3), UUID(int=4)
REQUEST = HoldRequest(UUID(int=1), UUID(int=2), KEY, SECRET, amount=70)
HINT = HoldHint(stamp=9, until=None, unit="u", periods="{p,q}", allocations="{p}", counted="{q}")
BUDGET = LimitState(
    UUID(int=5), "budget", LimitScope.UNIT, Meter.COST, Window.MONTH, 100, 10, 90, datetime(2030, 1, 1, tzinfo=UTC)
)


def known(limits: tuple[LimitState, ...] = (BUDGET,)) -> HoldHints:
    hints = HoldHints()
    hints.learn(REQUEST, HINT, limits)
    return hints


def test_the_next_call_of_a_key_hands_the_hint_back() -> None:
    parameters = known().parameters(replace(REQUEST, hold_id=UUID(int=8), amount=5))
    assert parameters is not None
    assert (parameters[1], parameters[3:6], parameters[9]) == (str(UUID(int=8)).encode(), (b"u", b"9", None), b"5")


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, secret_id=UUID(int=7)),
        replace(REQUEST, virtual_key_id=UUID(int=7)),
        replace(REQUEST, priced=False),
        replace(REQUEST, count_request=False),
    ],
)
def test_another_key_and_a_call_that_counts_otherwise_have_no_hint(other: HoldRequest) -> None:
    assert known().parameters(other) is None


def test_a_later_attempt_teaches_nothing() -> None:
    hints = HoldHints()
    hints.learn(replace(REQUEST, count_request=False), HINT, ())
    assert hints.parameters(REQUEST) is None


def test_limits_are_shown_with_their_present_use() -> None:
    (limit,) = known().admitted(REQUEST, b"{130}").limits
    assert (limit.used, limit.remaining, limit.name, limit.resets_at) == (130, 0, "budget", BUDGET.resets_at)


def test_each_limit_is_shown_with_its_own_use_whatever_their_order() -> None:
    first, second = replace(BUDGET, id=UUID(int=9), amount=1000), replace(BUDGET, id=UUID(int=5), amount=500)
    limits = known((first, second)).admitted(REQUEST, b"{50,90}").limits
    assert [(limit.id, limit.used) for limit in limits] == [(first.id, 90), (second.id, 50)]


def test_a_key_without_limits_is_admitted_without_any() -> None:
    assert known(()).admitted(REQUEST, b"{}").limits == ()


def test_a_forgotten_hint_and_a_full_memory_start_again() -> None:
    hints = known()
    hints.forget(REQUEST)
    assert hints.parameters(REQUEST) is None
    for number in range(MAX_HINTS + 1):
        hints.learn(replace(REQUEST, virtual_key_id=UUID(int=number)), HINT, ())
    assert hints.parameters(replace(REQUEST, virtual_key_id=UUID(int=0))) is None

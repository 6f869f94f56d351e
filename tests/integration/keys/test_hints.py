"""A hint is a shortcut only: whatever changed since makes the database ask to be asked in full."""

from collections.abc import Callable

import pytest
from psycopg.errors import SerializationFailure

from keys.services import limit_change, virtual_key_revoke
from tenants.domain import TenantStatus
from tenants.services import tenant_set_status
from tests import factories
from tests.cast import committed
from tests.integration.keys.kit import Desk
from tests.integration.keys.ways import Answer, hold_again, hold_alone

pytestmark = committed


@pytest.fixture
def hint(desk: Desk) -> Answer:
    """What the first hold of the desk's key was told; its secret was noted just now."""
    desk.limit(1000)
    desk.limit(50, meter="requests", scope="unit")
    desk.take(1)
    return hold_alone(desk.connection, desk.hold_op(99))["hint"]  # type: ignore[no-any-return]


def test_a_hint_holds_and_counts_like_the_long_way(desk: Desk, hint: Answer) -> None:
    used = hold_again(desk.connection, desk.hold_op(100), hint)
    assert sorted(used or []) == [3, 200]
    assert desk.proof().balances


def _lower(desk: Desk) -> None:
    limit = desk.limit(7, scope="top")
    with desk.cast.acting(tenant=desk.tenant):
        limit_change(limit.id, name=limit.name, amount=3, hard=True)


def _revoke(desk: Desk) -> None:
    with desk.cast.acting(tenant=desk.tenant):
        virtual_key_revoke(desk.issued.key.id)


def _suspend(desk: Desk) -> None:
    tenant_set_status(factories.staff_scope(desk.tenant), status=TenantStatus.SUSPENDED, reason="unpaid")


CHANGES: dict[str, Callable[[Desk], object]] = {
    "a new limit": lambda desk: desk.limit(5, scope="tenant"),
    "a changed limit": _lower,
    "a revoked key": _revoke,
    "a suspended tenant": _suspend,
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_configuration_makes_it_useless(desk: Desk, hint: Answer, change: str) -> None:
    CHANGES[change](desk)
    before = desk.proof()
    assert hold_again(desk.connection, desk.hold_op(1), hint) is None
    assert desk.proof() == before


def test_it_ends_when_the_first_period_or_the_secret_does(desk: Desk, hint: Answer) -> None:
    past = hint | {"until": "2020-01-01T00:00:00+00:00"}
    assert hold_again(desk.connection, desk.hold_op(1), past) is None


def test_it_admits_nothing_beyond_a_limit(desk: Desk, hint: Answer) -> None:
    with pytest.raises(SerializationFailure):
        hold_again(desk.connection, desk.hold_op(901), hint)
    assert desk.proof().balances
    assert hold_again(desk.connection, desk.hold_op(900), hint) is not None


def test_a_hold_that_exists_or_has_ended_is_not_admitted_again(desk: Desk, hint: Answer) -> None:
    op = desk.take(10)
    with pytest.raises(SerializationFailure):
        hold_again(desk.connection, op, hint)
    desk.settle(op, 5)
    with pytest.raises(SerializationFailure):
        hold_again(desk.connection, op, hint)

"""Limits through the services, and the three Python calls that spend."""

import pytest

from keys.domain.limits import Meter, Window
from keys.models import Limit, VirtualKey
from keys.ports import Hold, Refusal
from keys.reconcile import ledger_proof
from keys.selectors import LedgerFilter, budgets_closest_to_limit, ledger_list, ledger_of_holds, limit_list
from keys.services import (
    hold,
    limit_change,
    limit_create,
    limit_deactivate,
    release,
    settle,
    virtual_key_issue,
    virtual_key_revoke,
)
from tenants.domain import Role
from tenants.errors import Conflict, Invalid, NotFound, PermissionDenied
from tenants.models import AuditEntry
from tests import factories
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def make_key(name: str = "app") -> VirtualKey:
    """A key of the unit Cards."""
    return virtual_key_issue(unit_id=factories.unit(f"Cards {name}").id, name=name).key


def make_limit(amount: int = 1000, **place: object) -> Limit:
    """A monthly budget."""
    return limit_create(name="Budget", meter=Meter.COST, window=Window.MONTH, amount=amount, **place)  # type: ignore[arg-type]


def test_the_three_calls_spend_and_give_back(cast: Cast) -> None:
    with cast.acting():
        key = make_key()
        limit = make_limit(virtual_key_id=key.id)
        first, second = hold(key, 600), hold(key, 400)
        assert isinstance(first, Hold)
        assert isinstance(second, Hold)
        refusal = hold(key, 1)
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.limit and refusal.limit.id) == ("limit", limit.id)
        assert settle(first, 250).ok
        assert release(second).ok
        assert (settle(first, 1).reason, settle(second, 1).reason) == ("settled", "released")
        assert [entry.kind for entry in ledger_of_holds([first.id, second.id])] == ["settled", "released"]
        assert ledger_proof().balances


def test_an_unpriced_call_is_refused_under_a_hard_budget(cast: Cast) -> None:
    with cast.acting():
        key = make_key()
        make_limit(virtual_key_id=key.id)
        assert hold(key, 0, priced=False) == Refusal("unpriced", hold(key, 0, priced=False).limit)  # type: ignore[union-attr]


@pytest.mark.parametrize("looser", [{"amount": 1001}, {"hard": False}])
def test_loosening_a_limit_needs_a_reason_which_is_audited(cast: Cast, looser: dict[str, object]) -> None:
    with cast.acting():
        limit = make_limit()
        wanted = {"name": "Budget", "amount": 1000, "hard": True} | looser
        with pytest.raises(Invalid) as caught:
            limit_change(limit.id, **wanted, reason=" ")  # type: ignore[arg-type]
        assert set(caught.value.errors) == {"reason"}
        limit_change(limit.id, **wanted, reason="campaign")  # type: ignore[arg-type]
        entry = AuditEntry.objects.get(action="limit.change")
    assert entry.changes["reason"] == "campaign"


def test_tightening_a_limit_needs_none(cast: Cast) -> None:
    with cast.acting():
        limit = make_limit()
        assert limit_change(limit.id, name="Less", amount=10, hard=True).amount == 10


def test_a_limit_switched_off_stays_off(cast: Cast) -> None:
    with cast.acting():
        limit = make_limit()
        with pytest.raises(Invalid):
            limit_deactivate(limit.id, reason="")
        limit_deactivate(limit.id, reason="replaced")
        assert not limit_list().exists()
        with pytest.raises(Conflict):
            limit_change(limit.id, name="x", amount=1, hard=True)


@pytest.mark.parametrize("amount", [-1, 10**18 + 1])
def test_an_amount_out_of_range_is_refused(cast: Cast, amount: int) -> None:
    with cast.acting(), pytest.raises(Invalid) as caught:
        make_limit(amount)
    assert set(caught.value.errors) == {"amount"}


def test_a_limit_has_one_scope(cast: Cast) -> None:
    with cast.acting():
        key = make_key()
        with pytest.raises(Invalid) as caught:
            make_limit(virtual_key_id=key.id, unit_id=key.unit_id)
        virtual_key_revoke(key.id)
        with pytest.raises(Invalid) as revoked:
            make_limit(virtual_key_id=key.id)
    assert (set(caught.value.errors), set(revoked.value.errors)) == ({"unit_id"}, {"virtual_key_id"})


@pytest.mark.parametrize("role", [Role.ARCHITECT, Role.APPROVER, Role.DEVELOPER, Role.AUDITOR])
def test_only_owners_and_admins_change_limits(cast: Cast, role: Role) -> None:
    with cast.acting(role), pytest.raises(PermissionDenied):
        make_limit()


def test_an_outsider_neither_finds_nor_uses_what_belongs_to_us(cast: Cast) -> None:
    with cast.acting():
        key = make_key()
        limit = make_limit(virtual_key_id=key.id)
        held = hold(key, 10)
        assert isinstance(held, Hold)
    with cast.acting(tenant=cast.tenant_b):
        assert (limit_list().count(), ledger_list(LedgerFilter()).count()) == (0, 0)
        for attempt in (
            lambda: limit_deactivate(limit.id, reason="mine"),
            lambda: make_limit(virtual_key_id=key.id),
            lambda: make_limit(unit_id=key.unit_id),
        ):
            with pytest.raises(NotFound):
                attempt()
        assert ledger_of_holds([held.id]) == []


def test_the_ledger_is_found_by_key_kind_and_limit(cast: Cast) -> None:
    with cast.acting():
        key, other = make_key(), make_key("other")
        limit = make_limit(virtual_key_id=key.id)
        for one in (key, other):
            held = hold(one, 10)
            assert isinstance(held, Hold)
            settle(held, 5)
        by_key = ledger_list(LedgerFilter(virtual_key_id=key.id))
        assert list(by_key) == list(ledger_list(LedgerFilter(limit_id=limit.id)))
        assert by_key.count() == 1
        assert ledger_list(LedgerFilter(kind="overrun")).count() == 0


def test_the_fullest_budgets_come_first(cast: Cast) -> None:
    with cast.acting():
        key = make_key()
        small, large = make_limit(100, virtual_key_id=key.id), make_limit(1000)
        make_limit(50)
        limit_create(name="rpm", meter=Meter.REQUESTS, window=Window.MINUTE, amount=2)
        assert budgets_closest_to_limit() == []
        assert isinstance(hold(key, 50), Hold)
        fullest = budgets_closest_to_limit(3)
    assert fullest[0].amount == 50
    assert [state.id for state in fullest[1:]] == [small.id, large.id]

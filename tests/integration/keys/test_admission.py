"""Admission: every limit on the path of a key, exactly."""

import pytest

from tenants.domain import TenantStatus
from tenants.ids import uuid7
from tenants.services import tenant_set_status
from tests import factories
from tests.cast import committed
from tests.integration.keys.kit import Desk, open_desk
from tests.integration.keys.ways import WAYS

pytestmark = [committed, pytest.mark.parametrize("way", WAYS)]


def test_a_call_that_fits_is_held_and_told_what_is_left(desk: Desk) -> None:
    limit = desk.limit(1000)
    answer = desk.ask(desk.hold_op(300))[0]
    assert answer["ok"]
    shown = answer["limits"][0]
    assert (shown["id"], shown["used"], shown["remaining"], shown["amount"]) == (str(limit.id), 300, 700, 1000)
    assert (shown["scope"], shown["meter"], shown["window"], shown["hard"]) == ("virtual_key", "cost", "month", True)
    assert desk.counters(limit) == (0, 300, 0)


def test_a_call_that_does_not_fit_is_refused_and_counts_nothing(desk: Desk) -> None:
    budget, quota = desk.limit(1000), desk.limit(5, meter="requests", window="minute")
    desk.take(800)
    answer = desk.ask(desk.hold_op(201))[0]
    assert (answer["ok"], answer["reason"]) == (False, "limit")
    assert (answer["limit"]["id"], answer["limit"]["used"], answer["limit"]["remaining"]) == (str(budget.id), 800, 200)
    assert (desk.counters(budget), desk.counters(quota)) == ((0, 800, 0), (1, 0, 0))


def test_the_last_unit_of_a_budget_can_be_spent(desk: Desk) -> None:
    desk.limit(1000)
    desk.take(1000)
    assert not desk.ask(desk.hold_op(1))[0]["ok"]


@pytest.mark.parametrize("scope", ["key", "unit", "top", "tenant"])
def test_each_level_of_the_path_refuses(desk: Desk, scope: str) -> None:
    desk.limit(10_000, scope="key", name="wide")
    tight = desk.limit(100, scope=scope, name="tight")
    answer = desk.ask(desk.hold_op(101))[0]
    assert answer["limit"]["id"] == str(tight.id)
    assert desk.ask(desk.hold_op(100))[0]["ok"]


def test_limits_of_another_unit_do_not_matter(desk: Desk) -> None:
    with desk.cast.acting():
        other = factories.unit("Loans")
    desk.unit, own = other, desk.unit
    desk.limit(0, scope="unit")
    desk.unit = own
    desk.take(100)


def test_of_several_refusing_limits_the_one_that_resets_last_is_named(desk: Desk) -> None:
    desk.limit(0, meter="requests", window="minute")
    month = desk.limit(0, window="month")
    desk.limit(0, window="day")
    assert desk.ask(desk.hold_op())[0]["limit"]["id"] == str(month.id)


def test_a_second_attempt_of_the_same_request_is_not_counted_again(desk: Desk) -> None:
    quota = desk.limit(1, meter="requests", window="minute")
    desk.take()
    assert desk.ask(desk.hold_op(count_request=False))[0]["ok"]
    assert desk.counters(quota)[0] == 1
    assert desk.ask(desk.hold_op())[0]["limit"]["id"] == str(quota.id)


def test_a_model_without_a_price_is_refused_under_a_hard_budget(desk: Desk) -> None:
    desk.limit(5, meter="requests", window="minute")
    assert desk.ask(desk.hold_op(0, priced=False))[0]["ok"]
    budget = desk.limit(1000)
    answer = desk.ask(desk.hold_op(0, priced=False))[0]
    assert (answer["reason"], answer["limit"]["id"]) == ("unpriced", str(budget.id))


def test_a_soft_limit_counts_and_never_refuses(desk: Desk) -> None:
    soft = desk.limit(100, hard=False)
    desk.take(500)
    assert desk.ask(desk.hold_op(0, priced=False))[0]["ok"]
    assert desk.counters(soft) == (0, 500, 0)
    assert desk.ask(desk.hold_op(1))[0]["limits"][0]["remaining"] == 0


def test_a_free_call_passes_a_spent_budget(desk: Desk) -> None:
    desk.limit(100)
    desk.take(100)
    desk.take(0)


def test_without_any_limit_a_call_is_admitted(desk: Desk) -> None:
    assert desk.ask(desk.hold_op(10**15)) == [{"ok": True, "limits": []}]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update keys_virtualkey set status = 'revoked' where id = %(key)s", "key_revoked"),
        ("update keys_virtualkeysecret set revoked_at = now() where id = %(secret)s", "key_revoked"),
        ("update keys_virtualkey set expires_at = now() where id = %(key)s", "key_expired"),
        ("update keys_virtualkeysecret set expires_at = now() where id = %(secret)s", "key_expired"),
    ],
)
def test_a_key_that_has_ended_is_refused(desk: Desk, change: str, reason: str) -> None:
    values = {"key": f"'{desk.issued.key.id}'", "secret": f"'{desk.issued.row.id}'"}
    desk.as_owner(change % values)
    assert desk.ask(desk.hold_op()) == [{"ok": False, "reason": reason}]


def test_a_key_or_secret_that_does_not_fit_is_unknown(desk: Desk) -> None:
    for strange in ({"key": str(uuid7())}, {"secret": str(uuid7())}, {"tenant": str(uuid7())}):
        assert desk.ask(desk.hold_op(**strange)) == [{"ok": False, "reason": "key_unknown"}]


def test_a_suspended_tenant_spends_nothing_and_can_still_settle(desk: Desk) -> None:
    held = desk.take(100)
    tenant_set_status(factories.staff_scope(desk.tenant), status=TenantStatus.SUSPENDED, reason="unpaid")
    assert desk.ask(desk.hold_op()) == [{"ok": False, "reason": "tenant_suspended"}]
    assert desk.settle(held, 40) == {"ok": True, "overrun": 0}


def test_a_repeated_hold_is_answered_again_and_counted_once(desk: Desk) -> None:
    budget, quota = desk.limit(1000), desk.limit(5, meter="requests", window="minute")
    op = desk.hold_op(400)
    first, double = desk.ask(op, op)
    assert first == double == desk.ask(op)[0]
    assert (desk.counters(budget), desk.counters(quota)) == ((0, 400, 0), (1, 0, 0))


def test_a_repeated_hold_that_has_ended_is_told_how(desk: Desk) -> None:
    budget = desk.limit(1000)
    held = desk.take(400)
    desk.settle(held, 100)
    assert desk.ask(held) == [{"ok": False, "reason": "settled"}]
    assert desk.counters(budget) == (100, 0, 0)


def test_answers_come_in_the_order_of_the_ops_and_ends_are_applied_first(desk: Desk) -> None:
    desk.limit(100)
    held = desk.take(100)
    fits, released, unknown = desk.ask(
        desk.hold_op(100), desk.end_op(held, "release"), desk.end_op(desk.hold_op(), "release")
    )
    assert fits["ok"]
    assert released == {"ok": True, "overrun": 0}
    assert unknown == {"ok": False, "reason": "unknown", "overrun": 0}


@pytest.mark.parametrize(
    "wrong",
    [{"amount": -1}, {"amount": None}, {"amount": 10**18}, {"ttl": 0}, {"key": None}, {"hold": None}, {"op": "gift"}],
)
def test_a_malformed_op_is_refused_alone(desk: Desk, wrong: dict[str, object]) -> None:
    desk.limit(1000)
    bad, good = desk.ask(desk.hold_op(**wrong), desk.hold_op(100))
    assert bad == {"ok": False, "reason": "invalid"}
    assert good["ok"]


def test_one_batch_serves_several_tenants_without_mixing_them(desk: Desk) -> None:
    limit = desk.limit(100)
    with open_desk(desk.cast, desk.cast.tenant_b) as other:
        foreign = other.limit(100)
        stolen = desk.hold_op(tenant=str(other.tenant.id))
        one, two, theft = desk.ask(other.hold_op(60), desk.hold_op(70), stolen)
        assert (one["ok"], two["ok"], theft) == (True, True, {"ok": False, "reason": "key_unknown"})
        assert (desk.counters(limit), other.counters(foreign)) == ((0, 70, 0), (0, 60, 0))


def test_a_batch_leaves_the_tenant_setting_as_it_was(desk: Desk) -> None:
    desk.take()
    row = desk.connection.execute("select coalesce(current_setting('app.tenant', true), '')").fetchone()
    assert row == ("",)


def test_the_use_of_a_secret_is_noted_to_the_minute(desk: Desk) -> None:
    desk.take()
    with desk.cast.acting():
        desk.issued.row.refresh_from_db()
        first = desk.issued.row.last_used_at
    desk.take()
    with desk.cast.acting():
        desk.issued.row.refresh_from_db()
    assert first is not None
    assert desk.issued.row.last_used_at == first

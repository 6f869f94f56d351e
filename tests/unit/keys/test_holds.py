"""The JSON border of admission."""

from uuid import UUID

from keys.domain.holds import Hold, HoldRequest, Refusal, hold_op, read_hold, read_settlement, release_op, settle_op

REQUEST = HoldRequest(UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4), 500)
LIMIT = {
    "id": str(UUID(int=9)),
    "name": "Budget",
    "scope": "unit",
    "meter": "cost",
    "window": "month",
    "hard": True,
    "amount": 1000,
    "used": 500,
    "remaining": 500,
    "resets_at": "2026-12-01T00:00:00+00:00",
}


def test_a_request_becomes_an_operation_by_name() -> None:
    assert hold_op(REQUEST) == {
        "op": "hold",
        "tenant": str(UUID(int=1)),
        "hold": str(UUID(int=2)),
        "key": str(UUID(int=3)),
        "secret": str(UUID(int=4)),
        "amount": 500,
        "priced": True,
        "ttl": 600,
        "count_request": True,
    }


def test_an_admitted_call_carries_its_limits() -> None:
    hold = read_hold(REQUEST, {"ok": True, "limits": [LIMIT]})
    assert isinstance(hold, Hold)
    assert (hold.id, hold.amount, hold.limits[0].remaining) == (UUID(int=2), 500, 500)


def test_a_refusal_names_its_limit_where_it_has_one() -> None:
    refusal = read_hold(REQUEST, {"ok": False, "reason": "limit", "limit": LIMIT})
    assert isinstance(refusal, Refusal)
    assert refusal.limit is not None
    assert refusal.limit.name == "Budget"
    assert read_hold(REQUEST, {"ok": False, "reason": "key_revoked"}) == Refusal("key_revoked")


def test_a_hold_is_ended_by_its_id() -> None:
    hold = Hold(UUID(int=1), UUID(int=2), 500)
    assert settle_op(hold, 400)["amount"] == 400
    assert release_op(hold) == {"op": "release", "tenant": str(UUID(int=1)), "hold": str(UUID(int=2))}


def test_a_settlement_says_what_had_ended_the_hold_before() -> None:
    assert read_settlement({"ok": True, "overrun": 7}).overrun == 7
    assert read_settlement({"ok": False, "reason": "expired"}).reason == "expired"

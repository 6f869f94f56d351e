"""The ways in which holds reach the database: in a batch, alone, or alone with a hint of what was told before."""

import json
from typing import Any

import psycopg
from psycopg.errors import SerializationFailure

Answer = dict[str, Any]
WAYS = ("batch", "alone", "hint")
HOLD_FIELDS = ("tenant", "hold", "key", "secret", "amount", "priced", "ttl", "count_request")


def send(connection: "psycopg.Connection[Any]", ops: list[Answer], way: str = "batch") -> list[Answer]:
    """Send a batch; a single hold goes the short way where one is asked for, and the long one when that collides."""
    if way != "batch" and len(ops) == 1 and ops[0]["op"] == "hold":
        try:
            return [hold_alone(connection, ops[0]) if way == "alone" else hold_with_hint(connection, ops[0])]
        except SerializationFailure:
            pass
    row = connection.execute("select keys_exchange(%s::jsonb)", [json.dumps(ops)]).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def hold_alone(connection: "psycopg.Connection[Any]", op: Answer) -> Answer:
    """One hold by `keys_hold`."""
    values = [(op | {"count_request": op.get("count_request", True)})[name] for name in HOLD_FIELDS]
    row = connection.execute("select keys_hold(%s, %s, %s, %s, %s, %s, %s, %s)", values).fetchone()
    assert row is not None
    return json.loads(row[0])  # type: ignore[no-any-return]


def hold_with_hint(connection: "psycopg.Connection[Any]", op: Answer) -> Answer:
    """One hold by `keys_hold_again`, with the hint of a hold that is rolled back; by `keys_hold` without one."""
    with connection.transaction(force_rollback=True):
        told = hold_alone(connection, op)
    used = hold_again(connection, op, told["hint"]) if "hint" in told else None
    if used is None:
        return hold_alone(connection, op)
    present = dict(zip(sorted(limit["id"] for limit in told["limits"]), used, strict=True))
    return {"ok": True, "limits": [with_use(limit, present[limit["id"]]) for limit in told["limits"]]}


def hold_again(connection: "psycopg.Connection[Any]", op: Answer, hint: Answer) -> list[int] | None:
    """The use of each limit in the order of their ids, None when the hint is too old."""
    arrays = [hint[name] for name in ("periods", "allocations", "counted")]
    row = connection.execute(
        "select keys_hold_again(%s, %s, %s, %s, %s, %s, %s::uuid[], %s::uuid[], %s::uuid[], %s, %s)",
        [
            op["tenant"],
            op["hold"],
            op["key"],
            hint["unit"],
            hint["stamp"],
            hint["until"],
            *arrays,
            op["amount"],
            op["ttl"],
        ],
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def with_use(limit: Answer, used: int) -> Answer:
    """A limit as it is after this use."""
    return limit | {"used": used, "remaining": max(limit["amount"] - used, 0)}

"""Holds as values, and their JSON form at the border to the SQL function `keys_exchange`.

A hold reserves the worst case of one call against every limit on its path before the provider is asked. It ends exactly
once. The contract of the JSON is in `docs/money.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from keys.domain.limits import LimitScope, LimitState, Meter, Window

MAX_AMOUNT = 10**17


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """What a call may cost at most, and on whose key."""

    tenant_id: UUID
    hold_id: UUID
    virtual_key_id: UUID
    secret_id: UUID | None
    amount: int
    priced: bool = True
    ttl_seconds: int = 600
    count_request: bool = True


@dataclass(frozen=True, slots=True)
class Hold:
    """An admitted call: its amount stays reserved until it is settled, released or expires."""

    tenant_id: UUID
    id: UUID
    amount: int
    limits: tuple[LimitState, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call was not admitted; `limit` names the limit for the reasons `limit` and `unpriced`."""

    reason: str
    limit: LimitState | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How ending a hold went: `reason` says what had ended it before when this call did not."""

    ok: bool
    overrun: int = 0
    reason: str = ""


def hold_op(request: HoldRequest) -> dict[str, Any]:
    """The operation that asks for a hold."""
    return {
        "op": "hold",
        "tenant": str(request.tenant_id),
        "hold": str(request.hold_id),
        "key": str(request.virtual_key_id),
        "secret": str(request.secret_id) if request.secret_id else None,
        "amount": request.amount,
        "priced": request.priced,
        "ttl": request.ttl_seconds,
        "count_request": request.count_request,
    }


def hold_texts(request: HoldRequest) -> tuple[bytes | None, ...]:
    """The same as parameters of the SQL function `keys_hold`, in text form."""
    return (
        str(request.tenant_id).encode(),
        str(request.hold_id).encode(),
        str(request.virtual_key_id).encode(),
        str(request.secret_id).encode() if request.secret_id else None,
        b"%d" % request.amount,
        b"t" if request.priced else b"f",
        b"%d" % request.ttl_seconds,
        b"t" if request.count_request else b"f",
    )


def settle_op(hold: Hold, amount: int) -> dict[str, Any]:
    """The operation that books what a call really cost."""
    return {"op": "settle", "tenant": str(hold.tenant_id), "hold": str(hold.id), "amount": amount}


def release_op(hold: Hold) -> dict[str, Any]:
    """The operation that gives a hold back: the provider was certainly never asked."""
    return {"op": "release", "tenant": str(hold.tenant_id), "hold": str(hold.id)}


def _limit_state(data: Mapping[str, Any]) -> LimitState:
    return LimitState(
        id=UUID(data["id"]),
        name=data["name"],
        scope=LimitScope(data["scope"]),
        meter=Meter(data["meter"]),
        window=Window(data["window"]),
        amount=data["amount"],
        used=data["used"],
        remaining=data["remaining"],
        resets_at=datetime.fromisoformat(data["resets_at"]),
        hard=data["hard"],
    )


def read_hold(request: HoldRequest, result: Mapping[str, Any]) -> Hold | Refusal:
    """The answer to a hold operation."""
    if result["ok"]:
        limits = tuple(_limit_state(limit) for limit in result["limits"])
        return Hold(tenant_id=request.tenant_id, id=request.hold_id, amount=request.amount, limits=limits)
    limit = result.get("limit")
    return Refusal(reason=result["reason"], limit=_limit_state(limit) if limit else None)


def read_settlement(result: Mapping[str, Any]) -> Settlement:
    """The answer to a settle or release operation."""
    return Settlement(ok=result["ok"], overrun=result.get("overrun", 0), reason=result.get("reason", ""))

"""What the database told about the limits of a key, so that the next hold of the key need not look it up again.

A hint is only a shortcut: it names the stamp of the tenant's configuration it was read at and the moment until which it
is good. The database compares both and asks to be asked in full (`keys_hold`) when they no longer fit.
"""

from uuid import UUID

import msgspec

from keys.domain.limits import LimitState
from keys.ports import Hold, HoldRequest

MAX_HINTS = 10_000


class HoldHint(msgspec.Struct, frozen=True):
    """Arrays and times are in the text form of PostgreSQL; they are only handed back."""

    stamp: int
    until: str | None
    unit: str
    periods: str
    allocations: str
    counted: str


class HoldHints:
    """The hints of one process, by key and secret."""

    def __init__(self) -> None:
        self._known: dict[tuple[UUID, UUID | None], _Known] = {}

    def learn(self, request: HoldRequest, hint: HoldHint, limits: tuple[LimitState, ...]) -> None:
        """Remember what the first attempt of a call was told; a later attempt counts no request and tells less."""
        if not request.count_request:
            return
        if len(self._known) >= MAX_HINTS:
            self._known.clear()
        self._known[(request.virtual_key_id, request.secret_id)] = _Known(request, hint, limits)

    def forget(self, request: HoldRequest) -> None:
        """The hint of this key no longer fits."""
        self._known.pop((request.virtual_key_id, request.secret_id), None)

    def parameters(self, request: HoldRequest) -> tuple[bytes | None, ...] | None:
        """The parameters of `keys_hold_again`; None when it cannot serve this request."""
        known = self._known.get((request.virtual_key_id, request.secret_id))
        if known is None or not (request.priced and request.count_request):
            return None
        hold = str(request.hold_id).encode()
        return (known.tenant, hold, *known.told, b"%d" % request.amount, b"%d" % request.ttl_seconds)

    def admitted(self, request: HoldRequest, used: bytes) -> Hold:
        """The hold, with the limits as they are now; `used` is an array in the order of the limits' ids, `{1,2}`."""
        known = self._known[(request.virtual_key_id, request.secret_id)]
        counts = used[1:-1].split(b",") if known.limits else ()
        present = tuple(
            _with_use(limit, int(counts[place])) for limit, place in zip(known.limits, known.places, strict=True)
        )
        return Hold(request.tenant_id, request.hold_id, request.amount, present)


class _Known:
    """A hint in the form it is handed back, and the limits with their places in the order of their ids."""

    __slots__ = ("limits", "places", "tenant", "told")

    def __init__(self, request: HoldRequest, hint: HoldHint, limits: tuple[LimitState, ...]) -> None:
        ids = sorted(limit.id for limit in limits)
        self.limits = limits
        self.places = tuple(ids.index(limit.id) for limit in limits)
        self.tenant = str(request.tenant_id).encode()
        self.told = (
            str(request.virtual_key_id).encode(),
            hint.unit.encode(),
            b"%d" % hint.stamp,
            hint.until.encode() if hint.until is not None else None,
            hint.periods.encode(),
            hint.allocations.encode(),
            hint.counted.encode(),
        )


def _with_use(limit: LimitState, used: int) -> LimitState:
    return LimitState(
        id=limit.id,
        name=limit.name,
        scope=limit.scope,
        meter=limit.meter,
        window=limit.window,
        amount=limit.amount,
        used=used,
        remaining=max(limit.amount - used, 0),
        resets_at=limit.resets_at,
        hard=limit.hard,
    )

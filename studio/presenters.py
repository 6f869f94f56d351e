"""What a page shows, as plain values: badges, columns, rungs, meters. Words are translated where they are rendered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

Tone = Literal["good", "warn", "bad", "calm", "live", "mute"]
RungState = Literal["winner", "tried", "standby", "dropped"]

_LOOKS: dict[str, tuple[Tone, str]] = {
    "good": ("good", "good"),
    "warn": ("warn", "warn"),
    "bad": ("bad", "bad"),
    "calm": ("calm", "info"),
    "approx": ("warn", "info"),
    "live": ("live", "live"),
    "wait": ("warn", "wait"),
    "cache": ("calm", "bolt"),
    "undo": ("warn", "undo"),
    "off": ("mute", "off"),
    "idle": ("mute", "idle"),
    "lock": ("bad", "lock"),
}

_STATUS_LOOK: dict[str, str] = {
    # people, keys, tenants
    "active": "good", "invited": "wait", "suspended": "wait", "closed": "off", "revoked": "off", "expired": "off",
    "expiring": "warn", "disabled": "off", "enabled": "good", "draft": "idle", "published": "good", "archived": "off",
    # requests
    "ok": "good", "cached": "cache", "refused": "lock", "failed": "bad", "cut": "bad", "cancelled": "off",
    "errors": "bad", "hit": "cache", "miss": "idle", "off": "off",
    # holds and ledger
    "held": "wait", "settled": "good", "released": "undo", "overrun": "bad",
    # routing
    "winner": "live", "kept": "good", "dropped": "off", "tried": "bad", "standby": "idle",
    # health
    "up": "good", "healthy": "good", "degraded": "warn", "down": "bad", "stale": "warn", "unknown": "idle",
    # runs
    "pending": "idle", "running": "live", "waiting": "wait", "compensating": "undo", "completed": "good",
    "faulted": "bad", "compensated": "undo", "compensation_failed": "bad",
    "skipped": "off", "caught": "warn", "not_applicable": "off",
    # portability
    "native": "good", "emulated": "approx",
    # pattern configurations
    "live": "live",
    # approvals
    "approved": "good", "rejected": "bad",
    # connectors and events
    "stopped": "off", "confirmed": "good", "doubt": "warn", "delivered": "good", "ignored": "off", "dead": "bad",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Colour and icon of a state; the word comes from the caller."""

    tone: Tone
    icon: str


def look(status: str) -> Look:
    """How a status (or one of the plain looks, such as "warn") appears; what is unknown looks idle."""
    tone, icon = _LOOKS[_STATUS_LOOK.get(status, status if status in _LOOKS else "idle")]
    return Look(tone, icon)


STATUSES = tuple(_STATUS_LOOK)


@dataclass(frozen=True, slots=True)
class Column:
    """A column heading. `sort` is the value of `?sort=`; `url` and `direction` are filled in by `sortable`."""

    label: str
    numeric: bool = False
    wide_only: bool = False
    hidden_label: bool = False
    sort: str = ""
    url: str = ""
    direction: Literal["", "ascending", "descending"] = ""


def sortable(columns: Iterable[Column], query: Mapping[str, Sequence[str]], *, default: str = "") -> tuple[Column, ...]:
    """Fill in the address and state of each sort link from a query like `dict(request.GET.lists())`."""
    current = (query.get("sort") or [default])[-1]
    kept = [(key, value) for key, values in query.items() for value in values if key not in {"sort", "cursor"}]
    return tuple(_sort_link(column, current, kept) for column in columns)


def _sort_link(column: Column, current: str, kept: list[tuple[str, str]]) -> Column:
    if not column.sort:
        return column
    ascending, descending = current == column.sort, current == f"-{column.sort}"
    target = f"-{column.sort}" if ascending else column.sort
    return Column(
        label=column.label,
        numeric=column.numeric,
        wide_only=column.wide_only,
        hidden_label=column.hidden_label,
        sort=column.sort,
        url=f"?{urlencode([*kept, ('sort', target)])}",
        direction="ascending" if ascending else "descending" if descending else "",
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """One deployment on a fallback ladder; `why` says why it answered, failed, waits or was dropped."""

    name: str
    state: RungState
    why: str = ""
    figures: str = ""
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """A limit as a wire: what is spent, what is held, where it stops. Shares are percentages with a dot."""

    spent_share: str
    held_share: str
    level: Literal["", "is-near", "is-over"]
    percent: int


def meter(*, spent: int, held: int, limit: int, near: float = 0.8) -> Meter:
    """Geometry of a limit; an overrun fills the wire and is told in words."""
    used = spent + held
    share = used / limit if limit > 0 else float(used > 0)
    spent_share = min(spent / limit if limit > 0 else share, 1.0)
    level: Literal["", "is-near", "is-over"] = "is-over" if share >= 1 else "is-near" if share >= near else ""
    return Meter(f"{spent_share * 100:.2f}%", f"{min(share, 1.0) * 100:.2f}%", level, int(share * 100))

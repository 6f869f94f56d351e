"""What is undone when a run does not go on, and in which order: decisions over the ledger; `run/undo.py` acts on them.

A run is undone when it failed for good (a timeout included) or was cancelled with `compensate`, unless its point of no
return was passed. Each effect that was started is looked at once, the last started first, and ends as exactly one of

    compensated     its compensation ran to its end, or a person undid it by hand
    failed          its compensation failed for good; nothing after it was undone
    skipped         left as it is, for the reason given
    not_applicable  nothing is declared for it, or the run was past its point of no return

An effect that failed or whose outcome is unknown is undone like any other: its compensation gets `null` for the output
and the key the effect was asked with. The order is that of the start sequence numbers, never of times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from workflows.domain.run.data import Entry, Undone

HALTED: Final = "an earlier compensation failed"
LEFT: Final = "the run was left as it is"
NOTHING_DECLARED: Final = "nothing to undo is declared"
PAST_PIVOT: Final = "the point of no return was passed"
PIVOT_UNKNOWN: Final = "it is not known whether the point of no return was passed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about one effect: run its compensation, note why there is none, or stop for a person to decide."""

    do: Literal["undo", "pass", "halt"]
    reason: str = ""


def worth_undoing(ledger: Sequence[Entry], *, pivoted: bool) -> bool:
    """Whether any effect that was started has a compensation that may run."""
    return not pivoted and any(entry.handler for entry in ledger)


def next_to_undo(ledger: Sequence[Entry]) -> Entry | None:
    """The effect started last among those that have no final record."""
    return max((entry for entry in ledger if not entry.undone), key=lambda entry: entry.seq, default=None)


def verdict(entry: Entry) -> Verdict:
    """What to do about an effect whose turn it is."""
    if entry.handler:
        return Verdict("undo")
    if entry.pivot and entry.happened == "unknown":
        return Verdict("halt", PIVOT_UNKNOWN)
    return Verdict("pass", NOTHING_DECLARED)


def closed(ledger: Sequence[Entry], undone: Undone, reason: str) -> list[Entry]:
    """The ledger with a final record for every effect that has none."""
    return [entry if entry.undone else replace(entry, undone=undone, reason=reason) for entry in ledger]


def reopened(ledger: Sequence[Entry]) -> list[Entry]:
    """The ledger without the records that only say that the chain was halted."""
    return [replace(entry, undone="", reason="") if entry.reason == HALTED else entry for entry in ledger]


def decided(entry: Entry, decision: Literal["retry", "done", "skip"], *, reason: str) -> Entry:
    """The record of an effect after a person decided about its failed compensation."""
    if decision == "retry":
        return replace(entry, undone="", reason="", rounds=entry.rounds + 1)
    return replace(entry, undone="compensated" if decision == "done" else "skipped", reason=reason)

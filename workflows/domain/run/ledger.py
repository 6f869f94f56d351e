"""The ledger during a run: every effect is written down before it is asked for, and how it went once that is known.

Only runs with something to undo keep one. Effects of compensations are not in it: undoing is not undone.
"""

from dataclasses import replace
from datetime import timedelta

from workflows.domain.failures import WorkflowError
from workflows.domain.plan import Task
from workflows.domain.run.data import Entry, Happened, Json, Node
from workflows.domain.run.machine import Machine, Place


def keeps(machine: Machine, place: Place) -> bool:
    return machine.state.saga and not place.undoes


def start(machine: Machine, task: Task, node: Node, place: Place, *, key: str, deadline_seconds: float = 0) -> None:
    """Writes down that an effect begins; one that is tried again keeps its line, and so its place in the order.

    With a deadline an answer is awaited; without, the task itself will say how it went.
    """
    if not keeps(machine, place):
        return
    entry = _known(machine, task, node, place) or _fresh(machine, task, node, place)
    node.seq = entry.seq
    awaited = deadline_seconds > 0
    put(
        machine,
        replace(
            entry,
            key=key,
            attempt=node.attempt,
            happened="running",
            awaited=awaited,
            until=(machine.now + timedelta(seconds=deadline_seconds)).isoformat() if awaited else "",
            input=node.input if entry.handler else None,
            variables=place.variables if entry.handler else {},
        ),
    )


def settle(
    machine: Machine, seq: int, happened: Happened, *, output: Json = None, error: WorkflowError | None = None
) -> None:
    """Writes down how it went, with `$context` as it is now; nothing for an effect that is not in the ledger."""
    entry = by_seq(machine, seq)
    if entry is None:
        return
    made = replace(entry, happened=happened, awaited=False, error=error.to_json() if error else None)
    if entry.handler:
        made = replace(made, output=output, context=_snapshot(machine))
    put(machine, made)
    if entry.pivot and happened == "succeeded":
        machine.state.pivoted = True


def forget(machine: Machine, seq: int) -> None:
    """Takes an effect out again that was never asked for, unless it was in an earlier turn."""
    if seq <= machine.began:
        settle(machine, seq, "cancelled")
        return
    machine.state.ledger = [entry for entry in machine.state.ledger if entry.seq != seq]


def by_seq(machine: Machine, seq: int) -> Entry | None:
    """The line with that start sequence number; the newest are looked at first."""
    return next((entry for entry in reversed(machine.state.ledger) if entry.seq == seq), None) if seq else None


def awaited(machine: Machine) -> list[Entry]:
    """Effects that were asked for and have not answered."""
    return [entry for entry in machine.state.ledger if entry.awaited]


def _known(machine: Machine, task: Task, node: Node, place: Place) -> Entry | None:
    if node.seq:
        return by_seq(machine, node.seq)
    if place.tries is None:
        return None
    effect = machine.effect(task, node, place)
    return next((entry for entry in reversed(machine.state.ledger) if entry.effect == effect), None)


def _fresh(machine: Machine, task: Task, node: Node, place: Place) -> Entry:
    entry = Entry(
        seq=machine.sequence(),
        effect=machine.effect(task, node, place),
        pointer=task.pointer,
        iteration=".".join(place.iteration),
        generation=node.generation,
        handler=bool(task.policy.compensate),
        pivot=task.policy.pivot,
    )
    machine.state.ledger.append(entry)
    return entry


def put(machine: Machine, entry: Entry) -> None:
    """Puts a changed line in its place."""
    ledger = machine.state.ledger
    for position in range(len(ledger) - 1, -1, -1):
        if ledger[position].seq == entry.seq:
            ledger[position] = entry
            return


def _snapshot(machine: Machine) -> int:
    snapshots, present = machine.state.snapshots, machine.state.context
    if not snapshots or snapshots[-1] != present:
        snapshots.append(present)
    return len(snapshots) - 1

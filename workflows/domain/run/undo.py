"""Ending a run: waiting for effects in flight, running compensations one after the other, and the final status."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from workflows.domain import saga
from workflows.domain.failures import WorkflowError, standard
from workflows.domain.plan import Block, by_pointer, walk
from workflows.domain.run import ledger
from workflows.domain.run.data import Ending, Entry, Json, Node, Undone
from workflows.domain.run.machine import Broken, Machine, Place, recorded
from workflows.domain.run.stop import How, stop
from workflows.domain.run.tasks import open_block, run_block
from workflows.domain.signals import Finish, RunStatus

GRACE_SECONDS: Final = 30.0
ROOT: Final = Place(variables={})


def end_forward(machine: Machine, ending: Ending, *, compensate: bool = True, stopped: bool = False) -> None:
    """Stops the run; what was done is undone if that is asked for and there is something to undo.

    `stopped` says that no task is left that waits for anything: the error came up through all of them.
    """
    state = machine.state
    state.ending = ending
    state.timer = machine.cancel_timer(state.timer)
    undoes = compensate and saga.worth_undoing(state.ledger, pivoted=state.pivoted)
    if not stopped:
        _stop_tree(machine, how="drain" if undoes else "abandon")
    if undoes:
        state.step = "draining"
        machine.note("run.compensating", why=ending.why, error=ending.error)
        _grace(machine)
        return
    if compensate:
        _close(machine, "not_applicable", saga.PAST_PIVOT if state.pivoted else saga.NOTHING_DECLARED)
    else:
        _close(machine, "skipped", saga.LEFT)
    conclude(machine, ending.why)


def drain(machine: Machine) -> None:
    """Goes on to undo once every effect in flight has answered."""
    state = machine.state
    if ledger.awaited(machine):
        return
    state.timer = machine.cancel_timer(state.timer)
    if state.pivoted and state.ending:
        _close(machine, "not_applicable", saga.PAST_PIVOT)
        conclude(machine, state.ending.why)
        return
    state.root = None
    state.step = "undoing"


def give_up_waiting(machine: Machine) -> None:
    """The grace is over: what has not answered is taken to be unknown."""
    machine.state.timer = ""
    error = standard("timeout", "The effect did not answer before the run was undone")
    for entry in ledger.awaited(machine):
        ledger.settle(machine, entry.seq, "unknown", error=error.located(entry.pointer))
        machine.tell_of("task.settled", entry, happened="unknown")


def undo(machine: Machine) -> None:
    """Runs compensations until one waits, one fails for good, or none is left."""
    state = machine.state
    while state.step == "undoing":
        if state.undo is None and not _next(machine):
            return
        entry = ledger.by_seq(machine, state.undo_seq)
        if state.undo is None or entry is None:
            continue
        result = run_block(machine, state.undo, _handler(machine, entry), place_of(machine, entry))
        if result is None:
            return
        state.undo, state.undo_context, state.undo_seq = None, None, 0
        if isinstance(result, Broken):
            _halt(machine, entry, error=result.error.to_json(), reason=result.error.title)
        else:
            _record(machine, entry, "compensated")


def conclude(machine: Machine, status: RunStatus, *, output: Json = None) -> None:
    """The run has ended."""
    state = machine.state
    error = state.ending.error if state.ending else None
    state.status, state.step, state.output, state.continuing = status, "over", output, False
    if status == "completed":
        machine.note("run.completed", output=recorded(output))
    elif status == "faulted":
        machine.note("run.faulted", error=error)
    else:
        _note_end(machine, status)
    given = WorkflowError.from_json(error) if error else None
    machine.commands.append(Finish(status=status, output=output, error=given))


def place_of(machine: Machine, entry: Entry) -> Place:
    """Where a compensation runs: it sees the effect as it was when it ended."""
    told = {
        "input": entry.input,
        "output": entry.output,
        "outcome": entry.happened,
        "error": entry.error,
        "idempotencyKey": entry.key,
        "effect": entry.effect,
    }
    calls = [task.pointer for task in walk(_handler(machine, entry)) if task.kind == "call"]
    return Place(
        iteration=tuple(entry.iteration.split(".")) if entry.iteration else (),
        variables={**entry.variables, "output": entry.output, "compensation": told},
        undoes=entry.key,
        first=calls[0] if calls else "",
        round=entry.rounds,
    )


def _handler(machine: Machine, entry: Entry) -> Block:
    return by_pointer(machine.plan)[entry.pointer].policy.compensate or ()


def _next(machine: Machine) -> bool:
    """Begins the next compensation, or notes why an effect has none; False when the run is at its end."""
    state = machine.state
    entry = saga.next_to_undo(state.ledger)
    if entry is None:
        conclude(machine, "compensated")
        return False
    found = saga.verdict(entry)
    if found.do == "halt":
        _halt(machine, entry, error=None, reason=found.reason)
        return False
    if found.do == "pass":
        _record(machine, entry, "not_applicable", reason=found.reason)
        return True
    ledger.put(machine, replace(entry, undone="compensating"))
    state.undo, state.undo_seq = Node(), entry.seq
    state.undo_context = state.snapshots[entry.context] if entry.context >= 0 else state.context
    open_block(machine, state.undo, entry.input)
    machine.tell_of("compensation.started", entry, happened=entry.happened, key=entry.key)
    return True


def _record(machine: Machine, entry: Entry, undone: Undone, *, reason: str = "", error: Json = None) -> None:
    ledger.put(machine, replace(entry, undone=undone, reason=reason))
    shown = {name: value for name, value in (("reason", reason), ("error", error)) if value}
    machine.tell_of(f"compensation.{undone}", entry, **shown)  # type: ignore[arg-type]


def _halt(machine: Machine, entry: Entry, *, error: Json, reason: str) -> None:
    """A compensation failed for good: the chain stops until a person decides."""
    _record(machine, entry, "failed", reason=reason, error=error)
    _close(machine, "skipped", saga.HALTED)
    conclude(machine, "compensation_failed")


def _close(machine: Machine, undone: Undone, reason: str) -> None:
    for entry in reversed(machine.state.ledger):
        if not entry.undone:
            machine.tell_of(f"compensation.{undone}", entry, reason=reason)  # type: ignore[arg-type]
    machine.state.ledger = saga.closed(machine.state.ledger, undone, reason)


def _note_end(machine: Machine, status: RunStatus) -> None:
    ending = machine.state.ending or Ending(why="cancelled")
    told = {"error": ending.error, "by": ending.by, "reason": ending.reason}
    kinds = {
        "cancelled": "run.cancelled",
        "compensated": "run.compensated",
        "compensation_failed": "run.compensation_failed",
    }
    machine.note(kinds[status], **{name: value for name, value in told.items() if value})  # type: ignore[arg-type]


def _stop_tree(machine: Machine, *, how: How) -> None:
    root = machine.state.root
    for child in root.children if root else ():
        stop(machine, machine.plan.block[child.at], child, ROOT.of(child), how=how)


def _grace(machine: Machine) -> None:
    """Effects in flight have their deadlines; past the latest, plus some, nobody waits for them."""
    waits = [datetime.fromisoformat(entry.until) for entry in ledger.awaited(machine) if entry.until]
    if waits:
        rest = max((max(waits) - machine.now).total_seconds(), 0.0) + GRACE_SECONDS
        machine.state.timer = machine.start_timer("grace", rest)

"""What a signal means to the run as it is: it marks the task that waited for it, or says why it changes nothing."""

from dataclasses import replace
from typing import Final

from workflows.domain import saga
from workflows.domain.failures import Raised, standard
from workflows.domain.plan import Task, walk
from workflows.domain.run import ledger
from workflows.domain.run.data import Ending, Node
from workflows.domain.run.leaves import note_outcome
from workflows.domain.run.machine import Machine, Place, recorded
from workflows.domain.run.stop import body
from workflows.domain.run.tasks import open_block
from workflows.domain.run.undo import ROOT, end_forward, give_up_waiting
from workflows.domain.signals import (
    Abandon,
    CancelRequested,
    CompensationDecided,
    Continued,
    EventArrived,
    Performed,
    ResumeRequested,
    RetryRequested,
    Signal,
    Started,
    Succeeded,
    SuspendRequested,
    TimerFired,
    Waiting,
    to_json,
)  # fmt: skip

AFTER_THE_END: Final = RetryRequested | CompensationDecided
WHILE_SUSPENDED: Final = CancelRequested | ResumeRequested | SuspendRequested


def receive(machine: Machine, signal: Signal) -> str:  # noqa: C901, PLR0911 one line per signal
    """Takes a signal in; the answer is why it is ignored, or nothing."""
    refusal = _refusal(machine, signal)
    if refusal:
        return refusal
    if machine.state.suspended and not isinstance(signal, WHILE_SUSPENDED):
        machine.state.held.append(to_json(signal))
        return ""
    match signal:
        case Started():
            return _start(machine, signal)
        case Performed():
            return _performed(machine, signal)
        case TimerFired():
            return _fired(machine, signal)
        case EventArrived():
            return _arrived(machine, signal)
        case Continued():
            return "" if machine.state.continuing else "there is nothing to continue"
        case CancelRequested():
            return _cancel(machine, signal)
        case SuspendRequested():
            return _suspend(machine, signal)
        case ResumeRequested():
            return _resume(machine, signal)
        case RetryRequested():
            return _retry(machine, signal)
        case CompensationDecided():
            return _decide(machine, signal)


def _refusal(machine: Machine, signal: Signal) -> str:
    state = machine.state
    if state.status == "pending" and not isinstance(signal, Started | CancelRequested):
        return "the run has not started"
    if state.status != "pending" and isinstance(signal, Started):
        return "the run was started already"
    if state.step == "over" and not isinstance(signal, AFTER_THE_END):
        return "the run has ended"
    return ""


def _start(machine: Machine, signal: Started) -> str:
    state = machine.state
    state.status, state.started_at, state.input = "running", machine.now.isoformat(), signal.input
    state.saga = any(task.policy.compensate or task.policy.pivot for task in walk(machine.plan.block))
    machine.note("run.started", input=recorded(signal.input))
    try:
        machine.check(machine.plan.input, signal.input, "input")
        value = machine.shaped(machine.plan.input, signal.input, machine.run_variables)
        _start_run_timer(machine)
    except Raised as raised:
        ending = Ending(why="faulted", error=raised.error.located("/").to_json())
        end_forward(machine, ending, stopped=True)
        return ""
    state.context = value if isinstance(value, dict) else {}
    state.root = Node(input=value)
    open_block(machine, state.root, value)
    return ""


def _start_run_timer(machine: Machine) -> None:
    limit = machine.plan.timeout
    if limit is not None:
        after = machine.seconds(limit, machine.state.input, machine.run_variables)
        machine.state.timer = machine.start_timer("run_timeout", after)


def _performed(machine: Machine, signal: Performed) -> str:
    asked = ("performing", "later", "draining")
    node = next(
        (node for node in machine.state.nodes() if node.phase in asked and node.perform["effect"] == signal.effect),
        None,
    )
    if node is None:
        return _settled_late(machine, signal)
    if node.attempt != signal.attempt:
        return "another attempt is awaited"
    if node.phase == "later" and isinstance(signal.outcome, Waiting):
        return "it is known that the answer comes later"
    if node.phase == "draining":
        _drained(machine, node, signal)
    else:
        node.answer = to_json(signal.outcome)
    return ""


def _drained(machine: Machine, node: Node, signal: Performed) -> None:
    """The answer of an effect whose task was cancelled; a success is kept for a retry of the run."""
    node.phase = "cancelled"
    if isinstance(signal.outcome, Waiting):
        machine.commands.append(Abandon(effect=signal.effect, attempt=signal.attempt))
        ledger.settle(machine, node.seq, "cancelled")
        return
    note_outcome(machine, node.seq, signal.outcome, pointer=node.perform["pointer"])
    _tell_settled(machine, node.seq)
    if isinstance(signal.outcome, Succeeded):
        node.answer = to_json(signal.outcome)


def _settled_late(machine: Machine, signal: Performed) -> str:
    """An answer that no task waits for any more, but the ledger does: a lost race, a timeout, a cancelled run."""
    known = [entry for entry in ledger.awaited(machine) if entry.effect == signal.effect]
    entry = next((entry for entry in known if entry.attempt == signal.attempt), None)
    if entry is None:
        return "another attempt is awaited" if known else "nothing awaits this answer"
    if isinstance(signal.outcome, Waiting):
        machine.commands.append(Abandon(effect=signal.effect, attempt=signal.attempt))
        ledger.settle(machine, entry.seq, "cancelled")
    else:
        note_outcome(machine, entry.seq, signal.outcome, pointer=entry.pointer)
    _tell_settled(machine, entry.seq)
    return ""


def _tell_settled(machine: Machine, seq: int) -> None:
    entry = ledger.by_seq(machine, seq)
    if entry:
        machine.tell_of("task.settled", entry, happened=entry.happened)


def _fired(machine: Machine, signal: TimerFired) -> str:
    state = machine.state
    if signal.timer == state.timer:
        if state.step == "draining":
            give_up_waiting(machine)
            return ""
        state.timer = ""
        error = standard("timeout", "The run took longer than its timeout", instance="/")
        end_forward(machine, Ending(why="faulted", error=error.to_json()))
        return ""
    for node in state.nodes():
        if signal.timer == node.timer and node.phase != "listening":
            node.fired, node.timer = True, ""
            return ""
        if signal.timer == node.timeout:
            node.expired, node.timeout = True, ""
            return ""
    return "nothing awaits this timer"


def _arrived(machine: Machine, signal: EventArrived) -> str:
    for node in machine.state.nodes():
        if node.phase == "listening" and node.timer == signal.listener:
            node.answer, node.timer = dict(signal.event), ""
            return ""
    return "nothing listens for this event any more"


def _cancel(machine: Machine, signal: CancelRequested) -> str:
    state = machine.state
    if state.step != "forward":
        return "the run is being undone already"
    machine.note("run.cancel_requested", mode=signal.mode, by=signal.by, reason=signal.reason)
    ending = Ending(why="cancelled", by=signal.by, reason=signal.reason)
    state.suspended = False
    end_forward(machine, ending, compensate=signal.mode == "compensate")
    return ""


def _suspend(machine: Machine, signal: SuspendRequested) -> str:
    if machine.state.suspended:
        return "the run is suspended already"
    machine.state.suspended = True
    machine.note("run.suspended", by=signal.by, reason=signal.reason)
    return ""


def _resume(machine: Machine, signal: ResumeRequested) -> str:
    if not machine.state.suspended:
        return "the run is not suspended"
    machine.state.suspended = False
    machine.note("run.resumed", by=signal.by)
    return ""


def _retry(machine: Machine, signal: RetryRequested) -> str:
    state = machine.state
    if state.status != "faulted" or state.root is None or not state.root.children:
        return "the run cannot be taken up where it failed"
    state.status, state.step, state.ending, state.output = "running", "forward", None, None
    state.generation += 1
    state.ledger = [replace(entry, undone="", reason="") for entry in state.ledger]
    machine.note("run.retried", by=signal.by, reason=signal.reason, generation=state.generation)
    _start_run_timer(machine)
    for child in state.root.children:
        _take_up(machine, machine.plan.block[child.at], child, ROOT.of(child))
    return ""


def _take_up(machine: Machine, task: Task, node: Node, place: Place) -> None:
    """Makes the failed and the cancelled tasks new; an answer that came after the failure is used."""
    block, inner = body(task, node, place)
    for child in node.children:
        _take_up(machine, block[child.at], child, inner.of(child))
    if node.children or (node.items is not None and node.phase == "failed"):
        _go_on(machine, task, node, place)
    elif node.answer is not None:
        node.phase = "performing"
    elif node.phase in {"failed", "cancelled"}:
        fresh = Node(at=node.at, visit=node.visit, raw=node.raw, generation=machine.state.generation)
        for name in ("phase", "generation", "input", "seq", "attempt", "perform", "items", "index", "part", "error"):
            setattr(node, name, getattr(fresh, name))


def _go_on(machine: Machine, task: Task, node: Node, place: Place) -> None:
    """A task with tasks inside goes on where it was, with its timeout and its retries anew."""
    node.phase, node.since, node.attempt = "block", machine.now.isoformat(), 0
    if node.part != "catch":
        node.error = None
    if task.timeout is not None:
        variables = machine.variables(task, node, place, input=node.input)
        node.timeout = machine.start_timer("timeout", machine.seconds(task.timeout, node.input, variables))


def _decide(machine: Machine, signal: CompensationDecided) -> str:
    state = machine.state
    entry = next((entry for entry in state.ledger if entry.effect == signal.effect and entry.undone == "failed"), None)
    if entry is None:
        return "no failed compensation of this effect awaits a decision"
    made = saga.decided(entry, signal.decision, reason=signal.reason)
    ledger.put(machine, made)
    state.ledger = saga.reopened(state.ledger)
    state.status, state.step = "compensating", "undoing"
    told = {"decision": signal.decision, "by": signal.by, "reason": signal.reason}
    machine.tell_of("compensation.decided", entry, **told)
    if made.undone:
        machine.tell_of(f"compensation.{made.undone}", made, by=signal.by, reason=signal.reason)  # type: ignore[arg-type]
    return ""

"""What a signal means to the run as it is: it marks the task that waited for it, or says why it changes nothing."""

from typing import Final

from workflows.domain import saga
from workflows.domain.failures import Raised, standard
from workflows.domain.plan import walk
from workflows.domain.run import ledger
from workflows.domain.run.data import Ending, Node
from workflows.domain.run.leaves import note_outcome
from workflows.domain.run.machine import Machine, recorded
from workflows.domain.run.stop import answer_stopped, tell_settled
from workflows.domain.run.take_up import start_run_timer, take_up
from workflows.domain.run.tasks import open_block
from workflows.domain.run.undo import end_forward, give_up_waiting
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
            return take_up(machine, signal)
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
        start_run_timer(machine)
    except Raised as raised:
        ending = Ending(why="faulted", error=raised.error.located("/").to_json())
        end_forward(machine, ending, stopped=True)
        return ""
    state.context = value if isinstance(value, dict) else {}
    state.root = Node(input=value)
    open_block(machine, state.root, value)
    return ""


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
        answer_stopped(machine, node, signal.outcome)
    else:
        node.answer = to_json(signal.outcome)
    return ""


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
    tell_settled(machine, entry.seq)
    return ""


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

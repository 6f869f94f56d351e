"""Going on with a faulted run where it failed: what succeeded stays, what failed begins anew under a new generation."""

from dataclasses import replace

from workflows.domain.plan import Task
from workflows.domain.run.data import Node
from workflows.domain.run.machine import Machine, Place
from workflows.domain.run.stop import body
from workflows.domain.run.undo import ROOT
from workflows.domain.signals import RetryRequested


def take_up(machine: Machine, signal: RetryRequested) -> str:
    """Takes a faulted run up again; the answer is why not, or nothing."""
    state = machine.state
    if state.status != "faulted" or state.root is None or not state.root.children:
        return "the run cannot be taken up where it failed"
    state.status, state.step, state.ending, state.output = "running", "forward", None, None
    state.generation += 1
    state.ledger = [replace(entry, undone="", reason="") for entry in state.ledger]
    machine.note("run.retried", by=signal.by, reason=signal.reason, generation=state.generation)
    start_run_timer(machine)
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


def start_run_timer(machine: Machine) -> None:
    """Starts the timeout of the run, if it has one."""
    limit = machine.plan.timeout
    if limit is not None:
        after = machine.seconds(limit, machine.state.input, machine.run_variables)
        machine.state.timer = machine.start_timer("run_timeout", after)

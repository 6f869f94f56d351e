"""Going on with a faulted run where it failed: what succeeded stays, what failed begins anew under a new generation."""

from dataclasses import replace

from workflows.domain.failures import Raised
from workflows.domain.plan import Task, Try
from workflows.domain.run.composites import limit_attempt
from workflows.domain.run.data import Ending, Node
from workflows.domain.run.machine import Machine, Place
from workflows.domain.run.stop import body
from workflows.domain.run.undo import ROOT, end_forward
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
    block, root = machine.plan.block, state.root
    try:
        start_run_timer(machine)
        root.children = [_taken_up(machine, block[child.at], child, ROOT.of(child)) for child in root.children]
    except Raised as raised:
        end_forward(machine, Ending(why="faulted", error=raised.error.located("/").to_json()))
    return ""


def _taken_up(machine: Machine, task: Task, node: Node, place: Place) -> Node:
    """The task as it goes on: what failed or was cancelled is new, an answer that came after the failure is used."""
    if node.phase == "ended":
        return node
    block, inner = body(task, node, place)
    node.children = [_taken_up(machine, block[child.at], child, inner.of(child)) for child in node.children]
    if node.children or (node.items is not None and node.phase == "failed"):
        _go_on(machine, task, node, place)
    elif node.answer is not None:
        node.phase = "performing" if node.perform else "listening"
    elif node.phase in {"failed", "cancelled"}:
        return Node(at=node.at, visit=node.visit, raw=node.raw, generation=machine.state.generation)
    return node


def _go_on(machine: Machine, task: Task, node: Node, place: Place) -> None:
    """A task with tasks inside goes on where it was, with its timeouts and its retries anew."""
    node.phase, node.since, node.attempt = "block", machine.now.isoformat(), 0
    node.fired = node.expired = False
    if node.part != "catch":
        node.error = None
        if isinstance(task, Try):
            limit_attempt(machine, task, node, place)
    if task.timeout is not None:
        variables = machine.variables(task, node, place, input=node.input)
        after = machine.seconds(task.timeout, node.input, variables)
        node.timeout = machine.start_timer("timeout", after, pointer=task.pointer)


def start_run_timer(machine: Machine) -> None:
    """Starts the timeout of the run, if it has one."""
    limit = machine.plan.timeout
    if limit is not None:
        after = machine.seconds(limit, machine.state.input, machine.run_variables)
        machine.state.timer = machine.start_timer("run_timeout", after)

"""Stopping tasks that have begun: what they wait for is called off, and the ledger learns what is no longer coming."""

from dataclasses import replace
from typing import Literal

from workflows.domain.plan import Block, Do, For, Fork, Task, Try
from workflows.domain.run import ledger
from workflows.domain.run.data import OVER, Node
from workflows.domain.run.leaves import note_outcome
from workflows.domain.run.machine import Machine, Place
from workflows.domain.signals import Abandon, Outcome, Succeeded, Unlisten, Waiting, from_json, to_json

# abandon: nobody waits for the answer of an effect in flight, but the ledger takes it · drain: its task stays for it
How = Literal["abandon", "drain"]


def body(task: Task, node: Node, place: Place) -> tuple[Block, Place]:
    """The block that a composite task is running, and the place of it."""
    match task:
        case Do(block=block):
            return block, place
        case Fork(branches=branches):
            return branches, place
        case For(block=block, each=each, at=at):
            items = node.items or [None]
            item = items[min(node.index, len(items) - 1)]
            return block, place.within(iteration=(str(node.index),), variables={each: item, at: node.index})
        case Try(catch=catch) if node.part == "catch":
            return catch.block, place.within(variables={catch.as_: node.error})
        case Try(block=block, catch=catch):
            return block, replace(place, guarded=True, tries=place.tries or (node if catch.retry else None))
    return (), place


def stop_below(machine: Machine, task: Task, node: Node, place: Place, *, how: How) -> None:
    """Stops everything inside a task."""
    block, inner = body(task, node, place)
    for child in node.children:
        stop(machine, block[child.at], child, inner.of(child), how=how)


def stop(machine: Machine, task: Task, node: Node, place: Place, *, how: How, tell: bool = True) -> None:
    """Stops a task and everything inside it."""
    stop_below(machine, task, node, place, how=how)
    if node.phase in OVER:
        return
    release(machine, node)
    if tell and node.phase not in {"new", "draining"}:
        machine.tell("task.cancelled", task, node, place)
    if node.answer is not None:
        _keep_answer(machine, node)
    elif _call_off(machine, node, how=how) and not node.children:
        node.phase = "cancelled"


def _call_off(machine: Machine, node: Node, *, how: How) -> bool:
    """Calls off what the task waits for; False when it goes on waiting for its effect."""
    asked = node.phase in {"performing", "draining"}
    if asked and machine.unask(node.perform["effect"]):
        asked = False
        ledger.forget(machine, node.seq)
    if asked and how == "drain":
        node.phase = "draining"
        return False
    if asked or node.phase == "later":
        machine.commands.append(Abandon(effect=node.perform["effect"], attempt=node.attempt))
    if not asked and node.phase != "retrying":
        _write_off(machine, node)
    return True


def _keep_answer(machine: Machine, node: Node) -> None:
    """The task had its answer and did not come to use it: another branch failed or won before it in the same turn."""
    if node.perform:
        assert node.answer is not None
        answer_stopped(machine, node, from_json(node.answer))
    else:
        node.phase = "cancelled"


def answer_stopped(machine: Machine, node: Node, outcome: Outcome) -> None:
    """The answer of an effect whose task is stopped goes to the ledger; a success is kept for a retry of the run."""
    node.phase, node.answer = "cancelled", None
    if isinstance(outcome, Waiting):
        machine.commands.append(Abandon(effect=node.perform["effect"], attempt=node.attempt))
        ledger.settle(machine, node.seq, "cancelled")
        return
    if isinstance(outcome, Succeeded):
        node.answer = to_json(outcome)
    entry = ledger.by_seq(machine, node.seq)
    if entry is None or entry.awaited:
        note_outcome(machine, node.seq, outcome, pointer=node.perform["pointer"])
        tell_settled(machine, node.seq)


def tell_settled(machine: Machine, seq: int) -> None:
    """A line of history about an answer that came after its task had been stopped."""
    entry = ledger.by_seq(machine, seq)
    if entry:
        machine.tell_of("task.settled", entry, happened=entry.happened)


def release(machine: Machine, node: Node) -> None:
    """Calls off the timers and the listener of a task."""
    node.timeout = machine.cancel_timer(node.timeout)
    if node.phase == "listening" and node.timer:
        machine.commands.append(Unlisten(listener=node.timer))
        node.timer = ""
    node.timer = machine.cancel_timer(node.timer)


def is_draining(node: Node) -> bool:
    return any(below.phase == "draining" for below in node.below())


def _write_off(machine: Machine, node: Node) -> None:
    entry = ledger.by_seq(machine, node.seq)
    if entry and entry.happened == "running":
        ledger.settle(machine, node.seq, "cancelled")

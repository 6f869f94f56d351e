"""Stopping tasks that have begun: what they wait for is called off, and the ledger learns what is no longer coming."""

from dataclasses import replace
from typing import Literal

from workflows.domain.plan import Block, Do, For, Fork, Task, Try
from workflows.domain.run import ledger
from workflows.domain.run.data import OVER, Node
from workflows.domain.run.machine import Machine, Place
from workflows.domain.signals import Abandon, Unlisten

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
    asked = node.phase in {"performing", "draining"}
    release(machine, node)
    if asked and machine.unask(node.perform["effect"]):
        asked = False
        ledger.forget(machine, node.seq)
    if asked and how == "drain":
        if tell and node.phase != "draining":
            machine.tell("task.cancelled", task, node, place)
        node.phase = "draining"
        return
    if asked or node.phase == "later":
        machine.commands.append(Abandon(effect=node.perform["effect"], attempt=node.attempt))
    if not asked and node.phase != "retrying":
        _write_off(machine, node)
    if tell and node.phase != "new":
        machine.tell("task.cancelled", task, node, place)
    if not node.children:
        node.phase = "cancelled"


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

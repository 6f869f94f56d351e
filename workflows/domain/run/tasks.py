"""How any task runs: condition and input first, then what its kind does, then output, export and where to go next."""

from typing import Any, Final

from workflows.domain.failures import Raised, standard
from workflows.domain.plan import Block, Task
from workflows.domain.run import ledger
from workflows.domain.run.data import Node
from workflows.domain.run.machine import Broken, Done, Machine, Place, Result, recorded
from workflows.domain.run.stop import release, stop

INSTANT: Final = frozenset({"set", "switch", "raise", "emit"})


# --- one after the other ----------------------------------------------------------------------------------------------


def enter(machine: Machine, parent: Node, at: int, value: Any) -> None:
    """Puts the task at a position of the parent's block next, with `value` as its raw input."""
    seen = parent.visits.get(str(at), 0)
    parent.visits[str(at)] = seen + 1
    parent.children = [Node(at=at, visit=seen, generation=machine.state.generation, raw=value)]


def open_block(machine: Machine, node: Node, value: Any) -> None:
    """Begins the node's block from its first task; nothing of an earlier pass is left."""
    node.phase = "block"
    node.visits = {}
    enter(machine, node, 0, value)


def run_block(machine: Machine, node: Node, block: Block, place: Place) -> Result:
    """Runs the tasks of a block until one waits or fails or the block ends; `end` goes on up, any other flow stays."""
    while True:
        child = node.children[0]
        result = run_task(machine, block[child.at], child, place.of(child))
        if not isinstance(result, Done):
            return result
        following = _following(block, child.at, str(result.flow))
        if following is None:
            node.children = []
            return Done(result.output, "end" if result.flow == "end" else None)
        enter(machine, node, following, result.output)


def _following(block: Block, at: int, flow: str) -> int | None:
    if flow == "continue":
        return at + 1 if at + 1 < len(block) else None
    if flow in {"exit", "end"}:
        return None
    return next(position for position, task in enumerate(block) if task.name == flow)


# --- one task ---------------------------------------------------------------------------------------------------------


def run_task(machine: Machine, task: Task, node: Node, place: Place) -> Result:
    """Takes a task as far as it goes."""
    try:
        if node.phase == "new":
            if machine.budget <= 0:
                machine.exhausted = True
                return None
            machine.budget -= 1
            if not _begin(machine, task, node, place):
                node.phase = "ended"
                return Done(node.raw, "continue")
        run = _expire if node.expired else machine.kinds[task.kind]
        result = run(machine, task, node, place)
        if isinstance(result, Done):
            return _finish(machine, task, node, place, done=result)
    except Raised as raised:
        result = Broken(raised.error)
    return _fail(machine, task, node, place, broken=result) if isinstance(result, Broken) else None


def _begin(machine: Machine, task: Task, node: Node, place: Place) -> bool:
    """Whether the task is to run; then its input is made."""
    variables = machine.variables(task, node, place)
    if task.condition is not None and not machine.holds(task.condition, node.raw, variables):
        machine.tell("task.skipped", task, node, place)
        return False
    node.since = machine.now.isoformat()
    machine.check(task.input, node.raw, "input")
    node.input = machine.shaped(task.input, node.raw, machine.variables(task, node, place))
    node.phase = "begun"
    if task.timeout is not None:
        variables = machine.variables(task, node, place, input=node.input)
        after = machine.seconds(task.timeout, node.input, variables)
        node.timeout = machine.start_timer("timeout", after, pointer=task.pointer)
    if task.kind != "call" and task.kind not in INSTANT:
        machine.tell("task.started", task, node, place, input=recorded(node.input))
    if task.policy.compensate and task.kind not in {"call", "emit"}:
        ledger.start(machine, task, node, place, key=machine.key(machine.effect(task, node, place)))
    return True


def _finish(machine: Machine, task: Task, node: Node, place: Place, *, done: Done) -> Done:
    variables = {**machine.variables(task, node, place, input=node.input)}
    variables["task"] = {**variables["task"], "output": done.output}
    output = machine.shaped(task.output, done.output, variables)
    machine.check(task.output, output, "output")
    if task.export.expression is not None:
        context = machine.shaped(task.export, output, {**variables, "output": output})
        machine.check(task.export, context, "exported context")
        machine.export(context)
    release(machine, node)
    node.phase = "ended"
    ledger.settle(machine, node.seq, "succeeded", output=output)
    if task.policy.pivot and not place.undoes:
        machine.state.pivoted = True
    flow = done.flow or task.then
    shown = {"input": recorded(node.input)} if task.kind in INSTANT else {}
    machine.tell("task.completed", task, node, place, **shown, output=recorded(output), then=flow)
    return Done(output, flow)


def _fail(machine: Machine, task: Task, node: Node, place: Place, *, broken: Broken) -> Broken:
    error = broken.error.located(task.pointer)
    release(machine, node)
    entry = ledger.by_seq(machine, node.seq)
    if entry and entry.happened == "running" and not entry.awaited:
        ledger.settle(machine, node.seq, "failed", error=error)
    if not node.children:
        node.phase = "failed"
    machine.tell("task.faulted", task, node, place, error=error.to_json())
    return Broken(error, broken.retriable, broken.wait_seconds)


def _expire(machine: Machine, task: Task, node: Node, place: Place) -> Broken:
    node.expired = False
    stop(machine, task, node, place, how="abandon", tell=False)
    return Broken(standard("timeout", "The task took longer than its timeout", instance=task.pointer))

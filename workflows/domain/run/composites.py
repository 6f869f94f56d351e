"""The tasks with tasks inside: sequences, loops, branches, and what is tried and caught."""

from collections.abc import Mapping

from workflows.domain.failures import Raised, WorkflowError, same_type, standard
from workflows.domain.plan import Do, For, Fork, Retry, Try
from workflows.domain.retry import RetryPolicy, decide
from workflows.domain.run.data import OVER, Json, Node
from workflows.domain.run.machine import Broken, Done, Machine, Place, Result
from workflows.domain.run.stop import body, is_draining, stop_below
from workflows.domain.run.tasks import open_block, run_block, run_task


def run_do(machine: Machine, task: Do, node: Node, place: Place) -> Result:
    if not task.block:
        return Done(node.input)
    if node.phase == "begun":
        open_block(machine, node, node.input)
    return run_block(machine, node, *body(task, node, place))


def run_for(machine: Machine, task: For, node: Node, place: Place) -> Result:
    """`raw` of the block's first task is the output of the iteration before; `in` is evaluated once."""
    if node.items is None:
        node.items = _items(machine, task, node, place)
        node.carried = node.input
        node.phase = "block"
    while node.index < len(node.items):
        if not node.children:
            _, inner = body(task, node, place)
            variables = machine.variables(task, node, inner, input=node.input)
            if not task.block or (task.while_ is not None and not machine.holds(task.while_, node.carried, variables)):
                break
            open_block(machine, node, node.carried)
        result = run_block(machine, node, *body(task, node, place))
        if not isinstance(result, Done):
            return result
        node.carried, node.index = result.output, node.index + 1
        if result.flow == "end":
            return result
    return Done(node.carried)


def _items(machine: Machine, task: For, node: Node, place: Place) -> list[Json]:
    found = machine.evaluate(task.in_, node.input, machine.variables(task, node, place, input=node.input))
    if not isinstance(found, list):
        raise Raised(standard("expression", "What a loop goes through is not a list"))
    return found


def run_fork(machine: Machine, task: Fork, node: Node, place: Place) -> Result:
    """Every branch as far as it goes, no more than `concurrency` at once.

    When one fails, the others are stopped and effects in flight answer first.
    """
    if node.phase == "begun":
        generation = machine.state.generation
        node.phase = "block"
        node.children = [Node(at=at, generation=generation, raw=node.input) for at in range(len(task.branches))]
    free = task.policy.concurrency or len(task.branches)
    for child in node.children:
        if node.error or child.phase in OVER or (child.phase == "new" and free <= 0):
            continue
        branch = task.branches[child.at]
        result = run_task(machine, branch, child, place.of(child))
        free -= child.phase not in OVER
        if isinstance(result, Done):
            child.raw = result.output
            if task.compete or result.flow == "end":
                stop_below(machine, task, node, place, how="abandon")
                return Done(result.output, "end" if result.flow == "end" else None)
        if isinstance(result, Broken):
            node.error = {"error": result.error.to_json(), "retriable": result.retriable, "wait": result.wait_seconds}
            stop_below(machine, task, node, place, how="drain")
    return _joined(node)


def _joined(node: Node) -> Result:
    if node.error:
        known = node.error
        broken = Broken(WorkflowError.from_json(known["error"]), known["retriable"], known["wait"])
        return None if is_draining(node) else broken
    waits = any(child.phase not in OVER for child in node.children)
    return None if waits else Done([child.raw for child in node.children])


def run_try(machine: Machine, task: Try, node: Node, place: Place) -> Result:
    """Runs the block; a caught error leads to a retry of the block, else to `catch.do`."""
    if node.phase == "begun":
        _attempt(machine, task, node, place)
    while True:
        if node.phase == "retrying":
            if not node.fired:
                return None
            _attempt(machine, task, node, place)
        result = _tried(machine, task, node, place)
        if not isinstance(result, Broken) or node.part == "catch":
            return result
        if not _catches(machine, task, node, place, error=result.error):
            return result
        again = _again(machine, task, node, place, broken=result)
        if again is not None:
            return again


def _tried(machine: Machine, task: Try, node: Node, place: Place) -> Result:
    if node.fired:
        node.fired, node.timer = False, ""
        stop_below(machine, task, node, place, how="abandon")
        return Broken(standard("timeout", "The attempt took longer than its limit", instance=task.pointer))
    if not node.children:
        return Done(node.input)
    return run_block(machine, node, *body(task, node, place))


def _attempt(machine: Machine, task: Try, node: Node, place: Place) -> None:
    node.fired, node.phase, node.children = False, "block", []
    limit_attempt(machine, task, node, place)
    if task.block:
        open_block(machine, node, node.input)


def limit_attempt(machine: Machine, task: Try, node: Node, place: Place) -> None:
    """Starts the time limit of one attempt, if the retry policy has one."""
    node.timer, retry = "", task.catch.retry
    if retry and retry.attempt_seconds is not None:
        variables = machine.variables(task, node, place, input=node.input)
        limit = machine.seconds(retry.attempt_seconds, node.input, variables)
        node.timer = machine.start_timer("timeout", limit, pointer=task.pointer)


def _again(machine: Machine, task: Try, node: Node, place: Place, *, broken: Broken) -> Broken | Done | None:
    """What follows a caught error: None when the block or `catch.do` is to run now or later, else the end."""
    machine.cancel_timer(node.timer)
    node.timer = ""
    machine.tell("task.caught", task, node, place, error=broken.error.to_json())
    delay = _retry_delay(machine, task, node, place, broken=broken)
    if delay is not None:
        node.attempt += 1
        machine.tell("task.retried", task, node, place, error=broken.error.to_json(), delay_seconds=delay)
        node.children, node.phase, node.fired = [], "retrying", delay <= 0
        node.timer = machine.start_timer("retry", delay, pointer=task.pointer) if delay > 0 else ""
        return None
    if task.catch.block:
        node.part, node.error = "catch", broken.error.to_json()
        open_block(machine, node, node.input)
        return None
    return broken if task.catch.retry else Done(node.input)


def _catches(machine: Machine, task: Try, node: Node, place: Place, *, error: WorkflowError) -> bool:
    catch = task.catch
    variables = _with_error(machine, task, node, place, error=error)
    if catch.errors is not None and not _meets(machine, task, error, node, variables):
        return False
    return _allows(machine, catch.when, catch.except_when, node, variables)


def _meets(machine: Machine, task: Try, error: WorkflowError, node: Node, variables: Mapping[str, Json]) -> bool:
    wanted = task.catch.errors
    for name in ("type", "status", "instance", "title", "detail"):
        template = getattr(wanted, name)
        value = None if template is None else machine.render(template, node.input, variables)
        found = getattr(error, name)
        if value is not None and not (same_type(str(value), found) if name == "type" else value == found):
            return False
    return True


def _allows(
    machine: Machine, when: str | None, except_when: str | None, node: Node, variables: Mapping[str, Json]
) -> bool:
    if when is not None and not machine.holds(when, node.input, variables):
        return False
    return except_when is None or not machine.holds(except_when, node.input, variables)


def _retry_delay(machine: Machine, task: Try, node: Node, place: Place, *, broken: Broken) -> float | None:
    """Seconds until the block is tried again; None if it is not."""
    retry = task.catch.retry
    if retry is None or broken.retriable is False:
        return None
    variables = _with_error(machine, task, node, place, error=broken.error)
    if not _allows(machine, retry.when, retry.except_when, node, variables):
        return None
    decision = decide(
        _policy(machine, retry, node, variables),
        retries=node.attempt,
        elapsed_seconds=machine.elapsed_seconds(node.since),
        draw=machine.draw(),
        wait_seconds=broken.wait_seconds,
    )
    return decision.delay_seconds if decision.again else None


def _policy(machine: Machine, retry: Retry, node: Node, variables: Mapping[str, Json]) -> RetryPolicy:
    total = retry.total_seconds
    return RetryPolicy(
        delay_seconds=machine.seconds(retry.delay, node.input, variables),
        backoff=retry.backoff,
        count=retry.count,
        total_seconds=None if total is None else machine.seconds(total, node.input, variables),
        jitter_from=machine.seconds(retry.jitter_from, node.input, variables),
        jitter_to=machine.seconds(retry.jitter_to, node.input, variables),
    )


def _with_error(machine: Machine, task: Try, node: Node, place: Place, *, error: WorkflowError) -> Mapping[str, Json]:
    return machine.variables(task, node, place, input=node.input, **{task.catch.as_: error.to_json()})

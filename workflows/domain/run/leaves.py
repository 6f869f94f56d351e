"""The tasks without tasks inside: those that only compute, and those that wait for something outside."""

from typing import Any

from workflows.domain.failures import Raised, WorkflowError, standard
from workflows.domain.plan import Call, Emit, EventFilter, Listen, Raise, Set, Switch, Wait
from workflows.domain.retry import PERSISTENT, decide
from workflows.domain.run import ledger
from workflows.domain.run.data import Json, Node
from workflows.domain.run.machine import Broken, Done, Machine, Place, Result, located, recorded
from workflows.domain.signals import Failed, Outcome, Perform, Publish, Succeeded, Unknown, Waiting, from_json
from workflows.domain.signals import Listen as ListenCommand


def run_set(machine: Machine, task: Set, node: Node, place: Place) -> Result:
    return Done(machine.render(task.value, node.input, machine.variables(task, node, place, input=node.input)))


def run_switch(machine: Machine, task: Switch, node: Node, place: Place) -> Result:
    """The first case that holds, else the one without a condition, else on to what comes after."""
    variables = machine.variables(task, node, place, input=node.input)
    conditional = (case for case in task.cases if case.when is not None)
    taken = next((case for case in conditional if machine.holds(str(case.when), node.input, variables)), None)
    default = next((case for case in task.cases if case.when is None), None)
    case = taken or default
    return Done(node.input, case.then if case else None)


def run_raise(machine: Machine, task: Raise, node: Node, place: Place) -> Result:
    variables = machine.variables(task, node, place, input=node.input)
    shown = {"type": task.error.type, "title": task.error.title, "detail": task.error.detail}
    texts = {name: machine.render(text, node.input, variables) for name, text in shown.items()}
    return Broken(WorkflowError.from_json({**texts, "status": task.error.status, "instance": task.pointer}))


def run_wait(machine: Machine, task: Wait, node: Node, place: Place) -> Result:
    if node.phase == "begun":
        variables = machine.variables(task, node, place, input=node.input)
        duration = machine.seconds(task.duration, node.input, variables)
        node.timer = machine.start_timer("wait", duration, pointer=task.pointer)
        node.phase = "timer"
        machine.tell("task.waiting", task, node, place, seconds=duration)
    return Done(node.input) if node.fired else None


def run_listen(machine: Machine, task: Listen, node: Node, place: Place) -> Result:
    if node.phase == "begun":
        variables = machine.variables(task, node, place, input=node.input)
        wanted = _filter(machine, task.one, node, variables)
        node.timer = f"listen-{machine.sequence()}"
        node.phase = "listening"
        known = {name: variables[name] for name in ("context", "input", "workflow", *place.variables)}
        machine.commands.append(
            ListenCommand(listener=node.timer, pointer=task.pointer, filter=wanted, variables=known)
        )
        machine.tell("task.waiting", task, node, place, filter=wanted)
    if node.answer is None:
        return None
    event = node.answer
    return Done([event if task.read == "envelope" else event.get("data")])


def run_emit(machine: Machine, task: Emit, node: Node, place: Place) -> Result:
    """Its event has the same id however often the task is tried: whoever receives it can tell."""
    variables = machine.variables(task, node, place, input=node.input)
    effect = machine.effect(task, node, place)
    plan = machine.plan
    made = {
        "specversion": "1.0",
        "id": f"{machine.context.run_id}{effect}",
        "source": f"/{plan.namespace}/{plan.name}/{plan.version}",
        "time": machine.now.isoformat(),
    }
    event = {**made, **machine.render(dict(task.event), node.input, variables)}
    ledger.start(machine, task, node, place, key=machine.key(effect))
    machine.commands.append(Publish(event=event))
    ledger.settle(machine, node.seq, "succeeded", output=event)
    return Done(event)


def run_call(machine: Machine, task: Call, node: Node, place: Place) -> Result:
    if node.phase == "begun" or (node.phase == "retrying" and node.fired):
        _ask(machine, task, node, place)
        return None
    if node.answer is None:
        return None
    outcome: Outcome = from_json(node.answer)
    node.answer = None
    match outcome:
        case Waiting(detail=detail):
            node.phase = "later"
            machine.tell("task.waiting", task, node, place, detail=recorded(detail))
            return None
        case Succeeded(output=output):
            ledger.settle(machine, node.seq, "succeeded", output=output)
            return Done(output)
    return _unanswered(machine, task, node, place, outcome=outcome)


def note_outcome(machine: Machine, seq: int, outcome: Outcome, *, pointer: str) -> None:
    """Writes the answer of an effect into the ledger."""
    match outcome:
        case Succeeded(output=output):
            ledger.settle(machine, seq, "succeeded", output=output)
        case Failed(error=error):
            ledger.settle(machine, seq, "failed", error=error.located(pointer))
        case Unknown(error=error):
            ledger.settle(machine, seq, "unknown", error=error.located(pointer))


def _ask(machine: Machine, task: Call, node: Node, place: Place) -> None:
    effect = machine.effect(task, node, place)
    if not node.perform:
        node.perform = _request(machine, task, node, place, effect=effect)
    node.attempt = _attempt(node, place, effect)
    node.phase, node.fired, node.timer = "performing", False, ""
    command = Perform(**node.perform, attempt=node.attempt)
    machine.commands.append(command)
    deadline = command.deadline_seconds
    ledger.start(machine, task, node, place, key=command.idempotency_key, deadline_seconds=deadline)
    asked = {"function": task.function, "arguments": recorded(command.arguments), "key": command.idempotency_key}
    machine.tell("task.started", task, node, place, input=recorded(node.input), **asked)


def _request(machine: Machine, task: Call, node: Node, place: Place, *, effect: str) -> dict[str, Json]:
    variables = machine.variables(task, node, place, input=node.input)
    timeout = machine.context.deadline_seconds
    if task.timeout is not None:
        timeout = machine.seconds(task.timeout, node.input, variables)
    return {
        "effect": effect,
        "pointer": task.pointer,
        "iteration": ".".join(place.iteration),
        "function": task.function,
        "version": task.version,
        "arguments": machine.render(task.arguments, node.input, variables),
        "idempotency_key": _key(machine, task, node, place, effect=effect),
        "deadline_seconds": max(timeout, 0.001),
        "dispatch": task.policy.dispatch,
        "compensating": bool(place.undoes),
    }


def _key(machine: Machine, task: Call, node: Node, place: Place, *, effect: str) -> str:
    """The author's key, made fresh for a later generation; that of the effect it undoes; or one of our own."""
    if task.policy.idempotency_key is not None:
        variables = machine.variables(task, node, place, input=node.input)
        key = machine.render(task.policy.idempotency_key, node.input, variables)
        if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
            raise Raised(standard("expression", "The idempotency key is neither a text nor a number"))
        return f"{key}@{node.generation}" if node.generation else str(key)
    if not place.undoes:
        return machine.key(effect)
    own = f"comp:{place.undoes}"
    return own if task.pointer == place.first and not node.visit else f"{own}:{machine.key(located(task, place))[:12]}"


def _attempt(node: Node, place: Place, effect: str) -> int:
    if place.tries is None:
        return node.attempt + 1
    attempt = place.tries.attempts.get(effect, 0) + 1
    place.tries.attempts[effect] = attempt
    return attempt


def _unanswered(machine: Machine, task: Call, node: Node, place: Place, *, outcome: Failed | Unknown) -> Result:
    """An effect that failed or may have: tried again here if it must get done, else the error goes up."""
    note_outcome(machine, node.seq, outcome, pointer=task.pointer)
    error = outcome.error.located(task.pointer)
    may = outcome.retriable is not False if isinstance(outcome, Failed) else outcome.retriable or bool(place.undoes)
    must = not place.guarded and (bool(place.undoes) or machine.state.pivoted)
    if may and must:
        decision = decide(
            PERSISTENT, retries=node.attempt - 1, elapsed_seconds=machine.elapsed_seconds(node.since),
            draw=machine.draw(), wait_seconds=outcome.retry_after_seconds,
        )  # fmt: skip
        if decision.again:
            machine.tell("task.retried", task, node, place, error=error.to_json(), delay_seconds=decision.delay_seconds)
            node.timer = machine.start_timer("retry", decision.delay_seconds, pointer=task.pointer)
            node.phase = "retrying"
            return None
    return Broken(error, retriable=outcome.retriable, wait_seconds=outcome.retry_after_seconds)


def _filter(machine: Machine, wanted: EventFilter, node: Node, variables: Any) -> dict[str, Json]:
    correlate: dict[str, Json] = {}
    for name, correlation in wanted.correlate.items():
        correlate[name] = {"from": correlation.from_}
        if correlation.expect is not None:
            correlate[name]["expect"] = machine.render(correlation.expect, node.input, variables)
    made: dict[str, Json] = {"with": dict(wanted.with_)}
    return {**made, "correlate": correlate} if correlate else made

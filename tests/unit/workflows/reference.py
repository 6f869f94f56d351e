"""A second, naive interpreter of plans, to check the engine against: direct style, generators, nothing stored.

A task is a generator. It yields what it waits for, `(kind, pointer, iteration, attempt)`, and is sent the one that
happened with its outcome. It knows the plans that `plans.py` makes: no jumps back, a handful of expressions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.unit.workflows.plans import VALUES
from workflows.domain import plan as p
from workflows.domain.signals import Failed, Succeeded, Unknown


class Error(Exception):
    def __init__(self, status: int, instance: str, retriable: Any = None) -> None:
        super().__init__(instance)
        self.status, self.instance, self.retriable = status, instance, retriable


class Env(NamedTuple):
    iteration: tuple = ()
    variables: dict = {}
    guarded: bool = False
    undoes: bool = False


@dataclass
class Line:
    task: p.Task
    env: Env
    attempt: int
    happened: str = "running"
    output: Any = None
    context: Any = None
    undone: str = ""


def value_of(template: Any, data: Any, **variables: Any) -> Any:
    if isinstance(template, dict):
        return {key: value_of(item, data, **variables) for key, item in template.items()}
    return VALUES[template](data, variables) if isinstance(template, str) and template in VALUES else template


class Reference:
    """`loop` is a generator too: it yields everything that may happen next and returns the status."""

    def __init__(self, plan: p.Plan) -> None:
        self.plan = plan
        self.context: Any = None
        self.ledger: dict[tuple, Line] = {}
        self.attempts: dict[tuple, int] = {}
        self.flying: set[tuple] = set()  # asked for, not answered, and no task waits for it
        self.ghosts: set[tuple] = set()  # given up waiting for
        self.heard: set[tuple] = set()  # what the world was told of
        self.arguments: dict[tuple, Any] = {}
        self.pivoted = False
        self.output: Any = None
        self.error: Any = None

    # --- the run

    def loop(self, data: Any):
        self.context = data
        main = self.block(self.plan.block, data, Env())
        try:
            happened = yield from self.until(main)
        except Error as error:
            self.error = (error.status, error.instance)
            return (yield from self.unwind("faulted", compensate=True))
        if isinstance(happened, str):
            main.close()
            return (yield from self.unwind("cancelled", compensate=happened == "compensate"))
        self.output = happened[0]
        return "completed"

    def until(self, main: Any):
        """Drives the plan's tasks; answers that nobody waits for go to the ledger; a cancellation goes back."""
        try:
            pending = next(main)
            while True:
                self.heard |= pending
                event, outcome = yield pending | self.flying | self.ghosts
                if event[0] == "cancel":
                    return event[1]
                if event in self.flying | self.ghosts:
                    self.settle(event, outcome)
                else:
                    pending = main.send((event, outcome))
        except StopIteration as stop:
            return stop.value

    def unwind(self, why: str, *, compensate: bool):
        if not compensate or self.pivoted or not any(line.task.policy.compensate for line in self.ledger.values()):
            return why
        while self.awaited():
            grace = {("grace", "", (), 0)}
            event, outcome = yield self.flying | self.ghosts | grace
            if event[0] == "grace":
                for flown in self.awaited():
                    line = self.ledger[flown[1:3]]
                    line.happened, line.context = "unknown", self.context
                    self.flying.discard(flown)
                    self.ghosts.add(flown)
            else:
                self.settle(event, outcome)
        if self.pivoted:
            return why
        for line in reversed(self.ledger.values()):
            if not line.task.policy.compensate:
                if line.task.policy.pivot and line.happened == "unknown":
                    return "compensation_failed"
                continue
            variables = {**line.env.variables, "output": line.output, "context": line.context}
            handler = self.block(
                line.task.policy.compensate, {}, Env(line.env.iteration, variables, guarded=False, undoes=True)
            )
            try:
                yield from self.until(handler)
            except Error:
                line.undone = "failed"
                return "compensation_failed"
            line.undone = "compensated"
        return "compensated"

    def awaited(self) -> list[tuple]:
        known = {(*("effect", *key), line.attempt) for key, line in self.ledger.items() if line.happened == "running"}
        return [event for event in self.flying if event in known]

    def settle(self, event: tuple, outcome: Any) -> None:
        self.flying.discard(event)
        self.ghosts.discard(event)
        line = self.ledger.get(event[1:3])
        if line is None or line.attempt != event[3] or line.happened != "running":
            return
        line.happened = {Succeeded: "succeeded", Failed: "failed", Unknown: "unknown"}[type(outcome)]
        line.output, line.context = outcome.output if isinstance(outcome, Succeeded) else None, self.context
        self.pivoted |= line.happened == "succeeded" and line.task.policy.pivot

    # --- blocks and tasks

    def block(self, block: p.Block, data: Any, env: Env):
        for task in block:
            if task.condition is not None and not VALUES[task.condition](data, {}):
                continue
            data, flow = yield from self.task(task, data, env)
            flow = "end" if flow == "end" else task.then
            if flow in {"exit", "end"}:
                return data, flow
        return data, "continue"

    def task(self, task: p.Task, data: Any, env: Env):
        work = self.kind(task, data, env)
        if task.timeout is not None:
            work = self.within(work, ("timeout", task.pointer, (), 0))
        output, flow = yield from work
        if task.output.expression is not None:
            output = value_of(task.output.expression, output)
        if task.export.expression is not None and not env.undoes:
            self.context = value_of(task.export.expression, output, output=output)
        if (line := self.ledger.get((task.pointer, env.iteration))) and not env.undoes:
            line.output, line.context = output, self.context
        return output, "end" if flow == "end" else task.then

    def within(self, work: Any, limit: tuple):
        try:
            pending = next(work)
            while True:
                event, outcome = yield pending | {limit}
                if event == limit:
                    work.close()
                    raise Error(408, limit[1])
                pending = work.send((event, outcome))
        except StopIteration as stop:
            return stop.value
        finally:
            work.close()

    def kind(self, task: p.Task, data: Any, env: Env):  # noqa: C901, PLR0911 one case per kind
        match task:
            case p.Set(value=value):
                return value_of(value, data, context=self.context, **env.variables), ""
            case p.Raise(error=error):
                raise Error(error.status, task.pointer)
            case p.Wait():
                yield {("wait", task.pointer, (), 0)}
                return data, ""
            case p.Do(block=block):
                return (yield from self.block(block, data, env))
            case p.For(in_=in_, block=block, each=each):
                for at, item in enumerate(VALUES[in_](data, {})):
                    inner = env._replace(iteration=(*env.iteration, str(at)), variables={**env.variables, each: item})
                    data, flow = yield from self.block(block, data, inner)
                    if flow == "end":
                        return data, flow
                return data, ""
            case p.Fork():
                return (yield from self.fork(task, data, env))
            case p.Try():
                return (yield from self.tried(task, data, env))
            case p.Call():
                return (yield from self.call(task, data, env))

    def fork(self, task: p.Fork, data: Any, env: Env):
        branches = {at: self.task(branch, data, env) for at, branch in enumerate(task.branches)}
        waits: dict[int, set] = {}
        outputs: dict[int, Any] = {}
        turn: list[tuple[int, Any]] = [(at, None) for at in branches]
        try:
            while turn or waits:
                at, sent = turn.pop(0) if turn else (-1, (yield set().union(*waits.values())))
                at = at if at >= 0 else next(known for known, pending in waits.items() if sent[0] in pending)
                try:
                    waits[at] = branches[at].send(sent)
                except StopIteration as stop:
                    waits.pop(at, None)
                    outputs[at], flow = stop.value
                    if task.compete or flow == "end":
                        return outputs[at], "end" if flow == "end" else ""
            return [outputs[at] for at in sorted(outputs)], ""
        except Error:
            before = set(self.flying)
            for branch in branches.values():
                branch.close()
            left = self.flying - before
            self.flying -= left
            yield from self.drain(left)
            raise
        finally:
            for branch in branches.values():
                branch.close()

    def drain(self, left: set):
        try:
            while left:
                event, outcome = yield left
                left = left - {event}
                self.settle(event, outcome)
        except GeneratorExit:
            self.flying |= left
            raise

    def tried(self, task: p.Try, data: Any, env: Env):
        retries = 0
        while True:
            try:
                return (yield from self.block(task.block, data, env._replace(guarded=True)))
            except Error as error:
                catch, retry = task.catch, task.catch.retry
                if catch.errors and catch.errors.status not in {None, error.status}:
                    raise
                if retry and error.retriable is not False and retries < retry.count:
                    retries += 1
                elif catch.block:
                    break
                elif retry:
                    raise
                else:
                    return data, ""
            if retry.delay:
                yield {("retry", task.pointer, (), 0)}
        return (yield from self.block(task.catch.block, data, env))

    def call(self, task: p.Call, data: Any, env: Env):
        key = (task.pointer, env.iteration)
        arguments = value_of(task.arguments, data, **env.variables)
        while True:
            attempt = self.attempts[key] = self.attempts.get(key, 0) + 1
            event = ("effect", *key, attempt)
            self.arguments[event] = arguments
            fresh = not env.undoes and key not in self.ledger
            if not env.undoes:
                line = self.ledger.setdefault(key, Line(task, env, attempt))
                line.attempt, line.happened, line.output = attempt, "running", None
            try:
                _, outcome = yield {event}
            except GeneratorExit:
                self.given_up(event, fresh=fresh)
                raise
            self.settle(event, outcome)
            if isinstance(outcome, Succeeded):
                return outcome.output, ""
            unknown = isinstance(outcome, Unknown)
            must = not env.guarded and (env.undoes or self.pivoted)
            may = (env.undoes or outcome.retriable) if unknown else outcome.retriable is not False
            if not (must and may):
                raise Error(outcome.error.status, task.pointer, outcome.retriable)
            yield {("retry", task.pointer, (), 0)}

    def given_up(self, event: tuple, *, fresh: bool) -> None:
        """Its task was stopped. What the world never heard of never began."""
        if event in self.heard:
            self.flying.add(event)
        elif fresh:
            self.ledger.pop(event[1:3], None)
        elif event[1:3] in self.ledger:
            line = self.ledger[event[1:3]]
            line.happened, line.context = "cancelled", self.context

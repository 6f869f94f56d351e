"""A second, naive interpreter of plans, to check the engine against: direct style, generators, nothing stored.

A task is a generator. It yields a set of what it waits for, `(kind, pointer, iteration, attempt)`, and is sent the one
that happened with its outcome. It knows the plans that `plans.py` makes: no jumps back, a handful of expressions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.unit.workflows.plans import VALUES
from workflows.domain import plan as p
from workflows.domain.signals import Failed, Succeeded, Unknown

HAPPENED = {Succeeded: "succeeded", Failed: "failed", Unknown: "unknown"}


class Error(Exception):
    def __init__(self, status, instance, retriable=None):
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
    attempt: int = 0
    happened: str = "running"
    output: Any = None
    context: Any = None
    undone: str = ""


def value_of(template, data, **variables):
    if isinstance(template, dict):
        return {key: value_of(item, data, **variables) for key, item in template.items()}
    return VALUES[template](data, variables) if template in VALUES else template


class Reference:
    """`loop` is a generator too: it yields everything that may happen next and returns the status."""

    def __init__(self, plan):
        self.plan, self.context, self.pivoted, self.output, self.error = plan, None, False, None, None
        self.ledger: dict[tuple, Line] = {}
        self.attempts: dict[tuple, int] = {}
        self.flying: set[tuple] = set()  # asked for, not answered, and no task waits for it
        self.heard: set[tuple] = set()  # what the world was told of
        self.arguments: dict[tuple, Any] = {}

    def loop(self, data):
        self.context = data
        main = self.block(self.plan.block, data, Env())
        try:
            ended = yield from self.until(main)
        except Error as error:
            self.error = (error.status, error.instance)
            return (yield from self.unwind("faulted"))
        if ended == "leave":
            return "cancelled"
        if ended == "compensate":
            main.close()
            return (yield from self.unwind("cancelled"))
        self.output = ended[0]
        return "completed"

    def until(self, main):
        """Drives tasks to their end; answers that no task waits for go to the ledger; a cancellation goes back."""
        try:
            pending = next(main)
            while True:
                self.heard |= pending
                event, outcome = yield pending | self.flying
                if event[0] == "cancel":
                    return event[1]
                if event in self.flying:
                    self.settle(event, outcome)
                else:
                    pending = main.send((event, outcome))
        except StopIteration as stop:
            return stop.value

    def unwind(self, why):
        if self.pivoted or not any(line.task.policy.compensate for line in self.ledger.values()):
            return why
        while waited := [line for key, line in self.ledger.items() if ("effect", *key, line.attempt) in self.flying]:
            if all(line.happened != "running" for line in waited):
                break
            event, outcome = yield self.flying | {("grace", "", (), 0)}
            for line in waited if event[0] == "grace" else ():
                self.mark(line, "unknown")
            self.settle(event, outcome)
        if self.pivoted:
            return why
        for line in reversed(self.ledger.values()):
            if line.task.policy.compensate:
                variables = {**line.env.variables, "output": line.output, "context": line.context}
                try:
                    env = Env(line.env.iteration, variables, undoes=True)
                    yield from self.until(self.block(line.task.policy.compensate, {}, env))
                except Error:
                    line.undone = "failed"
                    return "compensation_failed"
                line.undone = "compensated"
            elif line.task.policy.pivot and line.happened == "unknown":
                return "compensation_failed"
        return "compensated"

    def settle(self, event, outcome):
        self.flying.discard(event)
        line = self.ledger.get(event[1:3])
        if line and line.attempt == event[3] and line.happened == "running":
            self.mark(line, HAPPENED[type(outcome)], getattr(outcome, "output", None))
            self.pivoted |= line.happened == "succeeded" and line.task.policy.pivot

    def mark(self, line, happened, output=None):
        line.happened, line.output, line.context = happened, output, self.context

    def block(self, block, data, env):
        for task in block:
            if task.condition is None or VALUES[task.condition](data, {}):
                data, flow = yield from self.task(task, data, env)
                if flow in {"exit", "end"}:
                    return data, flow
        return data, ""

    def task(self, task, data, env):
        work = getattr(self, f"run_{task.kind}")(task, data, env)
        if task.timeout is not None:
            work = self.within(work, ("timeout", task.pointer, (), 0))
        output, flow = yield from work
        if task.output.expression is not None:
            output = value_of(task.output.expression, output)
        if task.export.expression is not None:
            self.context = value_of(task.export.expression, output, output=output)
        if (line := self.ledger.get((task.pointer, env.iteration))) and not env.undoes:
            self.mark(line, line.happened, output)
        return output, "end" if flow == "end" else task.then

    def within(self, work, limit):
        try:
            pending = next(work)
            while True:
                event, outcome = yield pending | {limit}
                if event == limit:
                    raise Error(408, limit[1])
                pending = work.send((event, outcome))
        except StopIteration as stop:
            return stop.value
        finally:
            work.close()

    def run_set(self, task, data, env):
        return value_of(task.value, data, context=self.context, **env.variables), ""
        yield

    def run_raise(self, task, data, env):
        raise Error(task.error.status, task.pointer)
        yield

    def run_wait(self, task, data, env):
        yield {("wait", task.pointer, (), 0)}
        return data, ""

    def run_do(self, task, data, env):
        return (yield from self.block(task.block, data, env))

    def run_for(self, task, data, env):
        for at, item in enumerate(VALUES[task.in_](data, {})):
            inner = env._replace(iteration=(*env.iteration, str(at)), variables={**env.variables, task.each: item})
            data, flow = yield from self.block(task.block, data, inner)
            if flow == "end":
                return data, flow
        return data, ""

    def run_fork(self, task, data, env):
        branches = [self.task(branch, data, env) for branch in task.branches]
        waits, outputs, turns = {}, {}, [(at, None) for at in range(len(branches))]
        try:
            while turns or waits:
                at, sent = turns.pop(0) if turns else (None, (yield set().union(*waits.values())))
                at = next(known for known in waits if sent[0] in waits[known]) if at is None else at
                try:
                    waits[at] = branches[at].send(sent)
                except StopIteration as stop:
                    waits.pop(at, None)
                    outputs[at], flow = stop.value
                    if task.compete or flow == "end":
                        return outputs[at], flow
            return [outputs[at] for at in sorted(outputs)], ""
        except Error:
            before = set(self.flying)
            [branch.close() for branch in branches]
            left = self.flying - before
            self.flying -= left
            yield from self.drain(left)
            raise
        finally:
            [branch.close() for branch in branches]

    def drain(self, left):
        try:
            while left:
                event, outcome = yield left
                left = left - {event}
                self.settle(event, outcome)
        finally:
            self.flying |= left

    def run_try(self, task, data, env):
        catch, retry, retries = task.catch, task.catch.retry, 0
        while True:
            try:
                return (yield from self.block(task.block, data, env._replace(guarded=True)))
            except Error as error:
                if catch.errors and catch.errors.status not in {None, error.status}:
                    raise
                if not (retry and error.retriable is not False and retries < retry.count):
                    if retry and not catch.block:
                        raise
                    break
            retries += 1
            if retry.delay:
                yield {("retry", task.pointer, (), 0)}
        return (yield from self.block(catch.block, data, env))

    def run_call(self, task, data, env):
        key = (task.pointer, env.iteration)
        while True:
            self.attempts[key] = self.attempts.get(key, 0) + 1
            event = ("effect", *key, self.attempts[key])
            self.arguments[event] = value_of(task.arguments, data, **env.variables)
            fresh = not env.undoes and key not in self.ledger
            if not env.undoes:
                line = self.ledger.setdefault(key, Line(task, env))
                line.attempt, line.happened = self.attempts[key], "running"
            try:
                _, outcome = yield {event}
            except GeneratorExit:  # stopped; what the world never heard of never began
                if event in self.heard:
                    self.flying.add(event)
                elif fresh:
                    del self.ledger[key]
                elif not env.undoes:
                    self.mark(line, "cancelled")
                raise
            self.settle(event, outcome)
            if isinstance(outcome, Succeeded):
                return outcome.output, ""
            must = not env.guarded and (env.undoes or self.pivoted)
            may = outcome.retriable is not False or (env.undoes and isinstance(outcome, Unknown))
            if not (must and may):
                raise Error(outcome.error.status, task.pointer, outcome.retriable)
            yield {("retry", task.pointer, (), 0)}

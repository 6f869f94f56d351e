"""Plans in few words, and a shell without a database: after every signal it stores the state as JSON and reads it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs

from workflows.domain import plan as p
from workflows.domain.expressions import BoundedEvaluator
from workflows.domain.failures import WorkflowError, standard
from workflows.domain.plan import plan_from_json, plan_to_json
from workflows.domain.signals import (
    Abandon,
    CancelTimer,
    Continue,
    Continued,
    EventArrived,
    Failed,
    Finish,
    HistoryEntry,
    Listen,
    Perform,
    Performed,
    Publish,
    Signal,
    Started,
    StartTimer,
    Succeeded,
    TimerFired,
    Unknown,
    Unlisten,
    from_json,
    to_json,
)
from workflows.domain.state import Advance, Context, State, advance, state_from_json, state_to_json

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVALUATOR = BoundedEvaluator()
RETRIABLE = Failed(error=standard("communication", "Service unavailable"))
FINAL = Failed(error=standard("communication", "Refused"), retriable=False)
UNKNOWN = Unknown(error=standard("timeout", "No answer"))


# --- plans ------------------------------------------------------------------------------------------------------------


def plan(*block: p.Task, **given: Any) -> p.Plan:
    made = p.Plan(namespace="tests", name="run", version="1.0.0", block=placed(block, "/do"), **given)
    assert plan_from_json(json.loads(json.dumps(plan_to_json(made)))) == made
    return made


def placed(block: p.Block, where: str) -> p.Block:
    return tuple(_placed(task, f"{where}/{at}/{task.name}") for at, task in enumerate(block))


def _placed(task: p.Task, pointer: str) -> p.Task:
    changes: dict[str, Any] = {"pointer": pointer}
    if task.policy.compensate:
        undoing = placed(task.policy.compensate, f"{pointer}/metadata/orchestration/compensate")
        changes["policy"] = replace(task.policy, compensate=undoing)
    match task:
        case p.Do(block=block) | p.For(block=block):
            changes["block"] = placed(block, f"{pointer}/do")
        case p.Try(block=block, catch=catch):
            changes["block"] = placed(block, f"{pointer}/try")
            changes["catch"] = replace(catch, block=placed(catch.block, f"{pointer}/catch/do"))
        case p.Fork(branches=branches):
            changes["branches"] = placed(branches, f"{pointer}/fork/branches")
    return replace(task, **changes)


def call(name: str, *undo: p.Task, pivot: bool = False, key: Any = None, **given: Any) -> p.Call:
    policy = p.Policy(compensate=undo or None, pivot=pivot, idempotency_key=key)
    given = {"arguments": {"of": name}, **given}
    return p.Call(name=name, pointer="", function="connector", policy=policy, **given)


def sets(name: str, value: Any, **given: Any) -> p.Set:
    return p.Set(name=name, pointer="", value=value, **given)


def do(name: str, *block: p.Task, **given: Any) -> p.Do:
    return p.Do(name=name, pointer="", block=block, **given)


def fork(name: str, *branches: p.Task, compete: bool = False, **given: Any) -> p.Fork:
    return p.Fork(name=name, pointer="", branches=branches, compete=compete, **given)


def loop(name: str, in_: str, *block: p.Task, **given: Any) -> p.For:
    return p.For(name=name, pointer="", in_=in_, block=block, **given)


def attempt(name: str, *block: p.Task, catch: p.Catch | None = None, **given: Any) -> p.Try:
    return p.Try(name=name, pointer="", block=block, catch=catch or p.Catch(), **given)


def switch(name: str, *cases: tuple[str | None, str], **given: Any) -> p.Switch:
    made = tuple(p.Case(name=f"case{at}", when=when, then=then) for at, (when, then) in enumerate(cases))
    return p.Switch(name=name, pointer="", cases=made, **given)


def wait(name: str, seconds: Any = 60, **given: Any) -> p.Wait:
    return p.Wait(name=name, pointer="", duration=seconds, **given)


def fail(name: str, status: int = 500, **given: Any) -> p.Raise:
    error = p.ErrorDefinition(type="https://example.com/errors/own", status=status, title="Own error")
    return p.Raise(name=name, pointer="", error=error, **given)


def listen(name: str, **given: Any) -> p.Listen:
    return p.Listen(name=name, pointer="", one=p.EventFilter(with_={"type": "paid"}), **given)


def emit(name: str, *undo: p.Task, **event: Any) -> p.Emit:
    return p.Emit(name=name, pointer="", event=event, policy=p.Policy(compensate=undo or None))


# --- running ----------------------------------------------------------------------------------------------------------


class JsonSchemas:
    def fault(self, schema: Any, value: Any) -> str:
        try:
            jsonschema_rs.validate(schema, value)
        except jsonschema_rs.ValidationError as error:
            return str(error.message)
        return ""


Answer = Callable[[Perform], Any]


def succeed(command: Perform) -> Succeeded:
    """What the world answers unless a test says otherwise."""
    return Succeeded(output={"did": command.pointer.rsplit("/", 1)[-1]})


@dataclass
class Shell:
    """Carries out what `advance` asks for. `answer` is the world: it sees every `Perform` once per attempt."""

    plan: p.Plan
    answer: Answer = succeed
    quantum: int = 200
    draw: float = 0.5
    now: datetime = START
    stored: str = field(default_factory=lambda: json.dumps(state_to_json(State())))
    asked: list[Perform] = field(default_factory=list)
    performed: list[Perform] = field(default_factory=list)
    timers: dict[str, StartTimer] = field(default_factory=dict)
    listeners: dict[str, Listen] = field(default_factory=dict)
    published: list[Publish] = field(default_factory=list)
    abandoned: list[Abandon] = field(default_factory=list)
    finished: Finish | None = None
    continues: int = 0
    history: list[HistoryEntry] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)  # timers that fired while the run was held up

    @property
    def state(self) -> State:
        return state_from_json(json.loads(self.stored))

    def context(self) -> Context:
        return Context(
            run_id="run-1", now=self.now, evaluator=EVALUATOR, schemas=JsonSchemas(), draw=self.draw,
            quantum=self.quantum,
        )  # fmt: skip

    def send(self, signal: Signal) -> Advance:
        before = self.stored
        given = self.state
        known = from_json(json.loads(json.dumps(to_json(signal))))
        made = advance(self.plan, given, known, self.context())
        assert json.dumps(state_to_json(given)) == before, "the given state was changed"
        self.stored = json.dumps(state_to_json(made.state))
        if made.state.suspended and isinstance(signal, TimerFired):
            self.held.add(signal.timer)
        assert state_to_json(self.state) == state_to_json(made.state)
        if made.ignored:
            self.ignored.append(made.ignored)
            assert (self.stored, made.commands, made.history) == (before, (), ())
        for entry in made.history:
            assert entry.number == len(self.history) + 1
            self.history.append(from_json(json.loads(json.dumps(to_json(entry)))))
        for command in made.commands:
            self._carry_out(from_json(json.loads(json.dumps(to_json(command)))))
        return made

    def _carry_out(self, command: Any) -> None:
        match command:
            case Perform():
                self.asked.append(command)
            case Abandon():
                self.abandoned.append(command)
            case StartTimer():
                assert command.timer not in self.timers
                self.timers[command.timer] = command
            case CancelTimer():
                assert command.timer in self.timers or command.timer in self.held
                self.timers.pop(command.timer, None)
            case Listen():
                self.listeners[command.listener] = command
            case Unlisten():
                del self.listeners[command.listener]
            case Publish():
                self.published.append(command)
            case Continue():
                self.continues += 1
            case Finish():
                self.finished = command

    def perform(self, name: str = "") -> None:
        """Lets the world answer the first effect in waiting, or the one of that task."""
        at = next(i for i, command in enumerate(self.asked) if not name or command.pointer.endswith(f"/{name}"))
        command = self.asked.pop(at)
        self.performed.append(command)
        self.send(Performed(effect=command.effect, attempt=command.attempt, outcome=self.answer(command)))

    def fire(self, purpose: str = "") -> None:
        """Lets time pass until the next timer is due."""
        due = [timer for timer in self.timers.values() if not purpose or timer.purpose == purpose]
        timer = min(due, key=lambda timer: timer.due_at)
        del self.timers[timer.timer]
        self.now = max(self.now, timer.due_at)
        self.send(TimerFired(timer=timer.timer))

    def arrive(self, **event: Any) -> None:
        listener = next(iter(self.listeners))
        del self.listeners[listener]
        self.send(EventArrived(listener=listener, event=event))

    def settle(self) -> "Shell":
        """Goes on while anything can be done without time passing."""
        while self.asked or self.continues:
            if self.continues:
                self.continues -= 1
                self.send(Continued())
            else:
                self.perform()
        return self

    def run(self, input: Any = None) -> "Shell":  # noqa: A002
        """Starts the run and goes on to its end, timers and all."""
        self.send(Started(input={} if input is None else input))
        self.settle()
        for _ in range(1000):
            if self.finished or not self.timers:
                break
            self.fire()
            self.settle()
        return self

    # --- what a test looks at

    @property
    def status(self) -> str:
        return self.state.status

    @property
    def output(self) -> Any:
        return self.state.output

    @property
    def error(self) -> WorkflowError:
        assert self.finished is not None
        assert self.finished.error is not None
        return self.finished.error

    @property
    def effects(self) -> list[str]:
        """The names of the tasks that were performed, in order."""
        return [command.pointer.rsplit("/", 1)[-1] for command in self.performed]

    def told(self, *kinds: str) -> Iterator[HistoryEntry]:
        return (entry for entry in self.history if not kinds or entry.type in kinds)

    def undone(self) -> dict[str, str]:
        return {entry.effect: entry.undone for entry in self.state.ledger}


def start(made: p.Plan, input: Any = None, **given: Any) -> Shell:  # noqa: A002
    """A run that has begun and done all it can do without an answer."""
    shell = Shell(made, **given)
    shell.send(Started(input={} if input is None else input))
    return shell


def run(made: p.Plan, input: Any = None, **given: Any) -> Shell:  # noqa: A002
    """A run to its end."""
    return Shell(made, **given).run(input)


def scripted(**answers: Any) -> Answer:
    """A world that answers a task by name with the next of its outcomes, the last for ever; otherwise with success."""
    left = {name: list(outcomes) if isinstance(outcomes, list) else [outcomes] for name, outcomes in answers.items()}

    def answer(command: Perform) -> Any:
        name = command.pointer.rsplit("/", 1)[-1]
        if name not in left:
            return succeed(command)
        return left[name].pop(0) if len(left[name]) > 1 else left[name][0]

    return answer

"""One turn of a run: the copy of the state that is being changed, and what is collected on the way.

It knows ids, time, expressions, commands and history; what tasks do with them stands in the modules beside.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, TypeAlias

from workflows.domain.expressions import ExpressionError
from workflows.domain.failures import Raised, WorkflowError, standard
from workflows.domain.plan import DataFlow, Plan, Task
from workflows.domain.retry import seconds
from workflows.domain.run.context import Context
from workflows.domain.run.data import Entry, Json, Node, State
from workflows.domain.signals import CancelTimer, Command, EntryType, HistoryEntry, Perform, StartTimer

HISTORY_VALUE_BYTES: Final = 16_384
RUNTIME: Final[Mapping[str, Json]] = {"name": "ai-orchestration", "version": "1", "metadata": {}}
GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the run a task stands: how deep, in which iteration, with which variables of the tasks around it.

    `tries` is the outermost `try` with a retry policy: it counts the attempts of the effects in it. `guarded` says that
    some `try` is around it. In a compensation `undoes` is the key of the effect to undo, `first` the pointer of the
    first call that may do it, and `round` how often a person had it tried again.
    """

    depth: int = 0
    iteration: tuple[str, ...] = ()
    variables: Mapping[str, Json]
    tries: Node | None = None
    guarded: bool = False
    undoes: str = ""
    first: str = ""
    round: int = 0

    def of(self, node: Node) -> "Place":
        """The place of a task in the block at this place: a task that is entered again is another iteration."""
        return Place(
            depth=self.depth + 1,
            iteration=(*self.iteration, f"{self.depth}~{node.visit}") if node.visit else self.iteration,
            variables=self.variables,
            tries=self.tries,
            guarded=self.guarded,
            undoes=self.undoes,
            first=self.first,
            round=self.round,
        )

    def within(self, *, iteration: tuple[str, ...] = (), variables: Mapping[str, Json] | None = None) -> "Place":
        """The place of a block inside the task at this place."""
        return replace(self, iteration=self.iteration + iteration, variables={**self.variables, **(variables or {})})


@dataclass(frozen=True, slots=True)
class Done:
    """A task or block came to its end. `flow` None means: whatever `then` of the task says."""

    output: Json
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A task or block failed. `retriable` and `wait_seconds` are what the effect said about trying again."""

    error: WorkflowError
    retriable: bool | None = None
    wait_seconds: float = 0


Result: TypeAlias = Done | Broken | None  # None: it waits
Kinds: TypeAlias = Mapping[str, Callable[["Machine", Any, Node, Place], Result]]


class Machine:
    """The state in change. Made for one call of `advance`, thrown away after it."""

    def __init__(self, plan: Plan, state: State, context: Context, kinds: "Kinds") -> None:
        self.plan = plan
        self.state = state
        self.context = context
        self.kinds = kinds
        self.now = context.now
        self.began = state.sequence
        self.commands: list[Command] = []
        self.history: list[HistoryEntry] = []
        self.budget = context.quantum
        self.exhausted = False

    # --- ids, time, chance

    def sequence(self) -> int:
        """The next number of this run; never given twice."""
        self.state.sequence += 1
        return self.state.sequence

    def effect(self, task: Task, node: Node, place: Place) -> str:
        """The name of this performance of a task; the same over retries."""
        generation = f"@{node.generation}" if node.generation else ""
        return f"{located(task, place)}{generation}" + (f"!{place.round}" if place.round else "")

    def key(self, effect: str) -> str:
        """The idempotency key that the engine makes."""
        return hashlib.sha256(f"{self.context.run_id} {effect}".encode()).hexdigest()[:32]

    def draw(self) -> float:
        """A number from 0 to 1 for this turn's next use of chance."""
        return (self.context.draw + self.state.sequence * GOLDEN) % 1.0

    def elapsed_seconds(self, since: str) -> float:
        return (self.now - datetime.fromisoformat(since)).total_seconds()

    # --- commands and history

    def start_timer(self, purpose: Any, after_seconds: float, *, pointer: str = "") -> str:
        timer = f"{purpose}-{self.sequence()}"
        due_at = self.now + timedelta(seconds=after_seconds)
        self.commands.append(StartTimer(timer=timer, due_at=due_at, purpose=purpose, pointer=pointer))
        return timer

    def cancel_timer(self, timer: str) -> Literal[""]:
        """Cancels a timer if there is one; the empty id that takes its place."""
        mine = [command for command in self.commands if isinstance(command, StartTimer) and command.timer == timer]
        if mine:
            self.commands.remove(mine[0])
        elif timer:
            self.commands.append(CancelTimer(timer=timer))
        return ""

    def unask(self, effect: str) -> bool:
        """Takes back an effect that was asked for in this very turn: nobody has heard of it yet."""
        mine = [command for command in self.commands if isinstance(command, Perform) and command.effect == effect]
        for command in mine:
            self.commands.remove(command)
        return bool(mine)

    def note(self, kind: EntryType, **data: Json) -> None:
        """A line of history about the run."""
        self.history.append(HistoryEntry(number=self._line(), at=self.now, type=kind, data=data))

    def tell(self, kind: EntryType, task: Task, node: Node, place: Place, **data: Json) -> None:
        """A line of history about a task."""
        self.history.append(
            HistoryEntry(
                number=self._line(), at=self.now, type=kind, pointer=task.pointer, iteration=".".join(place.iteration),
                generation=node.generation, attempt=node.attempt, data=data,
            )
        )  # fmt: skip

    def tell_of(self, kind: EntryType, entry: Entry, **data: Json) -> None:
        """A line of history about an effect in the ledger."""
        self.history.append(
            HistoryEntry(
                number=self._line(), at=self.now, type=kind, pointer=entry.pointer, iteration=entry.iteration,
                generation=entry.generation, attempt=entry.attempt, data={"effect": entry.effect, **data},
            )
        )  # fmt: skip

    def _line(self) -> int:
        self.state.entries += 1
        return self.state.entries

    # --- data

    @property
    def data(self) -> Json:
        """`$context` of the tree that is running."""
        return self.state.undo_context if self.state.undo else self.state.context

    def export(self, value: Json) -> None:
        """Replaces `$context`; that of a compensation is its own and ends with it."""
        if self.state.undo:
            self.state.undo_context = value
        else:
            self.state.context = value

    @cached_property
    def run_variables(self) -> Mapping[str, Json]:
        """`$workflow` and `$runtime`."""
        document = {"namespace": self.plan.namespace, "name": self.plan.name, "version": self.plan.version}
        workflow = {
            "id": self.context.run_id,
            "definition": {"document": document},
            "input": self.state.input,
            "startedAt": described(self.state.started_at),
        }
        return {"workflow": workflow, "runtime": RUNTIME}

    def variables(self, task: Task, node: Node, place: Place, **more: Json) -> Mapping[str, Json]:
        """Every variable an expression of the task may use; `$input` and `$output` come with `more`."""
        told = {"name": task.name, "reference": task.pointer, "input": node.raw, "startedAt": described(node.since)}
        return {**self.run_variables, **place.variables, "context": self.data, "task": told, **more}

    def evaluate(self, expression: str, value: Json, variables: Mapping[str, Json]) -> Json:
        try:
            return self.context.evaluator.evaluate(expression, value, variables)
        except ExpressionError as error:
            raise Raised(standard("expression", "An expression failed", detail=str(error))) from error

    def render(self, template: Json, value: Json, variables: Mapping[str, Json]) -> Json:
        try:
            return self.context.evaluator.render(template, value, variables)
        except ExpressionError as error:
            raise Raised(standard("expression", "An expression failed", detail=str(error))) from error

    def holds(self, expression: str, value: Json, variables: Mapping[str, Json]) -> bool:
        """Whether a condition is met; as in jq, everything but false and null is."""
        found = self.evaluate(expression, value, variables)
        return found is not None and found is not False

    def seconds(self, duration: Json, value: Json, variables: Mapping[str, Json]) -> float:
        """A duration of the plan, which may be an expression."""
        try:
            return seconds(self.render(duration, value, variables) if isinstance(duration, str) else duration)
        except ValueError as error:
            raise Raised(standard("expression", "A duration is not valid", detail=str(error))) from error

    def shaped(self, flow: DataFlow, value: Json, variables: Mapping[str, Json]) -> Json:
        """A value as `input.from`, `output.as` or `export.as` makes it."""
        return value if flow.expression is None else self.render(flow.expression, value, variables)

    def check(self, flow: DataFlow, value: Json, what: str) -> None:
        """Raises a validation error where the value does not have the form that was declared."""
        fault = self.context.schemas.fault(flow.schema, value) if flow.schema is not None else ""
        if fault:
            raise Raised(standard("validation", f"The {what} does not have the declared form", detail=fault))


def located(task: Task, place: Place) -> str:
    """Pointer and iteration of a task."""
    return f"{task.pointer}[{'.'.join(place.iteration)}]" if place.iteration else task.pointer


def recorded(value: Json) -> Json:
    """A value as history shows it: itself, or its digest when it is large."""
    if len(repr(value)) < HISTORY_VALUE_BYTES // 6:  # no character takes more than six bytes
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    if len(text) <= HISTORY_VALUE_BYTES:
        return value
    return {"$digest": f"sha256:{hashlib.sha256(text).hexdigest()}", "$bytes": len(text)}


@lru_cache(maxsize=1024)
def described(moment: str) -> Json:
    """A time as the DSL describes it to expressions."""
    if not moment:
        return None
    seconds_since = datetime.fromisoformat(moment).timestamp()
    epoch = {"seconds": int(seconds_since), "milliseconds": int(seconds_since * 1000)}
    return {"iso8601": moment, "epoch": epoch}

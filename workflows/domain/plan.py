"""The plan: a definition in its normal form, the only thing that engine, simulator, diagram and exporters read.

The compiler makes it from a document that was found valid. Nothing is left to look up: retries, timeouts, errors,
authentications and functions declared under `use` stand where they are used, durations are seconds, error types have
one spelling. A plan is stored with its definition version and never changes.

    Template   JSON; every text in it that is wholly `${ … }` is a jq expression, all other texts are meant literally
    Expr       jq without the `${ }` around it
    Seconds    a number, or the text `${ … }` of an expression that gives a duration when the task starts
    pointer    JSON pointer of the task in the document (`/do/0/reserve`), unique in the plan
    then       `continue`, `exit`, `end`, or the name of a task beside this one in the same block
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, ClassVar, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

Json: TypeAlias = Any
Template: TypeAlias = Any
Expr: TypeAlias = str
Seconds: TypeAlias = int | float | str

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFlow:
    """One of input, output or export: what the data must look like, and how it is made (None leaves it as it is)."""

    schema: Json = None
    expression: Template = None


UNCHANGED: Final = DataFlow()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What `metadata.orchestration` says about a task.

    `compensate` None: nothing is declared; an empty block: its author says that there is nothing to undo.
    `idempotency_key` is a Template; without one the engine makes a key from run, pointer, iteration and generation.
    """

    compensate: "Block | None" = None
    pivot: bool = False
    idempotency_key: Template = None
    concurrency: int | None = None
    dispatch: Literal["inline", "task"] = "inline"


DEFAULT_POLICY: Final = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every kind of task has."""

    kind: ClassVar[str] = ""

    name: str
    pointer: str
    condition: Expr | None = None
    input: DataFlow = UNCHANGED
    output: DataFlow = UNCHANGED
    export: DataFlow = UNCHANGED
    timeout: Seconds | None = None
    then: str = "continue"
    policy: Policy = DEFAULT_POLICY


Block: TypeAlias = tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Do(Task):
    """Its tasks, one after the other."""

    kind: ClassVar[str] = "do"
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(Task):
    """`value` replaces the output."""

    kind: ClassVar[str] = "set"
    value: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Task):
    """A function of ours: `http`, or one of the default catalog (`chat`, …) with the version that was asked for."""

    kind: ClassVar[str] = "call"
    function: str
    version: str = ""
    arguments: Template = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way out of a switch; without `when` it is taken if no other is."""

    name: str
    when: Expr | None = None
    then: str = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Task):
    kind: ClassVar[str] = "switch"
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFilter:
    """Which errors a catch takes: all given properties must be equal. `type` has the one spelling of `error_types`."""

    type: Template = None
    status: Template = None
    instance: Template = None
    title: Template = None
    detail: Template = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A retry policy. `count` is the most retries after the first attempt; None has no limit of that kind."""

    when: Expr | None = None
    except_when: Expr | None = None
    delay: Seconds = 0
    backoff: Literal["constant", "linear", "exponential"] = "constant"
    count: int | None = None
    attempt_seconds: Seconds | None = None
    total_seconds: Seconds | None = None
    jitter_from: Seconds = 0
    jitter_to: Seconds = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """`block` runs when an error is caught and no retry is left; the error is the variable `as_` there."""

    errors: ErrorFilter | None = None
    as_: str = "error"
    when: Expr | None = None
    except_when: Expr | None = None
    retry: Retry | None = None
    block: Block = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Try(Task):
    kind: ClassVar[str] = "try"
    block: Block
    catch: Catch


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Task):
    kind: ClassVar[str] = "wait"
    duration: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """`from_` takes a value out of the event; it must equal `expect`, or what the first matching event gave."""

    from_: Expr
    expect: Template = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Attributes an event must have (`with_`, CloudEvents names; a text `${ … }` is a condition on that attribute)."""

    with_: Mapping[str, Template]
    correlate: Mapping[str, Correlation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen(Task):
    """Wait for one event; its output is a list with that event's `read` part."""

    kind: ClassVar[str] = "listen"
    one: EventFilter
    read: Literal["data", "envelope", "raw"] = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit(Task):
    """`event`: CloudEvents attributes and `data`, as Template."""

    kind: ClassVar[str] = "emit"
    event: Mapping[str, Template]


@dataclass(frozen=True, slots=True, kw_only=True)
class For(Task):
    """`in_` is evaluated once; `each` and `at` name the variables of item and index."""

    kind: ClassVar[str] = "for"
    in_: Expr
    block: Block
    each: str = "item"
    at: str = "index"
    while_: Expr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork(Task):
    """Branches side by side; the output lists theirs in order, or with `compete` is that of the first to finish."""

    kind: ClassVar[str] = "fork"
    branches: Block
    compete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDefinition:
    type: Template
    status: int
    title: Template = None
    detail: Template = None
    instance: Template = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise(Task):
    kind: ClassVar[str] = "raise"
    error: ErrorDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole definition. `schedule_on`: an event that meets any of these starts a run (none: it never starts so)."""

    namespace: str
    name: str
    version: str
    block: Block
    title: str = ""
    summary: str = ""
    input: DataFlow = UNCHANGED
    output: DataFlow = UNCHANGED
    timeout: Seconds | None = None
    schedule_on: tuple[EventFilter, ...] = ()
    secrets: tuple[str, ...] = ()
    format: int = FORMAT


KINDS: Final[Mapping[str, type[Task]]] = MappingProxyType(
    {kind.kind: kind for kind in (Do, Set, Call, Switch, Try, Wait, Listen, Emit, For, Fork, Raise)}
)


def blocks(task: Task) -> tuple[Block, ...]:
    """The blocks directly inside a task, in the order of the document; its compensation is not among them."""
    match task:
        case Do(block=block) | For(block=block):
            return (block,)
        case Try(block=block, catch=catch):
            return (block, catch.block)
        case Fork(branches=branches):
            return (branches,)
    return ()


def walk(block: Block) -> Iterator[Task]:
    """Every task of a block and below, in the order of the document, each followed by its compensation."""
    for task in block:
        yield task
        for inner in blocks(task):
            yield from walk(inner)
        yield from walk(task.policy.compensate or ())


def by_pointer(plan: Plan) -> dict[str, Task]:
    """All tasks of a plan by their pointer."""
    return {task.pointer: task for task in walk(plan.block)}


def plan_to_json(plan: Plan) -> dict[str, Json]:
    """JSON-able form of a plan, without what has its default value."""
    encoded: dict[str, Json] = _encode(plan)
    return {"format": plan.format, **encoded}


def plan_from_json(data: Mapping[str, Json]) -> Plan:
    """The plan that `plan_to_json` wrote; ValueError for any other format."""
    if data.get("format") != FORMAT:
        raise ValueError(f"plan format {data.get('format')!r} is not known")
    plan: Plan = _decode(Plan, data)
    return plan


def _encode(value: Any) -> Any:
    if is_dataclass(value):
        shown = {item.name: getattr(value, item.name) for item in fields(value)}
        content = {name: _encode(shown[name]) for name in shown if shown[name] != _default(type(value), name)}
        return {"kind": value.kind, **content} if isinstance(value, Task) else content
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    return value


def _decode(hint: Any, value: Any) -> Any:
    if hint is Any or value is None:
        return value
    if get_origin(hint) in {Union, UnionType}:
        options = [option for option in get_args(hint) if option is not type(None)]
        return _decode(options[0], value) if len(options) == 1 else value
    if get_origin(hint) is tuple:
        return tuple(_decode(get_args(hint)[0], item) for item in value)
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return {key: _decode(get_args(hint)[1], item) for key, item in value.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        kind = KINDS[value["kind"]] if hint is Task else hint
        return kind(**{name: _decode(_hints(kind)[name], item) for name, item in value.items() if name != "kind"})
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    made = {item.name: item.default_factory() for item in fields(kind) if item.default_factory is not MISSING}
    return {item.name: item.default for item in fields(kind) if item.default_factory is MISSING} | made


def _default(kind: Any, name: str) -> Any:
    return _defaults(kind)[name]

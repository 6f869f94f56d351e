"""What a plan holds, in the vocabulary: traits and measures of each task, and of the whole."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final

from workflows.domain.expressions import expressions_in
from workflows.domain.jq import JqRefused, Parsed, parsed
from workflows.domain.plan import (
    DEFAULT_POLICY,
    UNCHANGED,
    Block,
    Call,
    Emit,
    EventFilter,
    For,
    Fork,
    Listen,
    Plan,
    Set,
    Switch,
    Task,
    Try,
    Wait,
    blocks,
    plan_to_json,
    walk,
)
from workflows.platforms.vocabulary import TRAITS

DEFAULT_CALL_SECONDS: Final = 60  # what a call may take whose task has no timeout
DIRECTIVES: Final = frozenset({"continue", "exit", "end"})
SOURCES: Final = frozenset({"condition", "when", "except_when", "in_", "while_", "from_"})
OUTSIDE: Final = frozenset({"block", "branches", "compensate", "schema", "name", "pointer", "function", "version"})
LOOPS: Final = frozenset({"map/1", "select/1", "slice"})
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found: codes of the vocabulary in its order, and measures by name."""

    codes: tuple[str, ...]
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A task, how deep it stands, how many forks are around it, and the names before it in its block."""

    task: Task
    depth: int = 0
    forks: int = 0
    before: frozenset[str] = frozenset()


def located(plan: Plan) -> Iterator[Located]:
    """Every task of a plan in the order of `walk`, with its place."""
    yield from _block(plan.block, 0, 0)


def _block(block: Block, depth: int, forks: int) -> Iterator[Located]:
    before: set[str] = set()
    for task in block:
        before.add(task.name)
        yield Located(task=task, depth=depth, forks=forks, before=frozenset(before))
        for inner in blocks(task):
            yield from _block(inner, depth + 1, forks + isinstance(task, Fork))
        yield from _block(task.policy.compensate or (), depth + 1, forks)


def task_facts(place: Located) -> Facts:
    """The kind of a task, its traits and measures."""
    task = place.task
    found = list(sources(task))
    expressions = [_parsed(source) for source in found]
    traits = {*_flow(place), *_waiting(task), *_kind(task), *_policy(task), *_expressions(expressions)}
    return Facts(
        codes=(kind_of(task), *(code for code in TRAITS if code in traits)), measures=dict(_measures(place, found))
    )


def plan_facts(plan: Plan) -> Facts:
    """What concerns a plan as a whole."""
    tasks = list(walk(plan.block))
    undoes = any(task.policy.compensate for task in tasks)
    present = {
        "step_gateway": any(isinstance(task, Call | Emit) for task in tasks),
        "event_bridge": any(isinstance(task, Listen) or kind_of(task) == "approval" for task in tasks),
        "start_event": bool(plan.schedule_on),
        "start_condition": any(_is_conditional(one) for one in plan.schedule_on),
        "run_timeout": plan.timeout is not None and not undoes,
        "run_timeout_undo": plan.timeout is not None and undoes,
        "secrets": bool(plan.secrets),
        "payload": True,
        "history": True,
    }
    found = list(sources(plan))
    own = [_parsed(source) for source in found]
    codes = [code for code, is_there in present.items() if is_there]
    codes += ["schema"] if plan.input.schema is not None or plan.output.schema is not None else []
    measures = {
        "definition_name": len(f"{plan.namespace}-{plan.name}"),
        "source": len(json.dumps(plan_to_json(plan), ensure_ascii=False).encode()),
        "expression": max(map(len, found), default=0),
    }
    return Facts(codes=(*codes, *_expressions(own)), measures=measures)


def kind_of(task: Task) -> str:
    """The kind of a task in the vocabulary."""
    return "approval" if isinstance(task, Call) and task.function == "approval" else task.kind


def sources(value: Any) -> Iterator[str]:
    """Every jq expression of a task or plan itself, without those of the tasks inside it."""
    if not is_dataclass(value):
        yield from expressions_in(value)
        return
    for one in fields(value):
        part = getattr(value, one.name)
        if one.name in OUTSIDE or part is None or part is UNCHANGED or part is DEFAULT_POLICY:
            continue
        if one.name in SOURCES:
            yield str(part)
        elif isinstance(part, Mapping):
            for item in part.values():
                yield from sources(item)
        elif isinstance(part, tuple):
            for item in part:
                yield from sources(item)
        else:
            yield from sources(part)


def _parsed(source: str) -> Parsed | None:
    try:
        return parsed(source)
    except JqRefused:
        return None


def _expressions(found: list[Parsed | None]) -> Iterator[str]:
    if any(one is None or one.cost is None for one in found):
        yield "expression_beyond"
    if any(one is not None and one.cost is not None and one.parts & LOOPS for one in found):
        yield "expression_loop"


def _flow(place: Located) -> Iterator[str]:
    task = place.task
    targets = [task.then, *(case.then for case in task.cases)] if isinstance(task, Switch) else [task.then]
    if task.then not in DIRECTIVES:
        yield "jump"
    if any(target in place.before for target in targets):
        yield "jump_back"
    if task.export is not UNCHANGED and task.export.expression is not None and place.forks:
        yield "export_in_branch"
    if any(flow.schema is not None for flow in (task.input, task.output, task.export)):
        yield "schema"
    if not PLAIN_NAME.fullmatch(task.name):
        yield "name_letters"


def _waiting(task: Task) -> Iterator[str]:
    """What a task says of time."""
    waits = isinstance(task, Listen) or kind_of(task) == "approval"
    if task.timeout is not None:
        yield "wait_timeout" if waits else "call_timeout" if isinstance(task, Call) else "block_timeout"
    elif waits and _expiry(task) is None:
        yield "endless_wait"


def _expiry(task: Task) -> Any:
    """How long a person has to answer."""
    return task.arguments.get("expiresIn") if isinstance(task, Call) and isinstance(task.arguments, Mapping) else None


def _kind(task: Task) -> Iterator[str]:
    """What only this kind of task may have."""
    match task:
        case Listen(one=wanted):
            yield "early_event"
            if _is_conditional(wanted):
                yield "listen_condition"
        case For(while_=condition) if condition is not None:
            yield "for_while"
        case Fork(compete=compete, branches=branches):
            if compete:
                yield "fork_compete"
            if (task.policy.concurrency or len(branches)) < len(branches):
                yield "fork_bounded"
        case Try():
            yield from _try(task)


def _is_conditional(wanted: EventFilter) -> bool:
    return bool(wanted.correlate or any(True for value in wanted.with_.values() for _found in expressions_in(value)))


def _try(task: Try) -> Iterator[str]:
    catch, several = task.catch, len(task.block) > 1 or any(blocks(inner) for inner in task.block)
    if several:
        yield "try_block"
    if catch.errors is not None or catch.when is not None or catch.except_when is not None:
        yield "catch_condition"
    retry = catch.retry
    if retry is None:
        return
    present = {
        "retry": True,
        "retry_block": several,
        "retry_linear": retry.backoff == "linear",
        "retry_jitter": bool(retry.jitter_from or retry.jitter_to),
        "retry_fraction": any(isinstance(one, float) and one % 1 for one in (retry.delay, retry.attempt_seconds)),
        "retry_condition": retry.when is not None or retry.except_when is not None,
        "retry_total": retry.total_seconds is not None,
        "retry_endless": retry.count is None and retry.total_seconds is None,
        "attempt_timeout": retry.attempt_seconds is not None,
    }
    yield from (code for code, found in present.items() if found)


def _policy(task: Task) -> Iterator[str]:
    if task.policy.compensate:
        yield "compensate"
    if task.policy.pivot:
        yield "pivot"
    if task.policy.idempotency_key is not None:
        yield "idempotency_key"


def _measures(place: Located, expressions: list[str]) -> Iterator[tuple[str, float]]:
    """Only what is known before a run: a duration that is an expression is not measured."""
    task = place.task
    yield "name", len(task.name)
    yield "expression", max(map(len, expressions), default=0)
    match task:
        case Wait(duration=seconds) if not isinstance(seconds, str):
            yield "wait", seconds
        case Listen(timeout=seconds) if seconds is not None and not isinstance(seconds, str):
            yield "wait", seconds
        case Call() if kind_of(task) == "approval":
            known = [one for one in (task.timeout, _expiry(task)) if isinstance(one, int | float)]
            yield from (("wait", one) for one in known[:1])
        case Call(timeout=seconds) if not isinstance(seconds, str):
            yield "call", DEFAULT_CALL_SECONDS if seconds is None else seconds
        case Fork(branches=branches):
            yield "branches", len(branches)
            yield "branches_at_once", min(task.policy.concurrency or len(branches), len(branches))
            yield "fork_depth", place.forks + 1
        case Set(value=value) if isinstance(value, Mapping):
            yield "assignments", len(value)
        case Switch(cases=cases):
            yield "conditions", len(cases)

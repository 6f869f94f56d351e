"""Random plans whose data is always `{"n": number}`, and the few expressions in them with their meaning in Python."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.unit.workflows.runs import attempt, call, do, fail, fork, loop, plan, sets, wait
from workflows.domain import plan as p

VALUES: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "${ .n }": lambda data, _: data["n"],
    "${ .n + 1 }": lambda data, _: data["n"] + 1,
    "${ .n + $item }": lambda data, known: data["n"] + known["item"],
    "${ $context.n }": lambda _, known: known["context"]["n"],
    "${ $context }": lambda _, known: known["context"],
    "${ $output }": lambda _, known: known["output"],
    "${ $item }": lambda _, known: known["item"],
    "${ {n: length} }": lambda data, _: {"n": len(data)},
    ".n > 2": lambda data, _: data["n"] > 2,
    ".n < 3": lambda data, _: data["n"] < 3,
    "[1, 2]": lambda *_: [1, 2],
    "[3]": lambda *_: [3],
    "[]": lambda *_: [],
}
COUNTED = p.DataFlow(expression="${ {n: length} }")
EXPORTED = p.DataFlow(expression="${ $output }")
COMPOSITES = ("do", "loop", "fork", "race", "try", "try", "try")
LEAVES = ("call", "call", "call", "call", "set", "raise", "wait")


@st.composite
def plans(draw: st.DrawFn) -> p.Plan:
    return plan(*draw(_blocks(depth=2, looped=False)))


@st.composite
def _blocks(draw: st.DrawFn, *, depth: int, looped: bool, most: int = 3) -> tuple[p.Task, ...]:
    made = [draw(_tasks(name=f"t{at}", depth=depth, looped=looped)) for at in range(draw(st.integers(1, most)))]
    return tuple(replace(task, condition=draw(_rarely(st.sampled_from([".n > 2", ".n < 3"])))) for task in made)


@st.composite
def _tasks(draw: st.DrawFn, *, name: str, depth: int, looped: bool) -> p.Task:
    kind = draw(st.sampled_from((*LEAVES, *COMPOSITES) if depth else LEAVES))
    made: p.Task = draw(_KINDS[kind](name, depth, looped))
    if kind in {"call", "do", "wait", "try", "fork"}:
        made = replace(made, timeout=draw(_rarely(st.just(5))))
    if kind in {"call", "set"} and draw(st.booleans()):
        made = replace(made, export=EXPORTED)
    return replace(made, then=draw(_rarely(st.sampled_from(["exit", "end"]))) or "continue")


def _rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 7).flatmap(lambda drawn: strategy if drawn == 7 else st.none())


@st.composite
def _calls(draw: st.DrawFn, name: str, depth: int, looped: bool) -> p.Task:
    seen = {"out": "${ $output }", "context": "${ $context }", **({"item": "${ $item }"} if looped else {})}
    undo = [call(f"undo{at}", arguments=seen) for at in range(draw(st.sampled_from([0, 1, 1, 2])))]
    return call(name, *undo, arguments={"n": "${ .n }"}, pivot=draw(st.integers(0, 9)) == 9)


@st.composite
def _sets(draw: st.DrawFn, name: str, depth: int, looped: bool) -> p.Task:
    known = ["${ .n + 1 }", "${ $context.n }", 7, *(["${ .n + $item }"] if looped else [])]
    return sets(name, {"n": draw(st.sampled_from(known))})


@st.composite
def _tries(draw: st.DrawFn, name: str, depth: int, looped: bool) -> p.Task:
    retry = draw(st.none() | st.builds(p.Retry, count=st.integers(0, 2), delay=st.sampled_from([0, 2])))
    errors = draw(_rarely(st.builds(p.ErrorFilter, status=st.sampled_from([408, 418, 500]))))
    block = draw(st.just(()) | _blocks(depth=depth - 1, looped=looped, most=2))
    return attempt(
        name, *draw(_blocks(depth=depth - 1, looped=looped)), catch=p.Catch(errors=errors, retry=retry, block=block)
    )


@st.composite
def _forks(draw: st.DrawFn, name: str, depth: int, looped: bool, *, compete: bool) -> p.Task:
    count = draw(st.integers(2, 3))
    branches = [draw(_tasks(name=f"b{at}", depth=depth - 1, looped=looped)) for at in range(count)]
    made = fork(name, *branches, compete=compete)
    return made if compete else replace(made, output=COUNTED)


_KINDS: dict[str, Callable[[str, int, bool], st.SearchStrategy[p.Task]]] = {
    "call": _calls,
    "set": _sets,
    "raise": lambda name, depth, looped: st.sampled_from([418, 500]).map(lambda status: fail(name, status)),
    "wait": lambda name, depth, looped: st.just(wait(name, 60)),
    "do": lambda name, depth, looped: _blocks(depth=depth - 1, looped=looped).map(lambda block: do(name, *block)),
    "loop": lambda name, depth, looped: st.tuples(
        st.sampled_from(["[1, 2]", "[3]", "[]"]), _blocks(depth=depth - 1, looped=True, most=2)
    ).map(lambda drawn: loop(name, drawn[0], *drawn[1])),
    "fork": lambda name, depth, looped: _forks(name, depth, looped, compete=False),
    "race": lambda name, depth, looped: _forks(name, depth, looped, compete=True),
    "try": _tries,
}

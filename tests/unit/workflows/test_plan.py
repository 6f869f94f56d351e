"""A plan survives its JSON form, and can be walked."""

import dataclasses
import json

import pytest

from workflows.domain.plan import (
    KINDS,
    Call,
    Case,
    Catch,
    Correlation,
    DataFlow,
    Do,
    Emit,
    ErrorDefinition,
    ErrorFilter,
    EventFilter,
    For,
    Fork,
    Listen,
    Plan,
    Policy,
    Raise,
    Retry,
    Set,
    Switch,
    Try,
    Wait,
    by_pointer,
    plan_from_json,
    plan_to_json,
)


def at(pointer, kind, **content):
    return kind(name=pointer.rsplit("/", 1)[-1], pointer=pointer, **content)


EVENT = EventFilter(with_={"type": "paid"}, correlate={"order": Correlation(from_=".data.id", expect="${ .id }")})
UNDO = at("/do/0/a/do/0/reserve/metadata/orchestration/compensate/0/undo", Call, function="connector", version="1.0.0")
FULL = Plan(
    namespace="bank",
    name="payment",
    version="1.2.0",
    title="Payment",
    input=DataFlow(schema={"type": "object", "kind": "looks like a task"}, expression="${ .body }"),
    timeout=60,
    schedule_on=(EVENT,),
    secrets=("token",),
    block=(
        at("/do/0/a", Do, block=(
            at("/do/0/a/do/0/reserve", Call, function="http", arguments={"kind": "do", "name": ["${ .a }", None, 1.5]},
               policy=Policy(compensate=(UNDO,), pivot=True, idempotency_key="${ .id }", dispatch="task")),
        ), condition=".a > 1", timeout="${ .patience }"),
        at("/do/1/b", Switch, cases=(Case(name="x", when=".x", then="exit"), Case(name="y", then="c"))),
        at("/do/2/c", Try, block=(at("/do/2/c/try/0/e", Emit, event={"type": "t"}),), catch=Catch(
            errors=ErrorFilter(status=503), retry=Retry(delay=0.5, backoff="exponential", count=3),
            block=(at("/do/2/c/catch/do/0/w", Wait, duration=5, policy=Policy(compensate=())),),
        )),
        at("/do/3/d", Listen, one=EVENT, read="envelope"),
        at("/do/4/f", For, in_=".items", block=(at("/do/4/f/do/0/s", Set, value={"a": None}),)),
        at("/do/5/g", Fork, compete=True, branches=(
            at("/do/5/g/fork/branches/0/r", Raise, error=ErrorDefinition(type="https://e/x", status=400)),
        )),
    ),
)  # fmt: skip


def test_a_plan_with_every_kind_comes_back_equal_from_json():
    text = json.dumps(plan_to_json(FULL))
    assert plan_from_json(json.loads(text)) == FULL
    assert {task.kind for task in by_pointer(FULL).values()} == set(KINDS)


def test_nothing_to_undo_is_told_from_nothing_declared():
    waived = by_pointer(plan_from_json(plan_to_json(FULL)))["/do/2/c/catch/do/0/w"]
    assert waived.policy.compensate == ()
    assert by_pointer(FULL)["/do/3/d"].policy.compensate is None


def test_every_task_is_found_by_its_pointer_compensations_included():
    found = by_pointer(FULL)
    assert found[UNDO.pointer] is UNDO
    assert list(found)[:3] == ["/do/0/a", "/do/0/a/do/0/reserve", UNDO.pointer]


def test_plans_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.block[0].name = "other"


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="format 2"):
        plan_from_json({**plan_to_json(FULL), "format": 2})

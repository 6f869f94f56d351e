"""Signals that come twice, late or for something else; runs held up, resumed, taken up again; the JSON forms."""

import json
from dataclasses import MISSING, fields

import pytest

from tests.unit.workflows.runs import (
    FINAL,
    RETRIABLE,
    START,
    attempt,
    call,
    do,
    fail,
    fork,
    listen,
    loop,
    plan,
    run,
    scripted,
    sets,
    start,
    wait,
)
from workflows.domain import signals
from workflows.domain.failures import standard
from workflows.domain.plan import Catch, DataFlow, Retry
from workflows.domain.signals import (
    CancelRequested,
    Continued,
    EventArrived,
    Failed,
    Performed,
    ResumeRequested,
    RetryRequested,
    Started,
    Succeeded,
    SuspendRequested,
    TimerFired,
    Waiting,
    from_json,
    to_json,
)
from workflows.domain.state import State, outstanding, state_from_json, state_to_json

DONE = Succeeded(output=1)


def answer(effect, attempt=1, outcome=DONE):
    return Performed(effect=effect, attempt=attempt, outcome=outcome)


# --- what changes nothing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signal",
    [
        answer("/do/0/a"),
        answer("/do/0/a", 2),
        answer("/do/7/never"),
        TimerFired(timer="wait-99"),
        EventArrived(listener="listen-99", event={}),
        Started(input=None),
        RetryRequested(),
        ResumeRequested(),
    ],
)
def test_what_the_run_does_not_wait_for_changes_nothing_and_says_why(signal):
    shell = start(plan(call("a"), fork("both", wait("b"), listen("c"), call("d")))).settle()
    shell.asked.clear()
    made = shell.send(signal)
    assert made.ignored
    assert made.state == shell.state


def test_every_signal_may_come_twice():
    made = plan(call("a"), wait("b"), listen("c"), call("d"))
    shell = start(made)
    for signal in (
        answer("/do/0/a"), TimerFired(timer="wait-1"), EventArrived(listener="listen-2", event={}), answer("/do/3/d"),
    ):  # fmt: skip
        assert shell.send(signal).ignored == ""
        assert shell.send(signal).ignored
    assert shell.status == "completed"


def test_an_answer_to_an_earlier_attempt_is_not_taken_for_the_present_one():
    made = plan(attempt("try", call("a"), catch=Catch(retry=Retry(count=1))))
    shell = start(made)
    shell.send(answer("/do/0/try/try/0/a", 1, RETRIABLE))
    shell.send(answer("/do/0/try/try/0/a", 1, DONE))
    assert (shell.status, shell.ignored) == ("running", ["another attempt is awaited"])


def test_a_timer_and_an_answer_at_once_are_decided_by_who_comes_first():
    first, second = (start(plan(attempt("try", call("a", timeout=5)))) for _ in range(2))
    first.send(answer("/do/0/try/try/0/a"))
    first.send(TimerFired(timer="timeout-1"))
    second.send(TimerFired(timer="timeout-1"))
    second.send(answer("/do/0/try/try/0/a"))
    assert (first.output, second.output, len(first.ignored + second.ignored)) == (1, {}, 2)


def test_nothing_happens_before_the_start_or_after_the_end():
    before, after = start(plan(wait("a"))), run(plan(call("a")))
    assert State() == state_from_json(state_to_json(State()))
    assert after.send(answer("/do/0/a")).ignored == "the run has ended"
    assert after.send(CancelRequested(mode="leave")).ignored == "the run has ended"
    assert before.send(answer("/do/0/a")).ignored == "nothing awaits this answer"


def test_saying_twice_that_the_answer_comes_later_is_once():
    shell = start(plan(call("a")))
    shell.send(answer("/do/0/a", 1, Waiting()))
    assert shell.send(answer("/do/0/a", 1, Waiting())).ignored == "it is known that the answer comes later"


def test_effects_whose_answer_may_be_lost_can_be_asked_again():
    shell = start(plan(fork("both", call("a"), call("b"))))
    shell.perform("a")
    assert outstanding(shell.state) == tuple(shell.asked)


# --- held up ----------------------------------------------------------------------------------------------------------


def test_a_suspended_run_keeps_what_arrives_and_goes_on_with_it_later():
    shell = start(plan(call("a"), call("b")))
    shell.send(SuspendRequested(by="bob"))
    shell.perform("a")
    assert (shell.status, shell.asked) == ("suspended", [])
    shell.send(ResumeRequested(by="bob"))
    assert (shell.status, [command.pointer for command in shell.asked]) == ("running", ["/do/1/b"])
    assert [entry.type for entry in shell.told("run.suspended", "run.resumed")] == ["run.suspended", "run.resumed"]


def test_a_suspended_run_can_be_cancelled():
    shell = start(plan(call("a", call("undo"))))
    shell.send(SuspendRequested())
    shell.perform("a")
    shell.send(CancelRequested(mode="compensate"))
    assert (shell.settle().status, shell.effects) == ("compensated", ["a", "undo"])


def test_a_run_that_has_more_to_do_is_suspended_in_the_middle():
    shell = start(plan(*(sets(f"s{n}", n) for n in range(9))), quantum=3)
    shell.send(SuspendRequested())
    shell.settle()
    assert shell.status == "suspended"
    shell.send(ResumeRequested())
    assert shell.settle().output == 8


# --- taken up again ---------------------------------------------------------------------------------------------------


def test_a_faulted_run_is_taken_up_where_it_failed_under_a_new_key():
    shell = run(plan(call("a"), do("block", call("b")), call("c")), answer=scripted(b=[FINAL, DONE]))
    assert shell.status == "faulted"
    shell.send(RetryRequested(by="bob"))
    assert (shell.settle().status, shell.effects) == ("completed", ["a", "b", "b", "c"])
    first, again = (command for command in shell.performed if command.pointer.endswith("/b"))
    assert (first.effect, again.effect) == ("/do/1/block/do/0/b", "/do/1/block/do/0/b@1")
    assert first.idempotency_key != again.idempotency_key


def test_what_succeeded_in_other_branches_is_not_done_again():
    made = plan(fork("both", call("a"), call("b"), wait("c"), sets("d", 4)))
    shell = start(made, answer=scripted(a=[FINAL, DONE]))
    shell.perform("a")
    shell.perform("b")
    shell.send(RetryRequested())
    shell.settle()
    shell.fire()
    assert (shell.effects, shell.output) == (["a", "b", "a"], [1, {"did": "b"}, {}, 4])


def test_a_loop_is_taken_up_in_the_iteration_that_failed():
    shell = run(plan(loop("each", "[1, 2, 3]", call("a"))), answer=scripted(a=[DONE, FINAL, DONE]))
    shell.send(RetryRequested())
    assert (shell.settle().status, [command.effect for command in shell.performed]) == (
        "completed",
        ["/do/0/each/do/0/a[0]", "/do/0/each/do/0/a[1]", "/do/0/each/do/0/a[1]@1", "/do/0/each/do/0/a[2]@1"],
    )


def test_retries_and_timeouts_start_anew():
    made = plan(attempt("try", call("a"), catch=Catch(retry=Retry(count=1)), timeout=60), timeout=600)
    shell = run(made, answer=scripted(a=[RETRIABLE, RETRIABLE, RETRIABLE, DONE]))
    shell.send(RetryRequested())
    assert {timer.purpose for timer in shell.timers.values()} == {"timeout", "run_timeout"}
    assert (shell.settle().status, len(shell.performed), shell.timers) == ("completed", 4, {})


def test_a_run_that_did_not_fail_is_not_taken_up_again():
    completed = run(plan(call("a")))
    assert completed.send(RetryRequested()).ignored == "the run cannot be taken up where it failed"


def test_an_answer_kept_for_a_retry_survives_the_next_failure_of_its_sibling():
    made = plan(fork("both", do("first", call("a"), fail("raise", condition='${ .did == "a" }')), call("b")))
    shell = start(made)
    shell.perform("a")
    shell.perform("b")
    for generation in (1, 2):
        shell.send(RetryRequested())
        assert (shell.settle().status, shell.state.generation, shell.effects) == ("faulted", generation, ["a", "b"])


def test_a_branch_that_came_to_its_end_is_kept_with_everything_in_it():
    race = fork(
        "race", call("b"), call("c"), compete=True, export=DataFlow(expression="${ {ran: ($context.ran + 1)} }")
    )
    shell = start(plan(fork("both", call("a"), race)), answer=scripted(a=[FINAL, DONE]))
    shell.perform("b")
    shell.perform("a")
    shell.send(RetryRequested())
    assert (shell.settle().output, shell.state.context) == ([1, {"did": "b"}], {"ran": 1})
    assert shell.effects.count("b") == 1


def test_an_event_that_was_heard_is_not_waited_for_again():
    shell = start(plan(fork("both", call("a"), listen("b", read="data"))), answer=scripted(a=[FINAL, DONE]))
    shell.arrive(data="heard")
    shell.perform("a")
    shell.send(RetryRequested())
    assert (shell.settle().output, shell.listeners) == ([1, ["heard"]], {})


def paused_before_it_fails(beside):
    """A fork whose first branch has used up the quantum right before it fails, while the other one waits."""
    shell = start(
        plan(fork("both", do("first", call("a"), *(sets(name, 1) for name in "xyz"), fail("raise")), beside)), quantum=3
    )
    shell.continues -= 1
    shell.send(Continued())
    shell.perform("a")
    assert shell.continues == 1
    return shell


@pytest.mark.parametrize("outcome", [DONE, FINAL, Waiting(detail={})], ids=lambda outcome: type(outcome).__name__)
def test_an_answer_in_the_turn_in_which_another_branch_fails_is_taken(outcome):
    shell = paused_before_it_fails(call("b", call("undo")))
    shell.send(answer("/do/0/both/fork/branches/1/b", outcome=outcome))
    happened = {"Succeeded": "succeeded", "Failed": "failed", "Waiting": "cancelled"}[type(outcome).__name__]
    assert [(entry.happened, entry.awaited) for entry in shell.state.ledger if entry.handler] == [(happened, False)]
    shell.asked = [command for command in shell.asked if command.compensating]
    assert shell.settle().status == "compensated"


def test_what_fired_in_the_turn_of_a_failure_does_not_fire_after_it():
    shell = paused_before_it_fails(wait("b", 60))
    shell.fire()
    assert (shell.status, shell.timers) == ("faulted", {})
    shell.quantum = 200
    shell.send(RetryRequested())
    assert not any(node.fired for node in shell.state.nodes())


def test_a_limit_of_time_that_cannot_be_made_again_ends_the_run_as_it_ended_before():
    made = plan(
        do("block", sets("n", 0, export=DataFlow(expression="${ {} }")), call("a"), timeout="${ $context.seconds }")
    )
    shell = start(made, {"seconds": 60}, answer=scripted(a=FINAL)).settle()
    shell.send(RetryRequested())
    assert (shell.status, shell.error.type.rsplit("/", 1)[-1]) == ("faulted", "expression")


def test_the_key_an_author_chose_is_made_fresh_too():
    shell = run(plan(call("a", key="${ .id }")), {"id": "P"}, answer=scripted(a=[FINAL, DONE]))
    shell.send(RetryRequested())
    assert [command.idempotency_key for command in shell.settle().performed] == ["P", "P@1"]


# --- JSON forms -------------------------------------------------------------------------------------------------------

VALUES = {
    "outcome": Failed(error=standard("timeout", "Late", detail="x"), retry_after_seconds=2),
    "error": standard("runtime", "Odd"),
    "at": START,
    "due_at": START,
    "event": {"id": "1", "at": "an attribute of that name"},
    "attempt": 2,
}


@pytest.mark.parametrize("name", sorted(signals._FORMS))
def test_every_signal_command_and_entry_survives_its_json_form(name):
    form = signals._FORMS[name]
    needed = {item.name: VALUES.get(item.name, item.name) for item in fields(form) if item.default is MISSING}
    made = form(**{**needed, **{name: VALUES[name] for name in VALUES.keys() & {item.name for item in fields(form)}}})
    assert from_json(json.loads(json.dumps(to_json(made)))) == made


@pytest.mark.parametrize(
    "data", [{}, {"is": "Nothing"}, {"is": "TimerFired"}, {"is": "TimerFired", "timer": "t", "x": 1}]
)
def test_unknown_forms_and_fields_are_refused(data):
    with pytest.raises((ValueError, TypeError)):
        from_json(data)


@pytest.mark.parametrize("data", [{}, {"format": 2}, {"format": 1, "unknown": 1}])
def test_a_state_of_another_format_is_refused(data):
    with pytest.raises((ValueError, TypeError)):
        state_from_json(data)


def test_the_state_of_a_finished_run_is_small():
    shell = run(plan(loop("each", ".items", call("a")), fail("b", condition="false")), {"items": list(range(50))})
    assert len(shell.stored) < 600

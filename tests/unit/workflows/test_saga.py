"""Undoing a run: what is undone, in which order, what a compensation sees, and what happens when it fails too."""

import pytest

from tests.unit.workflows.runs import (
    FINAL,
    RETRIABLE,
    UNKNOWN,
    Shell,
    attempt,
    call,
    do,
    emit,
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
from workflows.domain.plan import Catch, DataFlow, Retry
from workflows.domain.signals import (
    CancelRequested,
    CompensationDecided,
    Performed,
    RetryRequested,
    Started,
    Succeeded,
    TimerFired,
    Waiting,
)

CANCEL = CancelRequested(mode="compensate", by="alice", reason="no longer wanted")
FINALLY = {"compensated", "failed", "skipped", "not_applicable"}
SEEN = {
    "output": "${ $output }",
    "input": "${ $compensation.input }",
    "context": "${ $context }",
    "key": "${ $compensation.idempotencyKey }",
    "outcome": "${ $compensation.outcome }",
}


def undo(name, **given):
    return call(f"undo_{name}", **given)


def undoable(name, **given):
    return call(name, undo(name, arguments=SEEN), **given)


def final(shell):
    return [(entry.type.split(".")[1], entry.pointer.rsplit("/", 1)[-1]) for entry in records(shell)]


def records(shell):
    return [entry for entry in shell.told() if entry.type in {f"compensation.{undone}" for undone in FINALLY}]


# --- what and when ----------------------------------------------------------------------------------------------------


def test_a_failed_run_is_undone_in_the_reverse_order_of_starting():
    shell = run(plan(undoable("a"), undoable("b"), call("c")), answer=scripted(c=FINAL))
    assert (shell.status, shell.effects) == ("compensated", ["a", "b", "c", "undo_b", "undo_a"])
    assert final(shell) == [("not_applicable", "c"), ("compensated", "b"), ("compensated", "a")]
    assert shell.error.instance == "/do/2/c"


def test_order_is_that_of_starting_whichever_branch_answered_first():
    shell = start(plan(fork("both", undoable("a"), undoable("b")), fail("raise")))
    shell.perform("b")
    shell.perform("a")
    assert shell.settle().effects == ["b", "a", "undo_b", "undo_a"]


def test_a_caught_error_undoes_nothing():
    shell = run(plan(undoable("a"), attempt("try", undoable("b"))), answer=scripted(b=FINAL))
    assert (shell.status, shell.effects) == ("completed", ["a", "b"])


def test_effects_before_a_caught_error_are_undone_when_the_run_fails_later():
    shell = run(plan(attempt("try", undoable("a"), undoable("b")), fail("raise")), answer=scripted(b=FINAL))
    assert shell.effects == ["a", "b", "undo_b", "undo_a"]


def test_a_run_without_compensations_just_fails():
    assert run(plan(call("a"), fail("raise"))).status == "faulted"


def test_an_effect_that_was_never_started_is_not_undone():
    assert run(plan(fail("raise"), undoable("a"))).status == "faulted"


def test_a_timeout_of_the_run_undoes_it():
    shell = run(plan(undoable("a"), wait("long", 600), timeout=60))
    assert (shell.status, shell.effects, shell.error.status) == ("compensated", ["a", "undo_a"], 408)


def test_data_that_fails_at_the_very_end_undoes_the_run():
    shell = run(plan(undoable("a"), output=DataFlow(expression="${ .did + {} }")))
    assert (shell.status, shell.effects) == ("compensated", ["a", "undo_a"])


def test_an_author_may_say_that_there_is_nothing_to_undo():
    shell = run(plan(undoable("a"), do("b", call("c")), fail("raise")))
    assert final(shell) == [("not_applicable", "c"), ("compensated", "a")]


# --- what a compensation sees -----------------------------------------------------------------------------------------


def test_a_compensation_sees_input_output_and_context_as_they_were():
    export = DataFlow(expression="${ {after: $output.did} }")
    shell = run(
        plan(undoable("a", export=export), sets("b", {}, export=DataFlow(expression="${ {later: 1} }")), fail("c")),
        {"n": 1},
    )
    seen = shell.performed[-1].arguments
    assert seen == {
        "output": {"did": "a"}, "input": {"n": 1}, "context": {"after": "a"}, "outcome": "succeeded",
        "key": shell.performed[0].idempotency_key,
    }  # fmt: skip


@pytest.mark.parametrize(("outcome", "happened"), [(FINAL, "failed"), (UNKNOWN, "unknown")])
def test_the_effect_that_failed_is_undone_too_without_an_output(outcome, happened):
    shell = run(plan(undoable("a")), answer=scripted(a=outcome))
    seen = shell.performed[-1].arguments
    assert (shell.status, seen["output"], seen["outcome"]) == ("compensated", None, happened)


def test_its_key_is_made_of_the_key_of_the_effect():
    shell = run(plan(call("a", undo("a"), key="${ .id }"), fail("raise")), {"id": "P-1"})
    assert [command.idempotency_key for command in shell.performed] == ["P-1", "comp:P-1"]


def test_more_effects_in_one_compensation_have_keys_of_their_own():
    shell = run(plan(call("a", undo("a"), undo("b"), key="${ .id }"), fail("raise")), {"id": "P-1"})
    first, second = (command.idempotency_key for command in shell.performed[1:])
    assert (first, second.startswith("comp:P-1:")) == ("comp:P-1", True)


def test_every_iteration_is_undone_with_its_own_item():
    made = plan(
        loop("each", ".items", call("a", undo("a", arguments={"item": "${ $item }", "at": "${ $index }"}))),
        fail("raise"),
    )
    shell = run(made, {"items": ["x", "y"]})
    assert [command.arguments for command in shell.performed[2:]] == [{"item": "y", "at": 1}, {"item": "x", "at": 0}]


def test_a_tried_effect_is_undone_once_in_its_first_place():
    made = plan(
        attempt("try", undoable("a"), undoable("b"), catch=Catch(retry=Retry(count=1))), undoable("c"), fail("raise")
    )
    shell = run(made, answer=scripted(b=[RETRIABLE, Succeeded()]))
    assert shell.effects == ["a", "b", "a", "b", "c", "undo_c", "undo_b", "undo_a"]


def test_events_and_whole_blocks_can_be_undone():
    made = plan(
        do("block", call("a"), policy=call("x", undo("block")).policy),
        emit("told", emit("untold", type="untold"), type="told"),
        fail("raise"),
    )
    shell = run(made)
    assert [command.event["type"] for command in shell.published] == ["told", "untold"]
    assert (shell.status, shell.effects) == ("compensated", ["a", "undo_block"])


def test_the_context_of_a_compensation_ends_with_it():
    writes = sets("note", {}, export=DataFlow(expression="${ {changed: true} }"))
    shell = run(
        plan(call("a", undo("a", arguments=SEEN)), call("b", writes, undo("b", arguments=SEEN)), fail("c")), {"n": 1}
    )
    assert [command.arguments["context"] for command in shell.performed[2:]] == [{"changed": True}, {"n": 1}]


# --- effects in flight ------------------------------------------------------------------------------------------------


def test_effects_in_flight_answer_before_anything_is_undone():
    shell = start(plan(fork("both", undoable("a"), undoable("b"))), answer=scripted(a=FINAL))
    shell.perform("a")
    assert [command.pointer[-1] for command in shell.asked] == ["b"]
    shell.perform("b")
    assert [command.pointer.rsplit("/")[-1] for command in shell.asked] == ["undo_b"]
    assert shell.settle().performed[-2].arguments["output"] == {"did": "b"}


def test_nobody_waits_for_an_answer_longer_than_its_deadline_and_some():
    shell = start(plan(undoable("a", timeout=600)))
    shell.send(CANCEL)
    assert (shell.status, [timer.purpose for timer in shell.timers.values()]) == ("compensating", ["grace"])
    shell.fire("grace")
    assert shell.asked[-1].arguments["outcome"] == "unknown"
    shell.perform("a")
    assert shell.ignored == ["nothing awaits this answer"]


def test_the_loser_of_a_race_is_undone_with_what_it_answered_later():
    shell = start(plan(fork("race", undoable("a"), call("b"), compete=True), wait("pause"), fail("raise")))
    shell.perform("b")
    shell.perform("a")
    assert [entry.data["happened"] for entry in shell.told("task.settled")] == ["succeeded"]
    shell.fire()
    shell.settle()
    assert (shell.status, shell.performed[-1].arguments["output"]) == ("compensated", {"did": "a"})


def test_an_effect_that_is_stopped_before_anybody_heard_of_it_never_began():
    shell = start(plan(fork("race", undoable("a"), sets("b", 1), compete=True), fail("raise")))
    assert (shell.status, shell.asked, shell.undone()) == ("faulted", [], {})


def test_an_effect_that_timed_out_answers_before_it_is_undone():
    shell = start(plan(undoable("slow", timeout=5)))
    shell.fire("timeout")
    assert (shell.status, [command.pointer[-4:] for command in shell.asked]) == ("compensating", ["slow"])
    shell.settle()
    assert (shell.status, shell.performed[-1].arguments["outcome"]) == ("compensated", "succeeded")


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_a_cancelled_run_is_undone():
    shell = start(
        plan(undoable("a"), fork("both", wait("long"), listen("paid"), call("approve"))),
        answer=scripted(approve=Waiting()),
    )
    shell.settle()
    shell.send(CANCEL)
    assert (shell.timers, shell.listeners, [command.effect[-7:] for command in shell.abandoned]) == (
        {},
        {},
        ["approve"],
    )
    assert (shell.settle().status, shell.effects) == ("compensated", ["a", "approve", "undo_a"])
    assert next(shell.told("run.compensated")).data == {"by": "alice", "reason": "no longer wanted"}


def test_a_cancelled_run_may_be_left_as_it_is():
    shell = start(plan(undoable("a"), wait("long"))).settle()
    shell.send(CancelRequested(mode="leave"))
    assert (shell.status, shell.effects, final(shell)) == ("cancelled", ["a"], [("skipped", "a")])


@pytest.mark.parametrize("made", [plan(wait("long")), plan(wait("long"), undoable("a"))])
def test_a_cancelled_run_with_nothing_to_undo_is_just_cancelled(made):
    shell = start(made)
    shell.send(CANCEL)
    assert (shell.status, shell.timers) == ("cancelled", {})


def test_a_run_that_is_being_undone_cannot_be_cancelled_or_stopped():
    shell = start(plan(undoable("a"), fail("raise")))
    shell.perform()
    shell.send(CANCEL)
    shell.send(CancelRequested(mode="leave"))
    assert shell.ignored == ["the run is being undone already"] * 2
    assert shell.settle().status == "compensated"


def test_a_run_may_be_cancelled_before_it_starts():
    shell = Shell(plan(undoable("a")))
    shell.send(CANCEL)
    shell.send(Started(input={}))
    assert (shell.status, shell.ignored) == ("cancelled", ["the run was started already"])


# --- when undoing fails -----------------------------------------------------------------------------------------------


def test_a_compensation_is_tried_again_by_itself_under_the_same_key():
    shell = run(plan(undoable("a"), fail("raise")), answer=scripted(undo_a=[RETRIABLE, UNKNOWN, Succeeded()]))
    assert (shell.status, [command.attempt for command in shell.performed]) == ("compensated", [1, 1, 2, 3])
    assert len({command.idempotency_key for command in shell.performed[1:]}) == 1


@pytest.mark.parametrize("outcome", [FINAL, RETRIABLE])
def test_a_compensation_that_fails_for_good_halts_the_chain(outcome):
    shell = run(plan(undoable("a"), undoable("b"), undoable("c"), fail("raise")), answer=scripted(undo_b=outcome))
    assert shell.status == "compensation_failed"
    assert shell.undone() == {"/do/0/a": "skipped", "/do/1/b": "failed", "/do/2/c": "compensated"}
    assert "undo_a" not in shell.effects


def test_an_error_a_compensation_catches_does_not_fail_it():
    handler = attempt("try", undo("a"), catch=Catch(block=(call("other"),)))
    shell = run(plan(call("a", handler), fail("raise")), answer=scripted(undo_a=RETRIABLE))
    assert (shell.status, shell.effects) == ("compensated", ["a", "undo_a", "other"])


def test_compensations_are_not_undone_themselves():
    shell = run(plan(call("a", undoable("b"), undo("a")), fail("raise")), answer=scripted(undo_a=FINAL))
    assert (shell.status, shell.effects) == ("compensation_failed", ["a", "b", "undo_a"])


@pytest.mark.parametrize(("decision", "record"), [("done", "compensated"), ("skip", "skipped")])
def test_a_person_may_settle_a_failed_compensation_and_the_chain_goes_on(decision, record):
    shell = run(plan(undoable("a"), undoable("b"), fail("raise")), answer=scripted(undo_b=FINAL))
    shell.send(CompensationDecided(effect="/do/1/b", decision=decision, by="bob", reason="seen in the books"))
    assert (shell.settle().status, shell.undone()) == ("compensated", {"/do/0/a": "compensated", "/do/1/b": record})


def test_a_person_may_have_a_failed_compensation_tried_again():
    shell = run(plan(undoable("a"), undoable("b"), fail("raise")), answer=scripted(undo_b=[FINAL, Succeeded()]))
    shell.send(CompensationDecided(effect="/do/1/b", decision="retry", by="bob"))
    assert (shell.settle().status, shell.effects[-3:]) == ("compensated", ["undo_b", "undo_b", "undo_a"])
    first, again = (command for command in shell.performed if command.pointer.endswith("undo_b"))
    assert (first.idempotency_key == again.idempotency_key, first.effect != again.effect) == (True, True)


def test_a_decision_about_anything_else_changes_nothing():
    shell = run(plan(undoable("a"), undoable("b"), fail("raise")), answer=scripted(undo_b=FINAL))
    shell.send(CompensationDecided(effect="/do/0/a", decision="skip"))
    assert shell.ignored == ["no failed compensation of this effect awaits a decision"]


# --- the point of no return -------------------------------------------------------------------------------------------


def test_past_the_point_of_no_return_nothing_is_undone():
    shell = run(plan(undoable("a"), call("book", pivot=True), fail("raise")))
    assert (shell.status, shell.effects, shell.undone()["/do/0/a"]) == ("faulted", ["a", "book"], "not_applicable")


def test_past_the_point_of_no_return_effects_are_tried_until_they_succeed():
    shell = run(
        plan(undoable("a"), call("book", pivot=True), call("tell")),
        answer=scripted(tell=[RETRIABLE] * 5 + [Succeeded()]),
    )
    assert (shell.status, len(shell.performed)) == ("completed", 8)


def test_a_point_of_no_return_that_failed_was_not_passed():
    shell = run(plan(undoable("a"), call("book", pivot=True)), answer=scripted(book=FINAL))
    assert (shell.status, shell.effects) == ("compensated", ["a", "book", "undo_a"])


def test_when_it_is_not_known_whether_it_was_passed_a_person_decides():
    shell = run(plan(undoable("a"), call("book", pivot=True)), answer=scripted(book=UNKNOWN))
    assert (shell.status, shell.effects) == ("compensation_failed", ["a", "book"])
    shell.send(CompensationDecided(effect="/do/1/book", decision="done", by="bob", reason="not in the books"))
    assert shell.settle().status == "compensated"


def test_a_point_of_no_return_in_flight_counts_when_its_answer_comes():
    shell = start(plan(undoable("a"), call("book", pivot=True)))
    shell.perform("a")
    shell.send(CANCEL)
    shell.perform("book")
    assert (shell.status, shell.undone()) == (
        "cancelled",
        {"/do/0/a": "not_applicable", "/do/1/book": "not_applicable"},
    )


# --- crashes ----------------------------------------------------------------------------------------------------------


def test_every_effect_has_exactly_one_final_record():
    shell = run(plan(undoable("a"), call("b"), undoable("c"), fail("raise")), answer=scripted(undo_c=FINAL))
    assert sorted(entry.data["effect"] for entry in records(shell)) == ["/do/0/a", "/do/1/b", "/do/2/c"]
    assert set(shell.undone().values()) <= FINALLY


def test_answers_and_timers_of_the_way_forward_change_nothing_while_undoing():
    shell = start(plan(undoable("a"), undoable("b"), fail("raise")))
    shell.perform("a")
    shell.perform("b")
    shell.send(Performed(effect="/do/0/a", attempt=1, outcome=FINAL))
    shell.send(TimerFired(timer="wait-1"))
    shell.send(Started(input={}))
    assert len(shell.ignored) == 3
    assert shell.settle().status == "compensated"


def test_a_run_that_was_undone_is_not_taken_up_again():
    shell = run(plan(undoable("a"), fail("raise")))
    shell.send(RetryRequested())
    assert shell.ignored == ["the run cannot be taken up where it failed"]

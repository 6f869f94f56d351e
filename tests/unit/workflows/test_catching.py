"""Errors: raised, caught by what they are, tried again within limits; timeouts of tasks and of the run."""

from dataclasses import replace

import pytest

from tests.unit.workflows.runs import (
    FINAL,
    RETRIABLE,
    UNKNOWN,
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
from workflows.domain.failures import canonical_type, standard
from workflows.domain.plan import Catch, ErrorFilter, Retry
from workflows.domain.signals import Failed, Succeeded, Unknown, Waiting

COMMUNICATION = standard("communication", "Service unavailable").type
THRICE = Retry(count=3, delay=2)
CAUGHT = sets("caught", {"caught": "${ $error }"})


def tries(*block, errors=None, **given):
    return plan(attempt("try", *block, catch=Catch(errors=errors, **given)), sets("after", "${ . }"))


def test_an_error_nobody_catches_ends_the_run_where_it_arose():
    shell = run(plan(do("outer", fail("raise")), sets("never", 1)))
    assert (shell.status, shell.error.instance, shell.error.status) == ("faulted", "/do/0/outer/do/0/raise", 500)
    assert [entry.pointer for entry in shell.told("task.faulted")] == ["/do/0/outer/do/0/raise", "/do/0/outer"]


def test_a_caught_error_runs_the_catch_with_the_error_and_the_run_goes_on():
    shell = run(tries(call("a"), block=(CAUGHT,)), answer=scripted(a=RETRIABLE))
    assert shell.status == "completed"
    assert shell.output["caught"] == {
        "type": COMMUNICATION, "status": 500, "title": "Service unavailable", "instance": "/do/0/try/try/0/a",
    }  # fmt: skip


def test_the_error_may_have_another_name():
    made = tries(fail("raise"), as_="err", block=(sets("caught", "${ $err.title }"),))
    assert run(made).output == "Own error"


def test_a_catch_without_tasks_lets_the_input_through():
    assert run(tries(fail("raise")), {"n": 1}).output == {"n": 1}


@pytest.mark.parametrize(
    ("errors", "caught"),
    [
        (ErrorFilter(type=COMMUNICATION), True),
        (ErrorFilter(type="https://serverlessworkflow.io/spec/1.0.0/errors/communication"), True),
        (ErrorFilter(type="https://open-workflow-specification.org/dsl/errors/types/communication", status=500), True),
        (ErrorFilter(type=COMMUNICATION, status=503), False),
        (ErrorFilter(type="https://example.com/errors/communication"), False),
        (ErrorFilter(instance="/do/0/try/try/0/a"), True),
        (ErrorFilter(title="${ .expected }"), True),
        (ErrorFilter(detail="other"), False),
    ],
)
def test_a_catch_takes_only_errors_that_meet_its_filter(errors, caught):
    shell = run(tries(call("a"), errors=errors), {"expected": "Service unavailable"}, answer=scripted(a=RETRIABLE))
    assert (shell.status == "completed") is caught


@pytest.mark.parametrize(
    ("given", "caught"),
    [
        ({"when": "$error.status == 500"}, True),
        ({"when": "$error.status == 404"}, False),
        ({"except_when": "$error.status == 500"}, False),
        ({"except_when": ".never"}, True),
    ],
)
def test_a_catch_may_have_conditions(given, caught):
    assert (run(tries(fail("raise"), **given)).status == "completed") is caught


def test_an_error_in_a_catch_goes_up_to_the_next_try():
    inner = attempt("inner", fail("raise"), catch=Catch(block=(fail("again", 418),)))
    assert run(tries(inner, block=(CAUGHT,))).output["caught"]["status"] == 418


def test_an_error_in_the_condition_of_a_catch_fails_the_try():
    shell = run(tries(fail("raise"), when=".n + {}"), {"n": 1})
    assert (shell.status, shell.error.instance) == ("faulted", "/do/0/try")


# --- retries ----------------------------------------------------------------------------------------------------------


def test_a_retry_waits_and_asks_again_under_the_same_name_and_key():
    shell = run(tries(call("a"), retry=THRICE), answer=scripted(a=[RETRIABLE, RETRIABLE, Succeeded(output=1)]))
    assert (shell.status, shell.output) == ("completed", 1)
    assert [(command.effect, command.attempt) for command in shell.performed] == [
        ("/do/0/try/try/0/a", n) for n in (1, 2, 3)
    ]
    assert len({command.idempotency_key for command in shell.performed}) == 1
    assert [entry.data["delay_seconds"] for entry in shell.told("task.retried")] == [2, 2]


def test_the_whole_block_is_tried_again_and_finished_effects_keep_their_keys():
    shell = run(tries(call("a"), call("b"), retry=THRICE), answer=scripted(b=[RETRIABLE, Succeeded()]))
    assert [(command.pointer[-1], command.attempt) for command in shell.performed] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("b", 2),
    ]
    assert len({command.idempotency_key for command in shell.performed}) == 2


def test_when_no_retry_is_left_the_catch_runs():
    shell = run(tries(call("a"), retry=THRICE, block=(CAUGHT,)), answer=scripted(a=RETRIABLE))
    assert (len(shell.performed), shell.output["caught"]["status"]) == (4, 500)


def test_when_no_retry_is_left_and_there_is_nothing_to_run_the_error_goes_up():
    shell = run(tries(call("a"), retry=THRICE), answer=scripted(a=RETRIABLE))
    assert (shell.status, len(shell.performed)) == ("faulted", 4)


def test_retries_without_a_delay_need_no_timer():
    shell = start(tries(call("a"), retry=Retry(count=1)), answer=scripted(a=[RETRIABLE, Succeeded()])).settle()
    assert (shell.status, len(shell.performed)) == ("completed", 2)


def test_endless_retries_without_a_delay_are_slowed_down():
    shell = start(tries(fail("raise"), retry=Retry()))
    assert (shell.status, [timer.purpose for timer in shell.timers.values()]) == ("waiting", ["retry"])


def test_the_total_limit_ends_retries_before_their_count():
    shell = run(tries(call("a"), retry=Retry(count=9, delay=4, total_seconds="PT10S")), answer=scripted(a=RETRIABLE))
    assert (shell.status, len(shell.performed)) == ("faulted", 3)


def test_a_retry_policy_may_have_conditions():
    shell = run(
        tries(call("a"), retry=Retry(count=3, except_when="$error.status == 500")), answer=scripted(a=RETRIABLE)
    )
    assert (shell.status, len(shell.performed)) == ("faulted", 1)


def test_an_effect_that_says_no_for_good_is_not_tried_again():
    shell = run(tries(call("a"), retry=THRICE, block=(CAUGHT,)), answer=scripted(a=FINAL))
    assert (shell.status, len(shell.performed), shell.output["caught"]["title"]) == ("completed", 1, "Refused")


def test_an_unknown_outcome_is_tried_again_only_where_duplicates_are_removed():
    safe = Unknown(error=UNKNOWN.error, retriable=True)
    blind = run(tries(call("a"), retry=THRICE), answer=scripted(a=[UNKNOWN, Succeeded()]))
    deduplicated = run(tries(call("a"), retry=THRICE), answer=scripted(a=[safe, Succeeded()]))
    assert (blind.status, deduplicated.status) == ("faulted", "completed")


def test_no_retry_comes_before_the_time_the_other_side_asked_for():
    busy = Failed(error=RETRIABLE.error, retry_after_seconds=30)
    shell = start(tries(call("a"), retry=THRICE), answer=scripted(a=busy)).settle()
    (timer,) = shell.timers.values()
    assert (timer.due_at - shell.now).total_seconds() == 30


def test_an_attempt_that_takes_too_long_is_stopped_and_tried_again():
    shell = start(tries(wait("slow", 60), retry=Retry(count=1, attempt_seconds=5)))
    shell.fire()
    shell.fire()
    assert (shell.status, shell.error.status, shell.timers) == ("faulted", 408, {})


def test_a_retried_loop_asks_the_same_effects_again():
    answers = scripted(a=[Succeeded(), RETRIABLE, Succeeded()])
    shell = run(tries(loop("each", "[1, 2]", call("a")), retry=THRICE), answer=answers)
    assert [(command.effect[-3:], command.attempt) for command in shell.performed] == [
        ("[0]", 1), ("[1]", 1), ("[0]", 2), ("[1]", 2),
    ]  # fmt: skip


# --- branches ---------------------------------------------------------------------------------------------------------


def test_when_a_branch_fails_the_others_are_stopped_and_effects_in_flight_answer_first():
    made = plan(
        attempt("try", fork("both", call("a"), call("b"), wait("c"), listen("d")), catch=Catch(block=(CAUGHT,)))
    )
    shell = start(made, answer=scripted(a=RETRIABLE))
    shell.perform("a")
    assert (shell.status, shell.timers, shell.listeners) == ("running", {}, {})
    shell.perform("b")
    assert shell.output["caught"]["instance"] == "/do/0/try/try/0/both/fork/branches/0/a"


def test_an_approval_in_another_branch_is_withdrawn_when_one_fails():
    shell = start(plan(fork("both", call("a"), call("b"))), answer=scripted(a=RETRIABLE, b=Waiting()))
    shell.perform("b")
    shell.perform("a")
    assert (shell.status, [command.effect[-1] for command in shell.abandoned]) == ("faulted", ["b"])


# --- timeouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [wait("slow"), listen("slow"), call("slow"), do("slow", do("inner", wait("pause")))])
def test_a_task_that_takes_too_long_fails_with_a_timeout_and_leaves_nothing_behind(task):
    shell = start(plan(attempt("try", replace(task, timeout=5), catch=Catch(block=(CAUGHT,)))))
    shell.fire("timeout")
    assert (shell.status, shell.timers, shell.listeners) == ("completed", {}, {})
    assert shell.output["caught"].items() >= {"status": 408, "instance": "/do/0/try/try/0/slow"}.items()


def test_the_answer_of_an_effect_that_timed_out_changes_nothing():
    shell = start(plan(attempt("try", call("slow", timeout=5)), wait("pause")))
    shell.fire("timeout")
    shell.perform()
    assert shell.ignored == ["nothing awaits this answer"]


def test_a_task_in_time_calls_its_timeout_off():
    assert start(plan(call("a", timeout=5), wait("pause"))).settle().timers.keys() == {"wait-2"}


def test_the_run_has_a_timeout_too():
    shell = start(plan(wait("long", 600), timeout="PT1M"))
    shell.fire()
    assert (shell.status, shell.error.status, shell.error.instance, shell.timers) == ("faulted", 408, "/", {})


# --- what errors are --------------------------------------------------------------------------------------------------


def test_every_spelling_of_a_standard_type_is_the_same_type():
    spellings = ("spec/1.0.0/errors", "dsl/errors/types", "errors/types")
    hosts = ("serverlessworkflow.io", "open-workflow-specification.org")
    known = {canonical_type(f"https://{host}/{path}/timeout") for host in hosts for path in spellings}
    assert known == {standard("timeout", "").type}


def test_a_type_that_is_no_standard_one_stays_as_its_author_wrote_it():
    own = "https://open-workflow-specification.org/errors/types/compliance"
    assert canonical_type(own) == own

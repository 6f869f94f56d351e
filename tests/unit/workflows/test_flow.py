"""Tasks one after the other, beside and inside each other; where each goes next, and what data travels."""

import pytest

from tests.unit.workflows.runs import (
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
    switch,
    wait,
)
from workflows.domain.plan import DataFlow, Policy
from workflows.domain.signals import Continued, Perform, Performed, Started, Succeeded, Waiting

COLOURS = {"type": "object", "required": ["colors"]}


def adds(name, colour, **given):
    return sets(name, {"colors": f'${{ .colors + ["{colour}"] }}'}, **given)


def test_tasks_run_one_after_the_other_in_one_call():
    shell = start(plan(adds("a", "red"), adds("b", "green")))
    assert (shell.status, shell.output) == ("completed", {"colors": ["red", "green"]})


def test_then_jumps_inside_its_block_and_end_ends_the_run():
    made = plan(adds("a", "red", then="c"), adds("b", "blue", then="end"), adds("c", "green", then="b"))
    assert run(made).output == {"colors": ["red", "green", "blue"]}


def test_exit_leaves_only_its_own_block():
    made = plan(do("inner", adds("a", "red", then="exit"), adds("never", "black")), adds("b", "blue"))
    assert run(made).output == {"colors": ["red", "blue"]}


def test_end_inside_a_block_ends_the_whole_run():
    made = plan(do("inner", adds("a", "red", then="end")), adds("never", "black"))
    assert run(made).output == {"colors": ["red"]}


@pytest.mark.parametrize(("colour", "output"), [("red", ["was red"]), ("blue", ["other"])])
def test_a_switch_takes_the_first_case_that_holds_else_the_default(colour, output):
    made = plan(
        switch("which", (None, "other"), ('.color == "red"', "red")),
        sets("red", {"colors": ["was red"]}, then="end"),
        sets("other", {"colors": ["other"]}, then="end"),
    )
    assert run(made, {"color": colour}).output == {"colors": output}


def test_a_switch_without_a_match_goes_on_by_its_own_then():
    made = plan(switch("which", ('.color == "red"', "a"), then="end"), adds("a", "red"))
    assert run(made, {"color": "yellow"}).output == {"color": "yellow"}


def test_a_task_whose_condition_fails_is_skipped_with_its_then():
    shell = run(plan(sets("a", {"never": 1}, condition=".go", then="end"), sets("b", {"b": "${ .go }"})), {"go": False})
    assert shell.output == {"b": False}
    assert [entry.pointer for entry in shell.told("task.skipped")] == ["/do/0/a"]


# --- loops ------------------------------------------------------------------------------------------------------------


def test_a_loop_carries_its_output_from_iteration_to_iteration():
    made = plan(loop("each", ".colors", sets("mark", {"seen": "${ .seen + [[$color, $index]] }"}), each="color"))
    assert run(made, {"colors": ["red", "green"]}).output == {"seen": [["red", 0], ["green", 1]]}


def test_what_a_loop_goes_through_is_evaluated_once():
    made = plan(loop("each", ".items", sets("more", {"items": "${ .items + [9] }"})))
    assert run(made, {"items": [1, 2]}).output == {"items": [1, 2, 9, 9]}


def test_a_loop_stops_when_its_while_does_not_hold():
    made = plan(loop("each", ".items", sets("sum", {"n": "${ .n + $item }"}), while_=".n < 3"))
    assert run(made, {"items": [1, 2, 3, 4], "n": 0}).output == {"n": 3}


@pytest.mark.parametrize("items", [[], [1]])
def test_a_loop_over_nothing_gives_its_input(items):
    made = plan(loop("each", ".items", sets("a", {"n": 1}), while_="false"))
    assert run(made, {"items": items}).output == {"items": items}


def test_a_loop_over_no_list_fails_at_the_loop():
    shell = run(plan(loop("each", ".items", sets("a", 1))), {"items": 3})
    assert (shell.status, shell.error.instance) == ("faulted", "/do/0/each")


def test_exit_in_a_loop_ends_the_iteration_and_end_ends_the_run():
    exits = plan(loop("each", "[1, 2]", adds("a", "red", then="exit"), adds("never", "black")), adds("b", "blue"))
    ends = plan(loop("each", "[1, 2]", adds("a", "red", then="end")), adds("never", "black"))
    assert (run(exits).output, run(ends).output) == ({"colors": ["red", "red", "blue"]}, {"colors": ["red"]})


# --- branches ---------------------------------------------------------------------------------------------------------


def test_a_fork_asks_all_branches_at_once_and_lists_their_outputs_in_order():
    shell = start(plan(fork("both", call("a"), call("b"), sets("c", 3))))
    assert [command.pointer for command in shell.asked] == [
        "/do/0/both/fork/branches/0/a",
        "/do/0/both/fork/branches/1/b",
    ]
    shell.perform("b")
    assert shell.status == "running"
    shell.perform("a")
    assert shell.output == [{"did": "a"}, {"did": "b"}, 3]


def test_the_first_branch_to_finish_wins_a_race_and_the_others_are_stopped():
    shell = start(plan(fork("race", call("a"), wait("late"), listen("never"), compete=True)))
    shell.fire()
    assert (shell.status, shell.output) == ("completed", {})
    assert [abandoned.effect for abandoned in shell.abandoned] == ["/do/0/race/fork/branches/0/a"]
    assert (shell.listeners, shell.timers) == ({}, {})


def test_of_branches_that_need_no_time_the_first_wins():
    assert run(plan(fork("race", sets("a", 1), sets("b", 2), compete=True))).output == 1


def test_end_in_a_branch_ends_the_run_and_stops_the_others():
    shell = start(plan(fork("both", wait("long"), sets("a", 1, then="end")), sets("never", 2)))
    assert (shell.status, shell.output, shell.timers) == ("completed", 1, {})


def test_a_fork_may_run_only_so_many_branches_at_once():
    made = fork("some", call("a"), call("b"), sets("c", 3), call("d"), policy=Policy(concurrency=2))
    shell = start(plan(made))
    assert [command.pointer[-1] for command in shell.asked] == ["a", "b"]
    shell.perform("b")
    assert [command.pointer[-1] for command in shell.asked] == ["a", "d"]
    assert shell.settle().output == [{"did": "a"}, {"did": "b"}, 3, {"did": "d"}]


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_a_wait_sets_a_timer_and_passes_its_input_on():
    shell = start(plan(wait("pause", "${ .time }")), {"time": "PT1M30S"})
    (timer,) = shell.timers.values()
    assert ((timer.due_at - shell.now).total_seconds(), shell.status) == (90, "waiting")
    shell.fire()
    assert shell.output == {"time": "PT1M30S"}


def test_a_listening_task_gives_the_list_of_its_one_event():
    shell = start(plan(listen("paid"), listen("whole", read="envelope")))
    shell.arrive(id="1", data={"amount": 5})
    assert shell.status == "waiting"
    shell.arrive(id="2", data=7)
    assert shell.output == [{"id": "2", "data": 7}]


def test_an_emitted_event_is_whole_and_is_the_output():
    shell = run(plan(emit("tell", type="told", data={"n": "${ .n }"})), {"n": 5})
    (published,) = shell.published
    assert shell.output == published.event
    assert {"id": "run-1/do/0/tell", "source": "/tests/run/1.0.0", "data": {"n": 5}}.items() <= published.event.items()


def test_an_answer_that_comes_later_lets_the_run_wait():
    shell = start(plan(call("approve")), answer=scripted(approve=Waiting(detail={"asked": "bob"})))
    shell.perform()
    assert (shell.status, shell.finished) == ("waiting", None)
    shell.send(Performed(effect="/do/0/approve", attempt=1, outcome=Succeeded(output="yes")))
    assert shell.output == "yes"


# --- data -------------------------------------------------------------------------------------------------------------


def test_input_output_and_export_shape_what_travels():
    made = plan(
        sets(
            "a", {"n": "${ . }"}, input=DataFlow(expression="${ .order.n }"), export=DataFlow(expression="${ $output }")
        ),
        sets("b", {"was": "${ $context.n }"}, output=DataFlow(expression="${ { got: .was, from: $input.n } }")),
    )
    assert run(made, {"order": {"n": 4}}).output == {"got": 4, "from": 4}


def test_the_context_starts_as_the_input_of_the_run():
    made = plan(sets("a", {}), sets("b", {"n": "${ $context.n }"}), input=DataFlow(expression="${ .order }"))
    assert run(made, {"order": {"n": 4}}).output == {"n": 4}


def test_the_output_of_the_run_is_shaped_last():
    made = plan(sets("a", {"n": 4}), output=DataFlow(expression="${ { total: .n, id: $workflow.id } }"))
    assert run(made).output == {"total": 4, "id": "run-1"}


@pytest.mark.parametrize(
    ("made", "instance"),
    [
        (plan(sets("a", 1, input=DataFlow(schema=COLOURS))), "/do/0/a"),
        (plan(sets("a", 1, output=DataFlow(schema=COLOURS))), "/do/0/a"),
        (plan(sets("a", 1, export=DataFlow(schema=COLOURS, expression="${ . }"))), "/do/0/a"),
        (plan(sets("a", 1), input=DataFlow(schema=COLOURS)), "/"),
        (plan(sets("a", 1), output=DataFlow(schema=COLOURS)), "/"),
    ],
)
def test_data_of_another_form_than_declared_is_a_validation_error_of_its_task(made, instance):
    shell = run(made)
    assert (shell.status, shell.error.status, shell.error.instance) == ("faulted", 400, instance)
    assert shell.error.type.endswith("/errors/validation")


def test_an_expression_that_fails_is_an_expression_error_of_its_task():
    shell = run(plan(do("outer", sets("a", "${ .n + {} }"))), {"n": 1})
    assert (shell.error.type.rsplit("/")[-1], shell.error.instance) == ("expression", "/do/0/outer/do/0/a")


def test_texts_in_data_are_never_evaluated():
    assert run(plan(sets("a", {"n": "${ .n }"})), {"n": "${ .n }"}).output == {"n": "${ .n }"}


def test_expressions_know_the_task_and_the_run():
    made = plan(sets("a", {"task": "${ $task.reference }", "at": "${ $workflow.startedAt.epoch.seconds }"}))
    assert run(made).output == {"task": "/do/0/a", "at": 1795338000}


# --- effects ----------------------------------------------------------------------------------------------------------


def test_an_effect_is_asked_with_everything_it_needs():
    made = plan(call("a", arguments={"n": "${ .n }"}, version="1.0.0", timeout=5))
    (command,) = start(made, {"n": 4}).asked
    assert command == Perform(
        effect="/do/0/a", attempt=1, pointer="/do/0/a", iteration="", function="connector", version="1.0.0",
        arguments={"n": 4}, idempotency_key=command.idempotency_key, deadline_seconds=5,
    )  # fmt: skip


def test_effects_in_a_loop_and_after_a_jump_back_have_their_own_names_and_keys():
    counts = DataFlow(expression="${ {n: ($context.n + 1)} }")
    looped = run(plan(loop("each", "[1, 2]", call("a"))))
    jumping = run(plan(call("a", export=counts), switch("again", ("$context.n < 3", "a"))), {"n": 1})
    assert [command.effect for command in looped.performed] == ["/do/0/each/do/0/a[0]", "/do/0/each/do/0/a[1]"]
    assert [command.effect for command in jumping.performed] == ["/do/0/a", "/do/0/a[0~1]"]
    assert len({command.idempotency_key for command in jumping.performed + looped.performed}) == 4


def test_the_author_may_choose_the_key():
    (command,) = start(plan(call("a", key="${ .id }")), {"id": "P-1"}).asked
    assert command.idempotency_key == "P-1"


# --- fairness ---------------------------------------------------------------------------------------------------------


def test_a_long_run_of_pure_tasks_asks_to_be_continued():
    made = plan(loop("each", ".items", sets("sum", {"n": "${ .n + $item }"})))
    shell = start(made, {"items": [1] * 25, "n": 0}, quantum=10)
    assert (shell.status, shell.continues) == ("running", 1)
    shell.settle()
    assert (shell.status, shell.output) == ("completed", {"n": 25})


def test_one_long_branch_does_not_hold_up_another():
    counting = loop("each", "[1, 2, 3, 4, 5, 6, 7, 8, 9]", sets("sum", {"n": "${ .n + 1 }"}))
    shell = start(plan(fork("both", call("a"), counting)), {"n": 0}, quantum=4)
    shell.perform("a")
    assert "/do/0/both/fork/branches/0/a" in [entry.pointer for entry in shell.told("task.completed")]
    assert shell.settle().output == [{"did": "a"}, {"n": 9}]


def test_to_continue_where_nothing_is_left_changes_nothing():
    shell = start(plan(wait("pause")))
    shell.send(Continued())
    assert shell.ignored == ["there is nothing to continue"]


# --- history ----------------------------------------------------------------------------------------------------------


def test_history_tells_what_happened_in_order():
    shell = run(plan(sets("a", {"n": 1}), call("b"), fail("c")))
    assert [(entry.type, entry.pointer) for entry in shell.history] == [
        ("run.started", ""),
        ("task.completed", "/do/0/a"),
        ("task.started", "/do/1/b"),
        ("task.completed", "/do/1/b"),
        ("task.faulted", "/do/2/c"),
        ("run.faulted", ""),
    ]


def test_history_shows_large_values_by_their_digest():
    shell = run(plan(sets("a", {"n": 1})), {"text": "x" * 20_000})
    shown = next(shell.told("run.started")).data["input"]
    assert shown["$digest"].startswith("sha256:")
    assert shown["$bytes"] == 20_011


def test_a_run_is_started_once():
    shell = start(plan(wait("pause")))
    shell.send(Started(input={"other": 1}))
    assert shell.ignored == ["the run was started already"]

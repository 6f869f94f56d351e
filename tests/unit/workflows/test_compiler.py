"""A plan has everything resolved and one spelling for each thing."""

import pytest

from tests.unit.workflows.definitions import PAYMENT, compiled, task
from workflows.domain.plan import Call, Do, ErrorFilter, EventFilter, Set, by_pointer, plan_from_json, plan_to_json

TYPES = "https://open-workflow-specification.org/spec/1.0.0/errors/"


@pytest.fixture(scope="module")
def plan():
    return compiled(PAYMENT)


def test_names_of_the_document_stand_in_the_plan(plan):
    assert (plan.namespace, plan.name, plan.version, plan.timeout, plan.secrets) == (
        "bank", "payment", "1.0.0", 3600, ("core",),
    )  # fmt: skip
    assert plan.input.expression == "${ .body }"
    assert plan.input.schema == {"type": "object"}


def test_functions_of_the_catalog_are_split_from_their_version(plan):
    screen = plan.block[0]
    assert isinstance(screen, Call)
    assert (screen.function, screen.version) == ("chat", "1.0.0")


def test_what_undoes_a_task_is_compiled_in_its_place(plan):
    pointer = "/do/1/reserve/metadata/orchestration/compensate/0/release"
    assert by_pointer(plan)[pointer].arguments["operation"] == "release"
    assert plan.block[1].policy.idempotency_key == '${ "pay-\\(.id)" }'


def test_references_are_resolved(plan):
    book = plan.block[4]
    retry, send, give_up = book.catch.retry, book.block[0], book.catch.block[0]
    assert (retry.delay, retry.backoff, retry.count, retry.total_seconds) == (1, "exponential", 4, 300)
    assert send.arguments["endpoint"]["authentication"] == {"bearer": {"use": "core"}}
    assert (send.policy.pivot, send.policy.dispatch) == (True, "task")
    assert (give_up.error.type, give_up.error.status) == ("https://example.com/refused", 422)


def test_durations_are_seconds_and_flow_is_kept(plan):
    ask = plan.block[3]
    assert (ask.timeout, ask.arguments["expiresIn"]) == (259_200, 172_800)
    assert [case.then for case in plan.block[2].cases] == ["ask", "book"]
    assert [case.when for case in plan.block[2].cases] == [".amount > 10000", None]
    assert plan.block[5].then == "end"


def test_events_that_start_it_are_in_the_plan(plan):
    wanted = plan.schedule_on[0]
    assert isinstance(wanted, EventFilter)
    assert wanted.with_ == {"type": "payment.received"}
    assert wanted.correlate["id"].from_ == ".data.id"


def test_the_plan_of_a_whole_definition_survives_storage(plan):
    assert plan_from_json(plan_to_json(plan)) == plan


@pytest.mark.parametrize("host", ["serverlessworkflow.io", "open-workflow-specification.org"])
@pytest.mark.parametrize("path", ["spec/1.0.0/errors", "dsl/errors/types"])
def test_every_spelling_of_a_standard_error_is_one_type(host, path):
    caught = task(f"{{try: [], catch: {{errors: {{with: {{type: 'https://{host}/{path}/timeout'}}}}}}}}")
    assert caught.catch.errors == ErrorFilter(type=f"{TYPES}timeout")


@pytest.mark.parametrize("text", ["$item.a > 1", "${ $item.a > 1 }", "  ${$item.a > 1}"])
def test_conditions_may_leave_the_wrapping_out(text):
    loop = task(f"{{for: {{in: .x, each: item}}, while: '{text}', do: []}}")
    assert loop.while_ == "$item.a > 1"


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("PT1M30S", 90), ("{hours: 1, milliseconds: 500}", 3600.5), ("P1W", 604800), ("'${ .pause }'", "${ .pause }")],
)
def test_waits_are_seconds_or_an_expression(wait, seconds):
    assert task(f"{{wait: {wait}}}").duration == seconds


def test_a_function_of_ones_own_becomes_a_block_with_its_arguments():
    function = "{double: {set: '${ {twice: (.n + .n)} }'}}"
    called = task("{call: double, with: {n: '${ .x }'}, then: exit}", use=f"{{functions: {function}}}")
    assert isinstance(called, Do)
    assert [(type(inner), inner.pointer) for inner in called.block] == [(Set, "/do/0/a/with"), (Set, "/do/0/a/call")]
    assert (called.then, called.block[0].value) == ("exit", {"n": "${ .x }"})


def test_each_task_gets_the_pointer_of_its_place():
    plan = compiled("""
    do:
      - a/b:
          fork: {branches: [x: {for: {in: .l}, do: [y: {set: {z: 1}}]}]}
      - c:
          try: [d: {set: {z: 1}}]
          catch: {do: [e: {set: {z: 1}}]}
    """)
    assert list(by_pointer(plan)) == [
        "/do/0/a~1b", "/do/0/a~1b/fork/branches/0/x", "/do/0/a~1b/fork/branches/0/x/do/0/y",
        "/do/1/c", "/do/1/c/try/0/d", "/do/1/c/catch/do/0/e",
    ]  # fmt: skip

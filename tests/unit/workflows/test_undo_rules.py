"""What a definition may say about undoing, and about the point of no return."""

import pytest

from tests.unit.workflows.definitions import faults

WRITE = "call: 'connector:1.0.0@default', with: {connector: core, operation: write}"
READ = "call: http, with: {method: get, endpoint: 'https://x.y'}"
UNDO = f"metadata: {{orchestration: {{compensate: [u: {{{WRITE}}}]}}}}"
WAIVED = "metadata: {orchestration: {compensate: []}}"
PIVOT = "metadata: {orchestration: {pivot: true}}"
RAISE = "raise: {error: {type: 'https://x.y', status: 400}}"
LISTEN = "listen: {to: {one: {with: {type: x}}}}"


def undone_by(handler):
    return f"do:\n- a: {{{WRITE}, metadata: {{orchestration: {{compensate: [{handler}]}}}}}}"


def tasks(*bodies):
    return "do:\n" + "\n".join(f"- t{index}: {{{body}}}" for index, body in enumerate(bodies))


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (f"u: {{{WRITE}, {UNDO}}}", "not undone itself"),
        (f"u: {{{WRITE}, {PIVOT}}}", "not undone itself"),
        (f"u: {{do: [v: {{{WRITE}, {UNDO}}}]}}", "not undone itself"),
        (f"u: {{{LISTEN}}}", "without an end"),
        (f"u: {{{WRITE}, then: end}}", "cannot end the run"),
        ("u: {set: {x: '${ $nope }'}}", "$nope"),
        ("u: {cal: http}", "not a kind"),
    ],
)
def test_what_undoes_a_task_keeps_to_its_rules(handler, message):
    assert [message in fault.message for fault in faults(undone_by(handler))] == [True]


@pytest.mark.parametrize(
    "handler",
    [
        f"u: {{{LISTEN}, timeout: {{after: PT1H}}}}",
        "u: {call: 'approval:1.0.0@default', with: {title: Undo?}}",
        "u: {set: {x: '${ .id + $output.id }'}, if: $compensation.outcome == \"succeeded\"}",
        f"u: {{do: [v: {{{WRITE}, then: exit}}]}}",
    ],
)
def test_what_undoes_a_task_may_wait_with_an_end_ask_and_look_back(handler):
    assert [str(fault) for fault in faults(undone_by(handler))] == []


@pytest.mark.parametrize(
    "definition",
    [
        tasks(f"{WRITE}, {UNDO}", f"{WRITE}, {WAIVED}", READ, f"{WRITE}, {PIVOT}", WRITE),
        tasks(f"do: [w: {{{WRITE}}}], {UNDO}", f"{WRITE}, {PIVOT}"),
        tasks(WRITE, WRITE),  # without a pivot nothing is demanded
        tasks(f"try: [p: {{{WRITE}, {PIVOT}}}], catch: {{do: [r: {{{RAISE}}}]}}"),
    ],
)
def test_a_pivot_between_what_can_be_undone_and_what_can_be_retried_is_fine(definition):
    assert [str(fault) for fault in faults(definition)] == []


@pytest.mark.parametrize(
    ("definition", "pointer", "message"),
    [
        (tasks(WRITE, f"{WRITE}, {PIVOT}"), "/do/0/t0", "cannot be undone"),
        (tasks(READ.replace("get", "post"), f"{WRITE}, {PIVOT}"), "/do/0/t0", "cannot be undone"),
        (tasks(f"{WRITE}, {PIVOT}", f"{WRITE}, {UNDO}"), "/do/1/t1/metadata/orchestration/compensate", "nothing will"),
        (tasks(f"do: [p: {{{WRITE}, {PIVOT}}}], {UNDO}"), "/do/0/t0/metadata/orchestration/compensate", "is around"),
        (tasks(f"{WRITE}, {PIVOT}", RAISE), "/do/1/t1", "fails on purpose"),
        (tasks(f"{WRITE}, {PIVOT}", "call: 'approval:1.0.0@default', with: {title: x}"), "/do/1/t1", "approval"),
        (tasks(f"{WRITE}, {PIVOT}", f"{WRITE}, {PIVOT}"), "/do/1/t1/metadata/orchestration/pivot", "second"),
        (tasks(f"for: {{in: .x}}, do: [p: {{{WRITE}, {PIVOT}}}]"),
         "/do/0/t0/do/0/p/metadata/orchestration/pivot", "inside “for”"),
        (tasks(f"fork: {{branches: [p: {{{WRITE}, {PIVOT}}}]}}"),
         "/do/0/t0/fork/branches/0/p/metadata/orchestration/pivot", "inside “fork”"),
    ],
)  # fmt: skip
def test_a_pivot_in_the_wrong_place_is_told(definition, pointer, message):
    found = {fault.pointer: fault.message for fault in faults(definition)}
    assert message in found[pointer]

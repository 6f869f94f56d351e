"""The portability report: for every code of the vocabulary a task that has it, and what each platform makes of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.unit.workflows.plans import plans
from tests.unit.workflows.reporting import CALL, HEAD, SHOWN, fork, plan_of, tries
from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.plan import Plan, Wait, walk
from workflows.platforms import registry
from workflows.platforms.contract import Finding, TaskReport, Verdict
from workflows.platforms.registry import UnknownPlatform, platform_named, platforms
from workflows.platforms.reporting import report, report_to_json, reports
from workflows.platforms.vocabulary import CODES, KINDS, MEASURED, TRAITS, WHOLE

DEMO = Path(__file__).resolve().parents[3] / "config" / "demo" / "definitions"
ORDER = ("cloudflare", "azure", "aws", "gcp", "onprem")
LETTERS = {"n": Verdict.NATIVE, "e": Verdict.EMULATED, "r": Verdict.REFUSED}
LONG_HEAD = HEAD.replace("name: shown", f"name: {'n' * 63}").replace("tests", "t" * 63)
# of the task that has it, in ORDER; a dot: this platform has no such limit, or it is not reached
TASKS = {
    "do": "nnnnn", "set": "nnnnn", "call": "nnnnn", "approval": "nneen", "switch": "nnnnn", "try": "nnnnn",
    "wait": "nnnnn", "listen": "nnnnn", "emit": "nnnnn", "for": "nnenn", "fork": "nnenn", "raise": "nnenn",
    "early_event": "nneen", "listen_condition": "eeeee", "endless_wait": "eneen", "for_while": "nnnnn",
    "fork_compete": "eerrn", "fork_bounded": "eeenn", "export_in_branch": "nnenn", "try_block": "nnenn",
    "catch_condition": "nnenn", "retry": "nnnnn", "retry_block": "eenne", "retry_linear": "neeee",
    "retry_jitter": "eeeee", "retry_fraction": "nneen", "retry_condition": "neenn", "retry_total": "eeeen",
    "retry_endless": "eenen", "attempt_timeout": "nennn", "call_timeout": "nennn", "wait_timeout": "nnnnn",
    "block_timeout": "eeeen", "jump": "nnnnn", "jump_back": "nnnnn", "compensate": "neeee", "pivot": "eeeee",
    "idempotency_key": "nnnnn", "schema": "nneen", "expression_beyond": "eeeee", "expression_loop": "nnnen",
    "name_letters": "nnnen",
    "long_expression": "...e.", "long_call": "..ee.", "long_wait": ".....", "long_timer": ".e...",
    "many_branches": "...r.", "many_at_once": "...e.", "deep_fork": "...r.", "many_assignments": "...e.",
    "many_conditions": "...e.", "long_name": "e.eee",
}  # fmt: skip
PLANS = {
    "step_gateway": ("nnnnn", HEAD, f"c: {CALL}"),
    "event_bridge": ("nneen", HEAD, SHOWN["listen"]),
    "start_event": ("nnnnn", f"{HEAD}\nschedule: {{on: {{one: {{with: {{type: a}}}}}}}}", "s: {set: {a: 1}}"),
    "start_condition": (
        "eeeee",
        f"{HEAD}\nschedule: {{on: {{one: {{with: {{type: a, data: '${{ .a }}'}}}}}}}}",
        "s: {set: {a: 1}}",
    ),
    "run_timeout": ("eenen", f"{HEAD}\ntimeout: {{after: PT1H}}", "s: {set: {a: 1}}"),
    "run_timeout_undo": ("eeeen", f"{HEAD}\ntimeout: {{after: PT1H}}", SHOWN["compensate"]),
    "secrets": ("nnnnn", f"{HEAD}\nuse: {{secrets: [core]}}", "s: {set: {a: 1}}"),
    "payload": ("nnnnn", HEAD, "s: {set: {a: 1}}"),
    "history": ("nnnnn", HEAD, "s: {set: {a: 1}}"),
    "schema": ("nneen", f"{HEAD}\ninput: {{schema: {{document: {{type: object}}}}}}", "s: {set: {a: 1}}"),
    "long_definition_name": ("eeee.", LONG_HEAD, "s: {set: {a: 1}}"),
    "large_source": ("...r.", HEAD, "\n".join(f"s{at}: {{set: {{a: {'x' * 1000}}}}}" for at in range(140))),
}  # fmt: skip


def found(findings, code: str) -> Finding | None:
    return next((one for one in findings if one.code == code), None)


def cases(table: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(code, slug, letter) for code, row in table.items() for slug, letter in zip(ORDER, row, strict=True)]


@pytest.mark.parametrize(("code", "slug", "letter"), cases(TASKS))
def test_a_task_is_judged_by_what_it_holds(code: str, slug: str, letter: str):
    seen = [one for task in report(plan_of(SHOWN[code]), slug).tasks if (one := found(task.findings, code))]
    assert [one.verdict for one in seen[:1]] == ([LETTERS[letter]] if letter in LETTERS else [])


@pytest.mark.parametrize(("code", "slug", "letter"), cases({code: row for code, (row, _, _) in PLANS.items()}))
def test_a_plan_is_judged_as_a_whole(code: str, slug: str, letter: str):
    _row, head, tasks = PLANS[code]
    note = found(report(plan_of(tasks, head), slug).notes, code)
    assert (note.verdict if note else None) == LETTERS.get(letter)


def test_every_code_is_shown_here():
    assert {*TASKS, *PLANS} == CODES.keys() == {*KINDS, *TRAITS, *WHOLE, *MEASURED}


def test_a_wait_beyond_the_longest_run_is_refused_where_runs_end():
    plan = plan_of("w: {wait: P365D}")
    longer = replace(plan, block=(Wait(name="w", pointer="/do/0/w", duration=366 * 86_400),))
    verdicts = {one.platform.slug: found(one.tasks[0].findings, "long_wait") for one in reports(longer)}
    assert {slug: one and one.verdict.value for slug, one in verdicts.items()} == {
        "cloudflare": "emulated", "azure": None, "aws": "refused", "gcp": "refused", "onprem": None,
    }  # fmt: skip


def test_a_code_that_is_not_there_is_not_reported():
    codes = {one.code for task in report(plan_of(SHOWN["set"]), "gcp").tasks for one in task.findings}
    assert codes == {"set"}


def test_the_first_of_the_worst_is_the_reason():
    task = report(plan_of(tries(retry="delay: PT0.5S, limit: {duration: PT5M}")), "aws").tasks[0]
    assert (task.verdict, task.reason) == ("emulated", "retry_fraction")


def test_the_worst_task_sums_up_a_platform():
    plan = plan_of(f"c: {CALL}\n{fork(2, extra=', compete: true')}")
    assert [one.verdict.value for one in reports(plan)] == ["emulated", "emulated", "refused", "refused", "native"]
    assert (report(plan, "gcp").count(Verdict.REFUSED), report(plan, "gcp").count(Verdict.NATIVE)) == (1, 3)


def test_a_touched_limit_says_what_the_plan_has():
    task = report(plan_of(fork(11)), "gcp").tasks[0]
    assert task.touched is not None
    assert (task.reason, task.limit.code, task.limit.value, task.touched.found) == ("many_branches", "branches", 10, 11)  # type: ignore[union-attr]


def test_exactly_the_limit_is_within_it():
    assert report(plan_of(fork(10)), "gcp").tasks[0].verdict == Verdict.NATIVE


def test_a_duration_that_a_run_works_out_is_not_measured():
    assert "long_wait" not in {one.code for one in report(plan_of("w: {wait: '${ .pause }'}"), "aws").tasks[0].findings}


def test_what_undoes_a_task_is_reported_behind_it():
    tasks = report(plan_of(SHOWN["compensate"]), "cloudflare").tasks
    assert [(task.name, task.depth) for task in tasks] == [("c", 0), ("u", 1)]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_every_task_is_reported_once_and_in_order(plan):
    for one in reports(plan):
        assert [task.pointer for task in one.tasks] == [task.pointer for task in walk(plan.block)]
        ranks = [finding.verdict.rank for task in one.tasks for finding in task.findings]
        assert one.verdict.rank == max([*ranks, *(note.verdict.rank for note in one.notes)])
        json.dumps(report_to_json(one))


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_demo_runs_everywhere(path: Path):
    plan = compile_document(load(path.read_text()))
    assert all(one.verdict != Verdict.REFUSED for one in reports(plan))


def test_the_demo_payment_is_told_task_by_task():
    plan = compile_document(load((DEMO / "payment.yaml").read_text()))
    told = {
        slug: {task.name: task.reason for task in report(plan, slug).tasks if task.verdict != Verdict.NATIVE}
        for slug in ORDER
    }
    both = {"large": "expression_beyond", "send": "pivot"}
    undone = both | {"set_aside": "compensate"}
    again = dict.fromkeys(("screen", "reserve", "book"), "retry_total")
    assert told["cloudflare"] == both | again
    assert told["azure"] == undone | again
    assert told["aws"] == undone | again | {"refuse": "raise", "ask": "approval"}
    assert told["gcp"] == undone | again | {"ask": "approval"}
    assert told["onprem"] == undone


def _task(plan: Plan, name: str) -> TaskReport:
    return next(one for one in report(plan, "gcp").tasks if one.name == name)


def test_a_task_removed_takes_its_verdicts_with_it():
    document = (DEMO / "payment.yaml").read_text()
    plan = compile_document(load(document.replace("(.amount | tonumber) > 1000", ".amount > 1000")))
    assert _task(plan, "large").verdict == Verdict.NATIVE


def test_the_default_platform_comes_first():
    assert tuple(platforms()) == ORDER


def test_an_unknown_platform_is_named_with_what_was_meant():
    with pytest.raises(UnknownPlatform, match="Did you mean azure"):
        platform_named("azur")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"answers": {}}, "lacks or does not know"),
        ({"limits": {}}, "limits without a value"),
        ({"bounds": {"nonsense": next(iter(platform_named("gcp").bounds.values()))}}, "nonsense"),
    ],
)
def test_a_platform_that_leaves_something_open_is_not_loaded(change: dict, complaint: str):
    with pytest.raises(TypeError, match=complaint):
        registry._check(replace(platform_named("gcp"), **change))


@pytest.mark.parametrize("slug", ORDER)
def test_what_is_not_native_says_how(slug: str):
    answers = platform_named(slug).answers
    assert [code for code, one in answers.items() if (one.verdict == Verdict.NATIVE) == bool(one.why)] == []
    assert [code for code, one in answers.items() if one.verdict == Verdict.NATIVE and not one.construct] == []

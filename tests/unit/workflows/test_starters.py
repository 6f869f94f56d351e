"""Starter documents: valid as they stand, and valid with whatever parts are filled in."""

from typing import Any

import pytest

from config.demo.connector import demo_core
from workflows.domain.compiler import compile_document
from workflows.domain.configurations import (
    ConfigurationStatus,
    PatternSlug,
    PlatformSlug,
    guessed_operations,
    handle_of,
    is_handle,
)
from workflows.domain.document import load
from workflows.domain.hearing import entries, event_schema
from workflows.domain.patterns import PLATFORMS
from workflows.domain.plan import Call, walk
from workflows.domain.starters import STARTERS, Filling, definition_names, documents, starter_text
from workflows.patterns import SLUGS

CORE = {one["name"]: one for one in demo_core("http://core.example").operations}
ROLES = {
    PatternSlug.ORCHESTRATOR: {"call": "account_read"},
    PatternSlug.SAGA: {"reserve": "reserve", "undo": "release", "book": "book"},
    PatternSlug.CHOREOGRAPHY: {"call": "account_read"},
}
TITLES = ("Plain", "Thẩm định: “a” 'b' \"c\"", "${ .title }", "# no comment", "- {a: [b", "x" * 120)


def filling(operations: dict[str, str], core: dict[str, Any] | None = None, **changes: Any) -> Filling:
    known = core or CORE
    given: dict[str, Any] = {
        "handle": "loans",
        "title": "Loans",
        "route": "assistant",
        "connector": "demo_core",
        "operations": operations,
        "schemas": {role: known[name]["input_schema"] for role, name in operations.items()},
        "answers": {role: known[name].get("output_schema", {}) for role, name in operations.items()},
    }
    return Filling(**given | changes)


def calls(text: str) -> dict[str, Call]:
    plan = compile_document(load(text))
    return {task.name: task for task in walk(plan.block) if isinstance(task, Call)}


@pytest.mark.parametrize("name", sorted({file for one in STARTERS.values() for file in one.files}))
def test_a_starter_is_a_definition_as_it_stands(name: str):
    assert compile_document(load(starter_text(name))).namespace == "patterns"


@pytest.mark.parametrize("pattern", STARTERS)
@pytest.mark.parametrize("title", TITLES)
def test_whatever_it_is_called_it_stays_a_definition(pattern: PatternSlug, title: str):
    made = [compile_document(load(text)) for text in documents(pattern, filling(ROLES[pattern], title=title))]
    assert [one.name for one in made] == definition_names(pattern, "loans")
    assert all(one.title.startswith(title) for one in made)


@pytest.mark.parametrize("pattern", STARTERS)
def test_comments_of_a_starter_stay(pattern: PatternSlug):
    for text in documents(pattern, filling(ROLES[pattern])):
        assert text.startswith("# Starter of the ")


def test_the_text_by_which_a_saga_is_undone_is_the_id_of_the_run():
    (text,) = documents(PatternSlug.SAGA, filling(ROLES[PatternSlug.SAGA]))
    assert {name: call.arguments["input"]["reservation"] for name, call in calls(text).items() if name != "screen"} == {
        "reserve": "${ $workflow.id }",
        "undo": "${ $workflow.id }",
        "send": "${ $workflow.id }",
    }


def test_what_reserving_answers_is_taken_from_its_answer():
    core = {
        "open": {"input_schema": schema("customer"), "output_schema": schema("ticket")},
        "close": {"input_schema": schema("ticket")},
        "pay": {"input_schema": schema("ticket", "amount-due")},
    }
    (text,) = documents(PatternSlug.SAGA, filling({"reserve": "open", "undo": "close", "book": "pay"}, core))
    found = calls(text)
    assert found["undo"].arguments["input"] == {"ticket": "${ $output.ticket }"}
    assert found["send"].arguments["input"] == {"ticket": "${ .reserved.ticket }", "amount-due": '${ .["amount-due"] }'}
    assert compile_document(load(text)).input.schema["required"] == ["text", "customer", "amount-due"]


def schema(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "integer"} for name in names}, "required": list(names)}


@pytest.mark.parametrize("odd", [{}, {"type": "object"}, {"required": "x"}, {"properties": []}, {"required": [1, "a"]}])
def test_odd_schemas_make_definitions_too(odd: dict[str, Any]):
    (text,) = documents(PatternSlug.ORCHESTRATOR, filling({"call": "odd"}, {"odd": {"input_schema": odd}}))
    assert calls(text)["ask"].arguments["operation"] == "odd"


def test_a_choreography_is_set_going_by_one_event_and_says_what_it_holds():
    plans = [
        compile_document(load(text)) for text in documents(PatternSlug.CHOREOGRAPHY, filling({"call": "account_read"}))
    ]
    assert entries(plans) == ["loans.submitted"]
    assert event_schema(plans, "loans.submitted")["required"] == ["text", "account"]


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Thẩm định khoản vay", "tham-dinh-khoan-vay"),
        ("Đơn  hàng – số 1", "don-hang-so-1"),
        ("案件", "saga"),
        ("-- --", "saga"),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_handles_are_made_of_names(name: str, handle: str):
    assert handle_of(name, "saga") == handle
    assert is_handle(handle)


@pytest.mark.parametrize("handle", ["", "-a", "a-", "A", "a b", "ä", "a" * 41])
def test_what_definitions_cannot_be_called(handle: str):
    assert not is_handle(handle)


def test_operations_are_guessed_by_what_they_are_called():
    effects = {"a_read": "read", "void": "write", "confirm_order": "write", "hold_stock": "write"}
    assert guessed_operations(PatternSlug.SAGA, effects) == {
        "reserve": "hold_stock",
        "undo": "void",
        "book": "confirm_order",
    }
    assert guessed_operations(PatternSlug.ADAPTER, effects) == {"call": "a_read"}
    assert guessed_operations(PatternSlug.ADAPTER, {}) == {}


def test_words_are_those_of_the_drawings():
    assert set(SLUGS) == set(PatternSlug)
    assert tuple(PlatformSlug) == PLATFORMS
    assert ConfigurationStatus.DRAFT == "draft"

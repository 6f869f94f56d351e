"""Code in the drawers of nodes: it is the starters' own, compiles, and names this installation."""

import ast
import re

import pytest
import yaml

from studio.snippets import TASKS, Addresses, snippet
from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.starters import starter_text, task_text
from workflows.patterns import pattern, patterns

HERE = Addresses("https://gateway.example", "https://console.example")


def code(slug: str, node: str) -> str:
    found = snippet(pattern(slug), pattern(slug).node(node), HERE)
    assert found is not None
    return found.code


@pytest.mark.parametrize("place", TASKS, ids="-".join)
def test_a_part_of_a_definition_compiles_in_a_definition_of_its_own(place: tuple[str, str]):
    starter = yaml.safe_load(starter_text(TASKS[place][0]))
    document = {"document": starter["document"], "use": starter.get("use", {}), "do": yaml.safe_load(code(*place))}
    assert compile_document(load(yaml.safe_dump(document)))


@pytest.mark.parametrize("place", TASKS, ids="-".join)
def test_a_part_of_a_definition_stands_in_the_starter_word_for_word(place: tuple[str, str]):
    words = starter_text(TASKS[place][0]).split()
    part = code(*place).split()
    assert any(words[at : at + len(part)] == part for at in range(len(words)))


@pytest.mark.parametrize("slug", [one.slug for one in patterns()])
def test_the_router_is_reached_by_an_openai_client_at_this_gateway(slug: str):
    router = next(one for one in pattern(slug).nodes if one.kind == "router")
    python = code(slug, router.id)
    ast.parse(python)
    assert 'base_url="https://gateway.example/v1"' in python


def test_an_agent_keeps_its_own_wire_format():
    ast.parse(code("model-router", "agent"))
    assert "from anthropic import" in code("model-router", "agent")


def test_a_saga_shows_what_is_undone():
    assert "compensate:" in code("saga", "saga")


def test_a_choreography_begins_with_an_event_that_its_first_part_hears():
    [sent] = re.findall(r'"type": "([^"]+)"', code("choreography", "publisher"))
    assert f"schedule: {{on: {{one: {{with: {{type: {sent}}}}}}}}}" in starter_text("choreography-screening")


def test_every_place_is_a_node():
    for slug, node in TASKS:
        assert pattern(slug).node(node)


def test_a_task_that_is_not_there_is_not_found():
    with pytest.raises(LookupError):
        task_text("saga", "nothing")


def test_a_store_is_spoken_to_by_nobody():
    assert snippet(pattern("saga"), pattern("saga").node("ledger"), HERE) is None

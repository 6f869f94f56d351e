"""docs/workflows.md: its example is a valid definition, its limits and names are those of the code."""

import re
from pathlib import Path

import pytest

from workflows.domain import document, dsl, jq, source
from workflows.domain.compiler import compile_document
from workflows.domain.expressions import Limits
from workflows.domain.sites import KINDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "workflows.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```yaml\n(.+?)```", PAGE, re.DOTALL)


def test_the_example_is_a_definition():
    assert EXAMPLE is not None
    assert compile_document(document.load(EXAMPLE[1])).name == "screened"


@pytest.mark.parametrize(
    "limit",
    [
        f"| {source.MOST_CHARACTERS // 1024} KiB |",
        f"| {source.MOST_DEPTH} |",
        f"| {source.MOST_VALUES} |",
        f"| {document.MOST_TASKS} |",
        f"| {jq.MOST_CHARACTERS} |",
        f"| {Limits().seconds:g} s |",
        f"| {Limits().memory_bytes // 1024**2} MiB |",
        f"| {Limits().output_bytes // 1024**2} MiB, {Limits().output_depth} deep |",
    ],
)
def test_limits_are_those_of_the_code(limit):
    assert limit in PAGE


@pytest.mark.parametrize("name", [*KINDS, *dsl.CATALOG, *dsl.schema("orchestration")["properties"]])
def test_every_kind_function_and_key_is_named(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("function", dsl.CATALOG)
def test_every_argument_is_named(function):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{function}` |"))
    arguments = dsl.schema("functions")["$defs"][function]["properties"]
    assert [name for name in arguments if f"`{name}`" not in row] == []


@pytest.mark.parametrize("name", sorted(jq.FORBIDDEN.keys() - {"builtins", "get_search_list"}))
def test_refused_functions_are_named(name):
    assert f"`{name}`" in PAGE or name.partition("_")[0] in {"input", "halt", "strflocaltime"}

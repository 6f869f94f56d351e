"""Guard the tail: nobody reads a function that needs scrolling, or a file of a thousand lines."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT, tree

APPS = ("tenants", "keys", "connectors", "routing", "workflows", "studio", "config")
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 500
MAX_NESTING = 5
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)


def sources() -> list[Path]:
    found = [path for app in APPS for path in sorted((PROJECT / app).rglob("*.py"))]
    return [path for path in found if path.name != "0001_initial.py"]


def functions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}", node


def nesting(node: ast.AST, *, deep: int = 0) -> int:
    """Depth of blocks; `elif` is no deeper than its `if`."""
    depths = [deep]
    for child in ast.iter_child_nodes(node):
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        depths.append(nesting(child, deep=deep + (isinstance(child, BLOCKS) and not is_elif)))
    return max(depths)


def test_no_file_is_too_long():
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_needs_scrolling():
    lengths = {name: node.end_lineno - node.lineno + 1 for path in sources() for name, node in functions(path)}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_no_function_is_nested_out_of_sight():
    depths = {name: nesting(node) for path in sources() for name, node in functions(path)}
    assert {name: depth for name, depth in depths.items() if depth > MAX_NESTING} == {}


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(PROJECT))
        for path in sources()
        if path.read_text().strip() and "migrations" not in path.parts and not ast.get_docstring(tree(path))
    ]
    assert silent == []


@pytest.mark.parametrize("source", ["if a:\n  if b:\n    pass", "if a:\n  pass\nelif b:\n  if c:\n    pass"])
def test_an_elif_counts_as_one_level(source):
    assert nesting(ast.parse(source)) == 2

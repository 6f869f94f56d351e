"""Pages, API, tasks and commands go through services, selectors and access; work is enqueued by known names."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

from celery import current_app

from tests.architecture.sources import PROJECT, tree

APPS = ("tenants", "keys", "connectors", "routing", "workflows", "studio", "config")
DOORS = (
    "*/api.py",
    "*/api/*.py",
    "*/views/*.py",
    "*/tasks.py",
    "*/auth.py",
    "*/middleware.py",
    "*/management/commands/*.py",
)


def trees() -> Iterator[tuple[str, ast.AST]]:
    for app in APPS:
        for path in sorted((PROJECT / app).rglob("*.py")):
            yield path.relative_to(PROJECT).as_posix(), tree(path)


def test_no_door_touches_a_manager():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        if any(fnmatch(name, pattern) for pattern in DOORS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}
    ]
    assert found == []


def test_no_signal_receivers_for_our_own_logic():
    allowed = {"config/wiring.py", "config/celery.py"}  # a new connection, and the start of a worker
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        if name not in allowed
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").endswith("signals")
        and (node.module or "").partition(".")[0] not in APPS  # those of a run are values
    ]
    assert found == []


def test_every_enqueued_name_is_a_registered_task():
    current_app.loader.import_default_modules()
    enqueued = {
        (f"{name}:{node.lineno}", value)
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in {"enqueue", "enqueue_on_commit", "send_task"}
        for value in _names(node, tree)
    }
    assert {value for _, value in enqueued} != set()
    assert {(where, value) for where, value in enqueued if value not in current_app.tasks} == set()


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _names(node: ast.Call, tree: ast.AST) -> Iterator[str]:
    """The task a call names: a text, or a constant of the module."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant):
        yield str(first.value)
    if isinstance(first, ast.Name):
        for part in ast.walk(tree):
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant) and _sets(part, first.id):
                yield str(part.value.value)


def _sets(part: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in part.targets)

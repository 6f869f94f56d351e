"""Who may import whom, read from the sources. A broken rule names file and line."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT, tree

# lower apps never import higher ones; connectors and routing do not know each other; config composes
BELOW = {
    "tenants": set(),
    "keys": {"tenants"},
    "connectors": {"tenants", "keys"},
    "routing": {"tenants", "keys"},
    "workflows": {"tenants", "keys", "connectors", "routing"},
    "studio": {"tenants", "keys", "connectors", "routing", "workflows"},
}
APPS = (*BELOW, "config")
PURE = (
    "*/domain.py",
    "*/domain/*",
    "*/diagrams/*",
    "*/mapping/*",
    "*/contract.py",
    "*/ports.py",
    "*/presenters.py",
    "*/platforms/*/report.py",
    "*/platforms/facts.py",
    "*/platforms/reporting.py",
    "*/platforms/registry.py",
    *(f"{app}/errors.py" for app in BELOW),
)
FRAMEWORKS = {"django", "rest_framework", "celery", "redis", "litellm", "psycopg", "aiohttp", "httptools"}
IMPURE = FRAMEWORKS | {"random", "logging", "socket", "subprocess"}


@dataclass(frozen=True)
class Rule:
    """Files that match `files` import nothing that matches `forbidden`, for `reason`."""

    files: tuple[str, ...]
    forbidden: frozenset[str]
    reason: str


RULES = (
    Rule(PURE, frozenset(IMPURE), "decisions are values: no framework, no clock, no chance, no log"),
    Rule(("*/models.py", "*/managers.py"), frozenset({"*.services", "*.services.*"}), "models do not act"),
    Rule(
        ("*/selectors.py", "*/selectors/*", "*/access.py"),
        frozenset({"*.services", "*.services.*"}),
        "reads do not write",
    ),
    Rule(
        ("*/services.py", "*/services/*", "*/engine.py"),
        frozenset(
            {
                "django.http",
                "django.http.*",
                "rest_framework",
                "rest_framework.*",
                "*.tasks",
                "*.adapters",
                "*.adapters.*",
            }
        ),
        "services know no request, enqueue by name and ask ports.py for the bound object",
    ),
    Rule(
        ("*/adapters/*", "*/transport.py", "*/queue.py"),
        frozenset({"*.models", "*.services", "*.services.*"}),
        "adapters know the outside world and their port",
    ),
    Rule(
        ("routing/gateway/*",),
        frozenset(
            {"django", "django.*", "rest_framework", "rest_framework.*", "celery", "celery.*", "litellm", "litellm.*"}
        ),
        "the gateway is plain asyncio",
    ),
    Rule(
        ("routing/provider*.py",),
        frozenset({"django", "django.*", "*.models", "*.services", "*.services.*"}),
        "the provider process knows wires only",
    ),
)


@dataclass(frozen=True)
class Import:
    file: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for app in APPS for path in sorted((PROJECT / app).rglob("*.py")) for found in _imports(path))


def _imports(path: Path) -> Iterator[Import]:
    file = path.relative_to(PROJECT).as_posix()
    parsed = tree(path)
    typing_only = {id(node) for block in ast.walk(parsed) if _is_type_checking(block) for node in ast.walk(block)}
    for node in ast.walk(parsed):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield Import(file, node.lineno, node.module)
            yield from (Import(file, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def matches(name: str, patterns: tuple[str, ...] | frozenset[str]) -> bool:
    return any(fnmatch(name, pattern) or name.startswith(f"{pattern}.") for pattern in patterns)


@pytest.mark.parametrize("app", BELOW)
def test_an_app_imports_only_lower_apps(app):
    allowed = BELOW[app] | {app}
    found = [item for item in imports() if item.file.startswith(f"{app}/") and item.module.split(".")[0] in APPS]
    assert [str(item) for item in found if item.module.split(".")[0] not in allowed] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_a_layer_keeps_to_its_rule(rule):
    found = [item for item in imports() if matches(item.file, rule.files) and "/migrations/" not in item.file]
    assert [str(item) for item in found if matches(item.module, rule.forbidden)] == []


def test_only_the_provider_imports_litellm():
    found = [item for item in imports() if item.module.split(".")[0] == "litellm"]
    assert {item.file for item in found} == {"routing/provider.py"}


def test_only_config_reads_the_environment():
    found = [item for item in imports() if item.module in {"os.environ", "os.getenv"}]
    used = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for app in BELOW
        for path in (PROJECT / app).rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert [str(item) for item in found if not item.file.startswith("config/")] == []
    assert used == []


def test_only_managers_reach_behind_the_tenant_manager():
    allowed = ("tenants/managers.py", "*/migrations/*", "tenants/models.py")
    used = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for app in APPS
        for path in (PROJECT / app).rglob("*.py")
        if not matches(path.relative_to(PROJECT).as_posix(), allowed)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "_base_manager"
    ]
    assert used == []


def test_nothing_imports_what_it_does_not_declare():
    """A package that only happens to be there, brought by another one, may go with it."""
    local = {*APPS, "tests", "bench"}
    foreign = {item.module.split(".")[0] for item in imports()} - sys.stdlib_module_names - local
    assert {name for name in foreign if DISTRIBUTIONS.get(name, name) not in declared()} == set()


# where the package to install is not called as its module; hiredis and psycopg_pool are extras we ask for
DISTRIBUTIONS = {
    "allauth": "django-allauth",
    "babel": "babel",
    "csp": "django-csp",
    "django_htmx": "django-htmx",
    "drf_spectacular": "drf-spectacular",
    "hiredis": "redis",
    "jsonschema_rs": "jsonschema-rs",
    "prometheus_client": "prometheus-client",
    "psycopg_pool": "psycopg",
    "rest_framework": "djangorestframework",
    "template_partials": "django-template-partials",
    "yaml": "pyyaml",
}


def declared() -> set[str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return {re.split(r"[\[<>=]", requirement)[0] for group in groups for requirement in group}

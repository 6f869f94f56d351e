"""docs/api.md names every address of the REST API, docs/errors.md every error code."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenants import problems
from tenants.errors import OrchestrationError
from tests.routes import all_operations

DOCS = Path(__file__).resolve().parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
ERRORS = (DOCS / "errors.md").read_text(encoding="utf-8")
APPS = ("tenants", "keys", "connectors", "routing", "studio")


def error_classes(root: type[OrchestrationError] = OrchestrationError) -> Iterator[type[OrchestrationError]]:
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)


def load_everything() -> None:
    """Import every module that may define an error; the gateway's and adapters' speak the vendors' codes."""
    for app in APPS:
        for module in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
            if module.name.rpartition(".")[2] in {"errors", "spec", "services", "domain"}:
                importlib.import_module(module.name)


@pytest.mark.parametrize("operation", all_operations(), ids=lambda one: f"{one.method} {one.route.template}")
def test_the_address_is_documented(operation):
    assert f"| `{operation.method.upper()}` | `{operation.route.template}` |" in API


def test_every_error_of_the_tree_is_documented_with_its_status():
    load_everything()
    found = {(one.code, one.status) for one in error_classes()}
    assert {(code, status) for code, status in found if f"| `{code}` | {status} |" not in ERRORS} == set()


def test_every_code_of_the_framework_is_documented():
    codes = set(problems._FRAMEWORK_CODES.values())
    assert {code for code in codes if f"| `{code}` |" not in ERRORS} == set()


def test_the_page_of_error_codes_is_where_problems_point(client):
    page = client.get(problems.from_ours(OrchestrationError())["type"].partition("#")[0])
    assert page.status_code == 200
    for code, _title, _status in problems.catalogue():
        assert f'id="{code}"' in page.content.decode()

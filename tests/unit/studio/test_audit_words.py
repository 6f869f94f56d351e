"""Every action that code writes into the audit trail has words, and nothing else has."""

import ast
from collections.abc import Iterator
from pathlib import Path

from studio.audit_words import ACTIONS, said

ROOT = Path(__file__).parents[3]
APPS = ("tenants", "keys", "routing", "workflows", "connectors", "studio")


def recorded() -> Iterator[str]:
    """The first argument of each `audit.record`, also where it is one of two."""
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.record":
                    found = call.args[0]
                    branches = (found.body, found.orelse) if isinstance(found, ast.IfExp) else (found,)
                    yield from (ast.literal_eval(one) for one in branches)


def test_every_action_has_words() -> None:
    assert set(recorded()) == set(ACTIONS)


def test_an_action_of_another_version_is_shown_as_written() -> None:
    assert said("moon.land") == "moon.land"

"""What an audit entry changed, as lines of its page."""

from typing import Any

import pytest

from studio.rows import audit_changes


def lines(changes: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(line["field"], line["before"], line["after"]) for line in audit_changes(changes)]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"name": ["Cards", "Loans"]}, [("name", "Cards", "Loans")]),
        ({"kind": "project"}, [("kind", None, "project")]),
        ({"roles": [["admin"], ["admin", "owner"]]}, [("roles", "admin", "admin, owner")]),
        ({"hard": [True, False]}, [("hard", True, False)]),
        ({"spec": {"tries": 3, "cap": None}}, [("spec.tries", None, 3)]),
        ({"spec": [{"a": 1, "b": 2}, {"a": 1, "b": 3}]}, [("spec.b", 2, 3)]),
        ({"spec": {"candidates": [{"weight": 1}, {"weight": 2}]}},
         [("spec.candidates.1.weight", None, 1), ("spec.candidates.2.weight", None, 2)]),
        ({"note": ["old", None]}, [("note", "old", None)]),
    ],
)  # fmt: skip
def test_every_changed_value_has_a_line(changes: dict[str, Any], shown: list[tuple[str, Any, Any]]) -> None:
    assert lines(changes) == shown

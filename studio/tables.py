"""Rows that a phone can stack: each cell learns the name of its column, and keeps its role when stacked."""

import re
from collections.abc import Iterable
from html import escape

_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b")
_ROLES = {"td": "cell", "th": "rowheader"}


def stackable(rows: str, labels: Iterable[str]) -> str:
    """Markup of table rows with `role` on rows and cells and the column's label in `data-label`."""
    known = [escape(label) for label in labels]

    def row(found: re.Match[str]) -> str:
        names = iter(known)
        return _CELL.sub(lambda cell: _labelled(cell[1], next(names, "")), found[0]).replace("<tr", '<tr role="row"', 1)

    return _ROW.sub(row, rows)


def _labelled(tag: str, label: str) -> str:
    return f'<{tag} role="{_ROLES[tag]}" data-label="{label}"'

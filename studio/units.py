"""Units as choices of a form, indented like the tree."""

from tenants.selectors import unit_tree


def unit_choices() -> list[tuple[str, str]]:
    """Live units in tree order."""
    return [(str(row.unit.id), "\u2003" * row.depth + row.unit.name) for row in unit_tree()]

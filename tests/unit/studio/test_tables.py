"""Rows learn the names of their columns."""

from studio.tables import stackable


def test_each_cell_is_named_by_its_column() -> None:
    rows = '<tr class="x"><th scope="row">A</th><td class="num">1</td></tr>'
    assert stackable(rows, ["Name", "Calls"]) == (
        '<tr role="row" class="x"><th role="rowheader" data-label="Name" scope="row">A</th>'
        '<td role="cell" data-label="Calls" class="num">1</td></tr>'
    )


def test_every_row_starts_with_the_first_column() -> None:
    assert stackable("<tr><td>1</td></tr><tr><td>2</td></tr>", ["A"]).count('data-label="A"') == 2


def test_a_cell_beyond_the_columns_has_no_label() -> None:
    assert 'data-label=""' in stackable("<tr><td>1</td></tr>", [])


def test_labels_are_escaped_and_other_markup_is_kept() -> None:
    rows = stackable("<tr><td><a href='#'>x</a><thead-like></td></tr>", ['"><b>'])
    assert "<b>" not in rows
    assert "<a href='#'>x</a><thead-like>" in rows

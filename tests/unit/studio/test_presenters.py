"""Badges, sort links, meters."""

import pytest

from studio.labels import STATUS_LABELS
from studio.presenters import STATUSES, Column, look, meter, sortable


def test_every_status_has_a_word_and_an_icon() -> None:
    assert set(STATUSES) == set(STATUS_LABELS)


def test_an_unknown_status_looks_idle() -> None:
    assert look("brand-new") == look("unknown")


def test_sorting_again_by_the_same_column_turns_the_order() -> None:
    (column,) = sortable([Column("Name", sort="name")], {"sort": ["name"]})
    assert (column.direction, column.url) == ("ascending", "?sort=-name")


def test_a_sort_link_keeps_the_filters_and_drops_the_cursor() -> None:
    (column,) = sortable([Column("Name", sort="name")], {"q": ["a b"], "cursor": ["x"]})
    assert column.url == "?q=a+b&sort=name"


def test_a_column_without_sort_has_no_link() -> None:
    assert sortable([Column("Used")], {})[0].url == ""


@pytest.mark.parametrize(
    ("spent", "held", "limit", "level", "spent_share", "held_share"),
    [
        (0, 0, 100, "", "0.00%", "0.00%"),
        (50, 20, 100, "", "50.00%", "70.00%"),
        (79, 1, 100, "is-near", "79.00%", "80.00%"),
        (100, 0, 100, "is-over", "100.00%", "100.00%"),
        (150, 0, 100, "is-over", "100.00%", "100.00%"),  # an overrun fills the wire; the words tell how much
        (0, 0, 0, "", "0.00%", "0.00%"),
        (1, 0, 0, "is-over", "100.00%", "100.00%"),
    ],
)
def test_a_meter_shows_spent_and_held(
    spent: int, held: int, limit: int, level: str, spent_share: str, held_share: str
) -> None:
    shown = meter(spent=spent, held=held, limit=limit)
    assert (shown.level, shown.spent_share, shown.held_share) == (level, spent_share, held_share)

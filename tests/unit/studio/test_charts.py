"""Charts: round axes, links, gaps, nothing that a strict policy forbids."""

from xml.etree import ElementTree

import pytest

from studio.diagrams.charts import Bar, Series, bar_chart, ceiling, line_chart, sparkline
from studio.diagrams.drawings import NAMES, drawing
from studio.diagrams.svg import number, tag


@pytest.mark.parametrize(
    ("largest", "top"),
    [
        (0, 1),
        (0.003, 0.005),
        (0.0099, 0.01),
        (0.5, 0.5),
        (1, 1),
        (3, 5),
        (7, 10),
        (99, 100),
        (101, 200),
        (2_400, 2_500),
    ],
)
def test_an_axis_ends_at_a_round_figure(largest: float, top: float) -> None:
    assert ceiling(largest) == pytest.approx(top)


def test_a_bar_with_an_address_is_a_link_named_by_its_figure() -> None:
    chart = bar_chart([Bar("1 Nov", 4, text="$4.00", url="/requests/?day=1")])
    assert '<a href="/requests/?day=1" aria-label="1 Nov: $4.00">' in chart


def test_text_is_escaped() -> None:
    assert "<script>" not in bar_chart([Bar("<script>", 1, url='"><script>')])


def test_a_missing_value_breaks_the_line() -> None:
    assert (
        line_chart([Series("p50", (1, 2, None, 4, 5))]).count("M")
        - line_chart([Series("p50", (1, 2, 3, 4, 5))]).count("M")
        == 1
    )


@pytest.mark.parametrize("values", [(), (None,), (3.0,), (1.0, 1.0)])
def test_sparse_data_draws_without_failing(values: tuple[float | None, ...]) -> None:
    ElementTree.fromstring(sparkline(values))


@pytest.mark.parametrize("name", NAMES)
def test_drawings_are_well_formed_and_carry_no_style(name: str) -> None:
    ElementTree.fromstring(drawing(name))
    assert "style=" not in drawing(name)


def test_numbers_are_short_and_use_a_dot() -> None:
    assert [number(value) for value in (1.0, -0.001, 2.345, 10)] == ["1", "0", "2.35", "10"]


def test_an_attribute_without_value_is_left_out() -> None:
    assert tag("g", class_="a", id=None) == '<g class="a"/>'

"""Figures in both languages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from studio import formats

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nano", "english", "vietnamese"),
    [
        (0, "$0.00", "0,00 US$"),
        (1_234_560_000_000, "$1,234.56", "1.234,56 US$"),
        (4_112_000, "$0.0041", "0,0041 US$"),
        (812_400_000, "$0.8124", "0,8124 US$"),
        (-2_500_000_000, "−$2.50", "−2,50 US$"),
        (1, "$0.000000001", "0,000000001 US$"),
    ],
)
def test_money_reads_as_each_language_writes_it(nano: int, english: str, vietnamese: str) -> None:
    with translation.override("en"):
        assert formats.money(nano) == english
    with translation.override("vi"):
        assert formats.money(nano) == vietnamese


def test_exact_money_shows_every_digit() -> None:
    assert formats.money(1_234_000_001, exact=True) == "$1.234000001"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.44, "0.4 ms"), (640, "640 ms"), (4_210, "4.2 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 05 min")],
)
def test_durations_show_the_two_units_that_matter(milliseconds: float, text: str) -> None:
    assert formats.duration(milliseconds) == text


@pytest.mark.parametrize(("count", "text"), [(950, "950"), (12_400, "12.4 k"), (3_100_000, "3.1 M")])
def test_large_counts_are_shortened(count: int, text: str) -> None:
    assert formats.compact(count) == text


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=7), "7 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=9), "9 days ago"),
        (timedelta(minutes=-5), "in 5 minutes"),
        (timedelta(days=90), "24 Aug 2026, 10:00"),
    ],
)
def test_times_are_told_in_the_largest_unit_that_fits(gap: timedelta, text: str) -> None:
    assert formats.relative(NOW - gap, NOW) == text

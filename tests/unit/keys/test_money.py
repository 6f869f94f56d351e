"""Money at the edges: exact both ways, never rounded."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.domain.money import nano_from_usd, usd_from_nano


@given(st.integers(0, 10**18))
def test_every_amount_survives_the_way_out_and_back(nano: int) -> None:
    assert nano_from_usd(usd_from_nano(nano)) == nano


@pytest.mark.parametrize(
    ("nano", "shown"),
    [(0, "0.00"), (12_500_000_000, "12.50"), (1, "0.000000001"), (10**18, "1000000000.00"), (125_000_000, "0.125")],
)
def test_amounts_are_shown_with_cents_and_no_idle_zeros(nano: int, shown: str) -> None:
    assert f"{usd_from_nano(nano):f}" == shown


def test_a_tenth_decimal_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="nine"):
        nano_from_usd(Decimal("0.0000000001"))

"""Money: settlements to the nano-dollar, holds that are never too low, and unpriced never free."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.price import cost, worst_case
from routing.domain.types import Price
from routing.domain.usage import Usage
from tests.unit.routing.deciding import deployment, request

tokens = st.integers(min_value=0, max_value=2_000_000)
prices = st.integers(min_value=0, max_value=10**12)
price_lists = st.builds(
    Price, input=prices, output=prices, cached_input=st.none() | prices, cache_write=st.none() | prices,
    reasoning=st.none() | prices,
)  # fmt: skip
usages = st.builds(Usage, input=tokens, cached_input=tokens, cache_write=tokens, output=tokens, reasoning=tokens)


def test_each_bucket_is_priced_once() -> None:
    price = Price(input=1_000_000, cached_input=100_000, cache_write=2_000_000, output=4_000_000, reasoning=3_000_000)
    usage = Usage(input=10, cached_input=100, cache_write=10, output=5, reasoning=7)
    assert cost(usage, price) == 10 + 10 + 20 + 20 + 21


@pytest.mark.parametrize(
    ("product", "expected"), [(499_999, 0), (500_000, 0), (500_001, 1), (1_500_000, 2), (2_500_000, 2)]
)
def test_a_settlement_is_rounded_half_even_once(product: int, expected: int) -> None:
    assert cost(Usage(input=1), Price(input=product, output=0)) == expected


@pytest.mark.parametrize("price", [Price(), Price(input=1), Price(output=1)])
def test_without_a_price_there_is_no_cost(price: Price) -> None:
    assert cost(Usage(input=1), price) is None
    assert worst_case(request(), deployment("a", price=price)) is None


def test_a_price_of_zero_is_free_and_known() -> None:
    assert cost(Usage(input=9, output=9), Price(input=0, output=0)) == 0
    assert worst_case(request(), deployment("a", price=Price(input=0, output=0))) == 0


def test_a_missing_price_of_a_bucket_is_that_of_its_side() -> None:
    price = Price(input=1_000_000, output=5_000_000)
    assert cost(Usage(cached_input=1, cache_write=1, reasoning=1), price) == 1 + 1 + 5


@given(usage=usages, price=price_lists)
def test_a_settlement_agrees_with_exact_decimals(usage: Usage, price: Price) -> None:
    assert price.input is not None
    assert price.output is not None
    exact = Decimal(usage.input * price.input + usage.output * price.output)
    exact += usage.cached_input * (price.input if price.cached_input is None else price.cached_input)
    exact += usage.cache_write * (price.input if price.cache_write is None else price.cache_write)
    exact += usage.reasoning * (price.output if price.reasoning is None else price.reasoning)
    assert cost(usage, price) == int((exact / 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(usage=usages, price=price_lists, n=st.integers(min_value=1, max_value=8))
def test_a_hold_covers_every_usage_within_the_bounds(usage: Usage, price: Price, n: int) -> None:
    given_tokens = usage.input + usage.cached_input + usage.cache_write
    each = -(-(usage.output + usage.reasoning) // n)
    features = request(input_tokens_bound=given_tokens, max_output_tokens=each, n=n)
    held, spent = worst_case(features, deployment("a", price=price)), cost(usage, price)
    assert held is not None
    assert spent is not None
    assert held >= spent


def test_predicted_output_is_held_as_well() -> None:
    facts = deployment("a", price=Price(input=0, output=1_000_000))
    assert worst_case(request(max_output_tokens=10, extra_output_tokens=30), facts) == 40


def test_an_output_that_nobody_limits_has_no_worst_case() -> None:
    assert worst_case(request(), deployment("a", max_output_tokens=None, context_window=None)) is None
    assert worst_case(request(), deployment("a", max_output_tokens=None)) is not None

"""Money: what usage cost, and the most that a request can cost.

All amounts are whole nano-USD, prices nano-USD per 1,000,000 tokens. A settlement sums the exact products of all
buckets and rounds half-even once; a hold is rounded up. An unpriced deployment has no cost (None), which is never the
same as 0.
"""

from typing import Final

from routing.domain.bounds import input_bound, output_bound
from routing.domain.types import DeploymentFacts, Price, RequestFeatures
from routing.domain.usage import Usage

__all__ = ["Price", "Usage", "cost", "expected_cost", "worst_case"]

TOKENS_PER_PRICE: Final = 1_000_000
EXPECTED_OUTPUT_TOKENS: Final = 256


def cost(usage: Usage, price: Price) -> int | None:
    """The nano-USD that `usage` cost, rounded half-even once; None when the price is not known."""
    if price.input is None or price.output is None:
        return None
    cached, written, reasoning = _filled(price, price.input, price.output)
    product = (
        usage.input * price.input
        + usage.cached_input * cached
        + usage.cache_write * written
        + usage.output * price.output
        + usage.reasoning * reasoning
    )
    return _half_even(product)


def worst_case(features: RequestFeatures, facts: DeploymentFacts) -> int | None:
    """The most nano-USD the request can cost on this deployment, rounded up.

    Every token is taken at the dearest price of its side. None when the deployment is unpriced or some part of the
    request has no upper bound of tokens; a hard limit then refuses.
    """
    price = facts.price
    if price.input is None or price.output is None:
        return None
    given, produced = input_bound(features), output_bound(features, facts)
    if given is None or produced is None:
        return None
    cached, written, reasoning = _filled(price, price.input, price.output)
    product = given * max(price.input, cached, written) + produced * max(price.output, reasoning)
    return -(-product // TOKENS_PER_PRICE)


def expected_cost(features: RequestFeatures, facts: DeploymentFacts) -> int | None:
    """The likely nano-USD: estimated input, and an output of at most EXPECTED_OUTPUT_TOKENS for each of n answers.

    It ranks candidates and is shown as the low end of the range; nothing is booked by it.
    """
    price = facts.price
    if price.input is None or price.output is None:
        return None
    asked = features.max_output_tokens
    output = EXPECTED_OUTPUT_TOKENS if asked is None else min(asked, EXPECTED_OUTPUT_TOKENS)
    return _half_even(features.input_tokens_estimate * price.input + output * features.n * price.output)


def _filled(price: Price, given: int, produced: int) -> tuple[int, int, int]:
    """Cached-input, cache-write and reasoning price, a missing one taken from its side's base price."""
    return (
        given if price.cached_input is None else price.cached_input,
        given if price.cache_write is None else price.cache_write,
        produced if price.reasoning is None else price.reasoning,
    )


def _half_even(product: int) -> int:
    whole, rest = divmod(product, TOKENS_PER_PRICE)
    if rest * 2 > TOKENS_PER_PRICE or (rest * 2 == TOKENS_PER_PRICE and whole % 2):
        whole += 1
    return whole

"""The end of an answered attempt: what it used, what that costs, and how the exchange is booked."""

from typing import Any

from routing.domain.bounds import output_bound
from routing.domain.price import cost
from routing.domain.usage import Usage, UsageError, usage_from_openai
from routing.gateway.exchange import Attempt, Exchange
from routing.gateway.recorder import record_of
from routing.ports import Ledger


def book_usage(exchange: Exchange, attempt: Attempt, raw: dict[str, Any] | None) -> int:
    """Note the usage of the served attempt and return what to settle: its cost, or all of its hold without usage."""
    exchange.usage_raw = raw
    try:
        usage = usage_from_openai(raw)
    except UsageError:
        usage = None
    facts = attempt.facts
    if usage is None:
        exchange.estimated = True
        exchange.usage = _bound(exchange, attempt)
        amount: int | None = attempt.hold.amount if facts.price.known else None
    else:
        exchange.usage = usage
        amount = cost(usage, facts.price)
    exchange.cost = None if amount is None and not exchange.cost else (exchange.cost or 0) + (amount or 0)
    return amount or 0


def _bound(exchange: Exchange, attempt: Attempt) -> Usage:
    """The most that can have been used, where the provider did not say."""
    features = exchange.features
    assert features is not None
    return Usage(input=features.input_tokens_bound, output=output_bound(features, attempt.facts) or 0)


def finish(exchange: Exchange, ledger: Ledger, attempt: Attempt | None = None, amount: int | None = None) -> None:
    """Hand the exchange over to be written, with the settlement of the attempt that served it."""
    if attempt is None:
        ledger.record(lambda: record_of(exchange))
    else:
        ledger.end(attempt.hold, amount, lambda: record_of(exchange))

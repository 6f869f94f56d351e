"""Headers of ours: on an answer what served it, why, what it cost, what is left; on a request which run asks."""

from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from keys.domain.limits import LimitState
from keys.domain.money import usd_text
from routing.gateway.errors import Header
from routing.gateway.exchange import Exchange
from routing.gateway.rate_headers import budget_remaining, rate_limit_headers


@lru_cache(maxsize=4096)
def plain(text: str) -> bytes:
    """A configured name as a header value."""
    return "".join(c if " " <= c <= "~" else "?" for c in text).encode("ascii")


def asking_run(value: bytes) -> UUID | None:
    """The workflow run that a request says it belongs to; what is no id is passed over."""
    try:
        return UUID(value.decode("ascii")) if value else None
    except ValueError:
        return None


def answer_headers(exchange: Exchange, limits: tuple[LimitState, ...], *, with_cost: bool) -> list[Header]:
    """The headers of a successful answer; a stream's cost is not known when they are sent."""
    headers: list[Header] = [
        (b"x-orchestration-decision-id", str(exchange.id).encode()),
        (b"x-orchestration-attempts", b"%d" % len(exchange.attempts)),
        (b"x-orchestration-cache", exchange.cache.encode()),
        (b"x-orchestration-overhead-ms", b"%.2f" % exchange.overhead()),
    ]
    if exchange.served is not None:
        headers.append((b"x-orchestration-model-served", plain(exchange.served.model)))
    if exchange.route is not None:
        headers.append((b"x-orchestration-route-version", b"%d" % exchange.route.row.number))
    if with_cost and exchange.cost is not None:
        headers.append((b"x-orchestration-cost-usd", usd_text(exchange.cost).encode()))
    if limits:
        headers += rate_limit_headers(limits, now=datetime.now(UTC))
        remaining = budget_remaining(limits)
        if remaining is not None:
            headers.append((b"x-orchestration-budget-remaining-usd", usd_text(remaining).encode()))
    return headers

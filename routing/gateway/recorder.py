"""From a finished exchange to the row of `routing_record`; runs when the batch is written, off the request's path."""

from typing import Any

from routing.domain.types import decision_to_dict
from routing.domain.usage import Usage
from routing.gateway.exchange import Attempt, Exchange

NOTHING = Usage()


def record_of(exchange: Exchange) -> dict[str, Any]:
    """The usage record as JSON data."""
    caller, route, features, served = exchange.caller, exchange.route, exchange.features, exchange.served
    assert caller is not None
    usage = exchange.usage or NOTHING
    return {
        "id": exchange.id,
        "tenant_id": caller.tenant_id,
        "at": exchange.at,
        "virtual_key_id": caller.key_id,
        "unit_id": caller.unit_id,
        "unit_path": caller.unit_path,
        "route_id": route.row.route_id if route else None,
        "route_version": route.row.number if route else None,
        "deployment_id": served.id if served else None,
        "model_asked": features.model if features else "",
        "model_served": served.model if served else "",
        "surface": "chat",
        "stream": features.stream if features else False,
        "status": exchange.status,
        "http_status": exchange.http_status,
        "error_code": exchange.error_code,
        "input_tokens": usage.input,
        "cached_input_tokens": usage.cached_input,
        "cache_write_tokens": usage.cache_write,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "usage_raw": exchange.usage_raw,
        "usage_estimated": exchange.estimated,
        "cost": exchange.cost,
        "saved": exchange.saved,
        "latency_ms": _milliseconds(exchange.answered - exchange.began),
        "first_token_ms": _milliseconds(exchange.first_token - exchange.began) if exchange.first_token else None,
        "overhead_ms": round(exchange.overhead_ms, 3),
        "attempts": [_attempt(attempt) for attempt in exchange.attempts],
        "cache": exchange.cache,
        "run_id": exchange.run_id,
        "decision": decision_to_dict(exchange.decision) if exchange.decision else None,
        "hold_ids": [attempt.hold.id for attempt in exchange.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "deployment": attempt.facts.id,
        "name": attempt.facts.name,
        "model": attempt.facts.model,
        "outcome": attempt.outcome,
        "detail": attempt.detail[:200],
        "status": attempt.status or None,
        "ms": _milliseconds(attempt.ended - attempt.began),
        "hold": attempt.hold.id,
        "held": attempt.hold.amount,
    }


def _milliseconds(seconds: float) -> int:
    return max(round(seconds * 1000), 0)

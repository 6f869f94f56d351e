"""A decision without candidates, in the caller's protocol: the nearest cause, as OpenAI would say it."""

from collections.abc import Callable, Mapping

from routing.domain.types import Decision, Refusal, RuleId
from routing.gateway.errors import (
    WireError,
    context_overflow,
    model_not_allowed,
    model_unavailable,
    not_priced,
    upstream_failed,
)

_UNSUPPORTED: Mapping[str, tuple[str, str]] = {
    "streaming": ("stream", "This model does not support streaming."),
    "tools": ("tools", "This model does not support tools."),
    "json": ("response_format", "This model does not support JSON output."),
    "vision": ("messages", "This model does not support images or files."),
    "bounded": ("messages", "The cost of this request has no upper bound, and a hard budget applies to this key."),
}


def refused_by_decision(decision: Decision, refusal: Refusal) -> WireError:
    """The error that tells the client why no candidate is left."""
    if refusal.rule in _UNSUPPORTED:
        param, message = _UNSUPPORTED[refusal.rule]
        return WireError(400, "unsupported_value", message, param=param)
    made = _BY_RULE.get(refusal.rule)
    return made(decision, refusal) if made is not None else model_unavailable()


def _context(decision: Decision, refusal: Refusal) -> WireError:
    windows = [result.deployment.context_window or 0 for result in decision.candidates]
    return context_overflow(max(windows, default=0), decision.features.input_tokens_estimate)


def _output(decision: Decision, refusal: Refusal) -> WireError:
    limits = [result.deployment.max_output_tokens or 0 for result in decision.candidates]
    text = f"max_tokens is too large: this model supports at most {max(limits, default=0)} completion tokens."
    return WireError(400, "invalid_value", text, param="max_tokens")


def _health(decision: Decision, refusal: Refusal) -> WireError:
    seconds = None if refusal.retry_after_ms is None else refusal.retry_after_ms / 1000
    return upstream_failed(status=503, retry_after=seconds)


_BY_RULE: Mapping[RuleId, Callable[[Decision, Refusal], WireError]] = {
    "allowed": lambda decision, _: model_not_allowed(decision.route.name),
    "context": _context,
    "output": _output,
    "priced": lambda *_: not_priced(),
    "health": _health,
}

"""What a provider says it used, split into buckets that do not overlap.

Providers disagree on what their counts include: OpenAI's prompt tokens include the cached ones and its completion
tokens include reasoning, Anthropic's input tokens exclude both kinds of cache traffic. The parsers here turn either
into exclusive buckets, so that each token is priced once. A count that is not a whole number from 0 upwards is refused
(`UsageError`): the gateway then falls back to its bound and marks the record as estimated. The raw object is kept
beside the result by the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class UsageError(ValueError):
    """A usage object that cannot be trusted; `field` names the first faulty count."""

    def __init__(self, field: str) -> None:
        super().__init__(f"usage field {field} is not a token count")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens in exclusive buckets; their sum is what the provider processed."""

    input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        return self.input + self.cached_input + self.cache_write + self.output + self.reasoning


def usage_from_openai(raw: Mapping[str, Any] | None) -> Usage | None:
    """The usage of an OpenAI-wire answer; None when the object reports nothing. An explicit zero is a report."""
    if raw is None:
        return None
    _require_object(raw, "usage")
    prompt, completion = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    if prompt is None and completion is None:
        return None
    prompt_details = _details(raw, "prompt_tokens_details")
    cached = _first(prompt_details, "cached_tokens") or _first(raw, "prompt_cache_hit_tokens") or 0
    written = (
        _first(prompt_details, "cache_creation_tokens", "cache_write_tokens")
        or _first(raw, "cache_creation_input_tokens")
        or 0
    )
    reasoning = _first(_details(raw, "completion_tokens_details"), "reasoning_tokens") or 0
    return _exclusive(
        prompt or 0,
        completion or 0,
        cached=cached,
        written=written,
        reasoning=reasoning,
        total=_count(raw, "total_tokens"),
    )


def _exclusive(prompt: int, completion: int, *, cached: int, written: int, reasoning: int, total: int | None) -> Usage:
    """Take the parts out of the wholes, unless the counts show that a part was never in its whole.

    Some servers report cached or reasoning tokens beside the whole. That is certain when the part exceeds the whole,
    and told by a total that only adds up that way.
    """
    parts = cached + written
    beside_total = total is not None and total > prompt + completion
    cache_beside = parts > prompt or (beside_total and parts > 0 and total == prompt + completion + parts)
    reasoning_beside = reasoning > completion or (
        beside_total and reasoning > 0 and total == prompt + completion + reasoning
    )
    if beside_total and parts and reasoning and total == prompt + completion + parts + reasoning:
        cache_beside = reasoning_beside = True
    return Usage(
        input=prompt if cache_beside else prompt - parts,
        cached_input=cached,
        cache_write=written,
        output=completion if reasoning_beside else completion - reasoning,
        reasoning=reasoning,
    )


def usage_from_anthropic(raw: Mapping[str, Any] | None) -> Usage | None:
    """The usage of an Anthropic-wire answer; in a stream, pass `merge_usage(message_start, message_delta)`.

    Thinking is part of `output_tokens` and billed as output; Anthropic does not report it apart.
    """
    if raw is None:
        return None
    _require_object(raw, "usage")
    given, output = _count(raw, "input_tokens"), _count(raw, "output_tokens")
    if given is None and output is None:
        return None
    written = _count(raw, "cache_creation_input_tokens")
    if written is None:
        creation = _details(raw, "cache_creation")
        written = sum(
            _count(creation, name) or 0 for name in ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
        )
    return Usage(
        input=given or 0,
        cached_input=_count(raw, "cache_read_input_tokens") or 0,
        cache_write=written,
        output=output or 0,
    )


def merge_usage(first: Mapping[str, Any] | None, later: Mapping[str, Any] | None) -> dict[str, Any]:
    """Two usage objects of one stream; counts are cumulative, so a later value that is not null replaces the first."""
    merged = dict(first or {})
    merged.update({name: value for name, value in (later or {}).items() if value is not None})
    return merged


def _require_object(value: Any, name: str) -> None:
    if not isinstance(value, Mapping):
        raise UsageError(name)


def _details(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = raw.get(name)
    if details is None:
        return {}
    _require_object(details, name)
    return details  # type: ignore[no-any-return]  # checked above


def _count(raw: Mapping[str, Any], name: str) -> int | None:
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or value >= 2**53:
        raise UsageError(name)
    return value


def _first(raw: Mapping[str, Any], *names: str) -> int | None:
    """The first count of these names that is reported; all of them are checked."""
    counts = [_count(raw, name) for name in names]
    return next((count for count in counts if count is not None), None)

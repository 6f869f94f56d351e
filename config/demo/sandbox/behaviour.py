"""What a sandbox model does, read from its name.

A name is `sandbox-<part>` or several parts joined by `+`, as in `sandbox-large+cut-3`:

    small            fast, short answers                  slow-<ms>        the whole answer takes this long
    large            slow, long answers                   ttft-<ms>        the first token takes this long
    economy          slowest and cheapest                 chunks-<n>-<ms>  n chunks, ms apart
    exact            exactly max_tokens output tokens     context-<n>      a context window of n tokens
    fail-<status>    always this status                   flaky-<percent>  this share of calls answers 500
    cut-<n>          drops the connection after n chunks  stall-<n>        falls silent after n chunks
    noend-<n>        ends cleanly but unfinished          error-<n>        an error event after n chunks
    hang             never answers                        reasoning-<n>    n reasoning tokens before the answer
    cached-<percent> share of input read from a cache     cachewrite-<percent>  share written to it
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

PREFIX: Final = "sandbox-"
DEFAULT_CONTEXT_WINDOW: Final = 131_072
FAILURES: Final = frozenset({400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One model's fixed behaviour; `None` for what it does not do."""

    name: str
    style: str = "small"
    first_token_ms: int = 0
    interval_ms: int = 0
    total_ms: int | None = None
    chunks: int | None = None
    exact: bool = False
    hang: bool = False
    fail_status: int | None = None
    flaky_percent: int = 0
    cut_after: int | None = None
    stall_after: int | None = None
    unfinished_after: int | None = None
    error_after: int | None = None
    reasoning_tokens: int = 0
    cached_percent: int = 0
    cache_write_percent: int = 0
    context_window: int = DEFAULT_CONTEXT_WINDOW


Rule = Callable[[Behaviour, tuple[int, ...]], Behaviour]


def _number(field: str, *, most: int = 3_600_000) -> Rule:
    def rule(behaviour: Behaviour, numbers: tuple[int, ...]) -> Behaviour:
        if numbers[0] > most:
            raise ValueError(field)
        return replace(behaviour, **{field: numbers[0]})  # type: ignore[arg-type]  # the field is a parameter

    return rule


def _fail(behaviour: Behaviour, numbers: tuple[int, ...]) -> Behaviour:
    if numbers[0] not in FAILURES:
        raise ValueError("status")
    return replace(behaviour, fail_status=numbers[0])


def _chunks(behaviour: Behaviour, numbers: tuple[int, ...]) -> Behaviour:
    return replace(behaviour, chunks=min(numbers[0], 100_000), interval_ms=numbers[1], first_token_ms=0)


_RULES: Final[Mapping[str, tuple[int, Rule]]] = MappingProxyType(
    {
        "small": (0, lambda b, _: replace(b, style="small", first_token_ms=20, interval_ms=2, context_window=16_384)),
        "large": (0, lambda b, _: replace(b, style="large", first_token_ms=120, interval_ms=8)),
        "economy": (0, lambda b, _: replace(b, style="small", first_token_ms=300, interval_ms=20)),
        "exact": (0, lambda b, _: replace(b, exact=True)),
        "hang": (0, lambda b, _: replace(b, hang=True)),
        "slow": (1, _number("total_ms")),
        "ttft": (1, _number("first_token_ms")),
        "chunks": (2, _chunks),
        "context": (1, _number("context_window", most=100_000_000)),
        "fail": (1, _fail),
        "flaky": (1, _number("flaky_percent", most=100)),
        "cut": (1, _number("cut_after")),
        "stall": (1, _number("stall_after")),
        "noend": (1, _number("unfinished_after")),
        "error": (1, _number("error_after")),
        "reasoning": (1, _number("reasoning_tokens")),
        "cached": (1, _number("cached_percent", most=100)),
        "cachewrite": (1, _number("cache_write_percent", most=100)),
    }
)
LISTED: Final = ("sandbox-small", "sandbox-large", "sandbox-economy", "sandbox-exact", "sandbox-embed")


def parse_model(name: str) -> Behaviour | None:
    """The behaviour a model name asks for, or None when there is no such sandbox model.

    A vendor's prefix (`@cf/sandbox/`, `openai/`) is ignored, as the vendor's endpoint would strip it.
    """
    bare = name.rsplit("/", 1)[-1]
    if not bare.startswith(PREFIX):
        return None
    behaviour = Behaviour(name=bare)
    if bare == "sandbox-embed":
        return behaviour
    for part in bare.removeprefix(PREFIX).split("+"):
        changed = _apply(behaviour, part)
        if changed is None:
            return None
        behaviour = changed
    return behaviour


def _apply(behaviour: Behaviour, part: str) -> Behaviour | None:
    if not re.fullmatch(r"[a-z]+(-[0-9]{1,9})*", part):
        return None
    word, *numbers = part.split("-")
    count, rule = _RULES.get(word, (-1, None))
    if rule is None or count != len(numbers):
        return None
    try:
        return rule(behaviour, tuple(map(int, numbers)))
    except ValueError:
        return None


def fails_now(behaviour: Behaviour, call_number: int) -> bool:
    """Whether the n-th call (from 1) of a flaky model fails: spread evenly, the same after every reset."""
    share = behaviour.flaky_percent
    return (call_number * share) // 100 > ((call_number - 1) * share) // 100

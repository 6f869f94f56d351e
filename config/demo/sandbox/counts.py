"""The sandbox's own count of calls and tokens, against which a gateway's ledger can be checked."""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Final, Literal

from .answers import Usage

Outcome = Literal["ok", "failed", "cut", "cancelled"]
KEPT_REQUESTS: Final = 50
TOKEN_FIELDS: Final = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
_SECRET: Final = frozenset({"authorization", "api-key", "x-api-key", "cf-aig-authorization"})


class Counts:
    """Calls and tokens since the last reset. A lock guards it, so that tests may read it from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forgets every count and every recorded request."""
        with self._lock:
            self._models: dict[str, Counter[str]] = {}
            self._total: Counter[str] = Counter()
            self._concurrent = Counter[str]()
            self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)

    def begin(self, model: str) -> int:
        """Counts a call that reached a model and returns its number there, from 1."""
        with self._lock:
            counter = self._models.setdefault(model, Counter())
            for one, name in ((counter, model), (self._total, "")):
                one["calls"] += 1
                self._concurrent[name] += 1
                one["max_concurrent"] = max(one["max_concurrent"], self._concurrent[name])
            return counter["calls"]

    def end(self, model: str, outcome: Outcome, usage: Usage | None) -> None:
        """Counts how a call ended and the tokens it used."""
        with self._lock:
            for one, name in ((self._models.setdefault(model, Counter()), model), (self._total, "")):
                self._concurrent[name] = max(0, self._concurrent[name] - 1)
                one[outcome] += 1
                if usage is not None:
                    one.update(dict(zip(TOKEN_FIELDS, _numbers(usage), strict=True)))

    def remember(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keeps a request for tests to look at, without its credentials."""
        shown = {name: "***" if name in _SECRET else value for name, value in headers.items()}
        self.requests.append({"path": path, "headers": shown, "body": body.decode(errors="replace")})

    def snapshot(self) -> dict[str, Any]:
        """Everything counted, as JSON."""
        with self._lock:
            models = {name: _shown(counter, self._concurrent[name]) for name, counter in sorted(self._models.items())}
            return {"server": "sandbox model server", "total": _shown(self._total, self._concurrent[""]),
                    "models": models}  # fmt: skip


def _numbers(usage: Usage) -> tuple[int, ...]:
    return usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning


def _shown(counter: Counter[str], concurrent: int) -> dict[str, int]:
    fields = ("calls", "ok", "failed", "cut", "cancelled", *TOKEN_FIELDS, "max_concurrent")
    return {**{field: counter[field] for field in fields}, "concurrent": concurrent}

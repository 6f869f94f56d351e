"""Figures of this process in Prometheus' text format. Labels have closed sets of values, so that memory stays
bounded."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

from routing.gateway.exchange import Exchange

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
OVERHEAD_SECONDS = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01, 0.025, 0.1, 1.0)


class Histogram:
    """Counts by upper bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def lines(self, name: str) -> Iterable[str]:
        """The series of this histogram."""
        yield f"# TYPE {name} histogram"
        running = 0
        for bound, count in zip((*self.bounds, "+Inf"), self.counts, strict=True):
            running += count
            yield f'{name}_bucket{{le="{bound}"}} {running}'
        yield f"{name}_sum {self.total:.6f}"
        yield f"{name}_count {running}"


class Metrics:
    """What is counted per request."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int, str]] = Counter()
        self.tokens: Counter[str] = Counter()
        self.cost = 0
        self.latency = Histogram(SECONDS)
        self.overhead = Histogram(OVERHEAD_SECONDS)

    def observe(self, exchange: Exchange) -> None:
        """Count a finished request."""
        self.requests[(exchange.status, exchange.http_status, exchange.cache)] += 1
        self.latency.add(exchange.answered - exchange.began)
        self.overhead.add(exchange.overhead_ms / 1000)
        self.cost += exchange.cost or 0
        usage = exchange.usage
        if usage is not None:
            self.tokens["input"] += usage.input + usage.cached_input + usage.cache_write
            self.tokens["output"] += usage.output + usage.reasoning

    def render(self, gauges: Mapping[str, float]) -> bytes:
        """The page, with further figures read at this moment."""
        lines = ["# TYPE orchestration_requests_total counter"]
        for (status, code, cache), count in sorted(self.requests.items()):
            lines.append(f'orchestration_requests_total{{status="{status}",code="{code}",cache="{cache}"}} {count}')
        lines.append("# TYPE orchestration_tokens_total counter")
        lines += [f'orchestration_tokens_total{{kind="{kind}"}} {count}' for kind, count in sorted(self.tokens.items())]
        lines += ["# TYPE orchestration_cost_usd_total counter", f"orchestration_cost_usd_total {self.cost / 1e9:.9f}"]
        lines += self.latency.lines("orchestration_request_seconds")
        lines += self.overhead.lines("orchestration_overhead_seconds")
        for name, value in gauges.items():
            lines += [f"# TYPE orchestration_{name} gauge", f"orchestration_{name} {value:g}"]
        return ("\n".join(lines) + "\n").encode()

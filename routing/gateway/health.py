"""What this process has seen of each deployment: its circuit, and how fast it was lately.

Decisions get immutable views, shared until something changed: a circuit at once, latencies every `REFRESH_SECONDS`.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from routing.domain.retry import AttemptOutcome, observe
from routing.domain.types import HEALTHY, HealthState, LatencyStats, RouteVersionFacts

REFRESH_SECONDS = 0.5
REMEMBERED_SECONDS = 300.0
SAMPLES = 128
MAX_DEPLOYMENTS = 50_000
MAX_VIEWS = 5_000

View = tuple[Mapping[str, HealthState], Mapping[str, LatencyStats]]


class _Samples:
    __slots__ = ("first", "read_at", "stats", "total")

    def __init__(self) -> None:
        self.total: deque[tuple[float, float]] = deque(maxlen=SAMPLES)
        self.first: deque[tuple[float, float]] = deque(maxlen=SAMPLES)
        self.stats: LatencyStats | None = None
        self.read_at = -REFRESH_SECONDS

    def refresh(self, now: float) -> None:
        oldest = now - REMEMBERED_SECONDS
        totals = sorted(milliseconds for at, milliseconds in self.total if at >= oldest)
        firsts = sorted(milliseconds for at, milliseconds in self.first if at >= oldest)
        self.read_at = now
        if not totals:
            self.stats = None
            return
        p50 = round(totals[len(totals) // 2])
        self.stats = LatencyStats(
            p50_ms=p50,
            p95_ms=round(totals[int(len(totals) * 0.95)]),
            ttft_ms=round(firsts[len(firsts) // 2]) if firsts else p50,
            source="measured",
            samples=len(totals),
        )


class Health:
    """Circuits and latencies by deployment id."""

    def __init__(self) -> None:
        self._states: dict[str, HealthState] = {}
        self._samples: dict[str, _Samples] = {}
        self._views: dict[int, tuple[int, float, RouteVersionFacts, View]] = {}
        self._changes = 0

    @property
    def open_circuits(self) -> int:
        """How many circuits are not closed by a success since they opened."""
        return sum(state.open_until_ms > 0 for state in self._states.values())

    def observe(self, deployment_id: str, outcome: AttemptOutcome, *, now_ms: int) -> None:
        """Move the circuit of a deployment by how an attempt ended."""
        before = self._states.get(deployment_id, HEALTHY)
        after = observe(before, outcome, now_ms)
        if after == before:
            return
        self._changes += 1
        if after == HEALTHY:
            self._states.pop(deployment_id, None)
        elif len(self._states) < MAX_DEPLOYMENTS:
            self._states[deployment_id] = after

    def forget(self, deployment_ids: Iterable[str]) -> None:
        """These deployments are called in another way now: what was seen of them says nothing any more."""
        for deployment_id in deployment_ids:
            self._samples.pop(deployment_id, None)
            if self._states.pop(deployment_id, None) is not None:
                self._changes += 1

    def measured(self, deployment_id: str, *, total: float, first: float | None, now: float) -> None:
        """Note the seconds a complete answer took, and its first token where it was streamed."""
        samples = self._samples.get(deployment_id)
        if samples is None:
            if len(self._samples) >= MAX_DEPLOYMENTS:
                self._samples.clear()
            samples = self._samples[deployment_id] = _Samples()
        samples.total.append((now, total * 1000))
        if first is not None:
            samples.first.append((now, first * 1000))

    def view(self, route: RouteVersionFacts, *, now: float) -> View:
        """The circuits and latencies of the route's deployments as they are now."""
        cached = self._views.get(id(route))
        if (
            cached is not None
            and cached[0] == self._changes
            and now - cached[1] < REFRESH_SECONDS
            and cached[2] is route
        ):
            return cached[3]
        if len(self._views) >= MAX_VIEWS:
            self._views.clear()
        view = self._view(route, now)
        self._views[id(route)] = (self._changes, now, route, view)
        return view

    def _view(self, route: RouteVersionFacts, now: float) -> View:
        latencies = {}
        for deployment_id in route.deployments:
            samples = self._samples.get(deployment_id)
            if samples is None:
                continue
            if now - samples.read_at >= REFRESH_SECONDS:
                samples.refresh(now)
            if samples.stats is not None:
                latencies[deployment_id] = samples.stats
        states = {name: self._states[name] for name in route.deployments if name in self._states}
        return MappingProxyType(states), MappingProxyType(latencies)

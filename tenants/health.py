"""Health of the parts, asked through probes that the composition root binds. A probe never raises and never hangs."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as ProbeTimeout
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise

State = Literal["up", "degraded", "down"]
DEADLINE_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Probe:
    """`check` returns a short figure ("14 connections") or raises; `effect` says what is lost while it is down."""

    name: str
    title: str | Promise
    effect: str | Promise
    check: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Health:
    """Answer of one probe."""

    name: str
    title: str | Promise
    state: State
    detail: str
    effect: str | Promise
    milliseconds: float


_probes: list[Probe] = []
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="probe")


def bind(probes: list[Probe]) -> None:
    """Set the probes, once, at start."""
    _probes[:] = probes


def report() -> list[Health]:
    """Ask all probes at once; one that takes longer than DEADLINE_SECONDS counts as down."""
    started = time.monotonic()
    futures = {probe: _pool.submit(_ask, probe) for probe in _probes}
    answers = []
    for probe, future in futures.items():
        left = max(0.0, DEADLINE_SECONDS - (time.monotonic() - started))
        try:
            answers.append(future.result(timeout=left))
        except ProbeTimeout:
            answers.append(_health(probe, "down", "no answer", DEADLINE_SECONDS * 1000))
    return answers


def worst(answers: list[Health]) -> State:
    """State of the whole."""
    order: Mapping[State, int] = {"up": 0, "degraded": 1, "down": 2}
    return max((answer.state for answer in answers), key=order.__getitem__, default="up")


def _ask(probe: Probe) -> Health:
    started = time.monotonic()
    try:
        detail = probe.check()
    except Exception as error:  # whatever is wrong with a part, the page must say so
        return _health(probe, "down", type(error).__name__, (time.monotonic() - started) * 1000)
    return _health(probe, "up", detail, (time.monotonic() - started) * 1000)


def _health(probe: Probe, state: State, detail: str, milliseconds: float) -> Health:
    return Health(probe.name, probe.title, state, detail, probe.effect, milliseconds)

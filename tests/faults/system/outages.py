"""Ways to break a running system, undone at the end."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.system import Desk, Up, call


@contextmanager
def frozen(up: Up, word: str) -> Iterator[None]:
    """Every process of the installation whose command line has `word`, stopped by SIGSTOP."""
    pids = up.pids(word)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def killed(up: Up, *words: str) -> list[int]:
    """SIGKILL to the processes whose command line has all words."""
    pids = up.pids(*words)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return pids


def timed(ask: Callable[[], httpx.Response]) -> tuple[httpx.Response | None, float]:
    """The answer, None where there was none, and how long it took."""
    began = time.monotonic()
    try:
        answer: httpx.Response | None = ask()
    except httpx.TransportError:
        answer = None
    return answer, time.monotonic() - began


def gateway_call(desk: Desk, key: dict[str, Any], route: str, **options: Any) -> tuple[int, str, float]:
    """(status, error code, seconds) of one call through the gateway of `up`."""
    answer, took = timed(lambda: call(desk.info["gateway_url"], key["secret"], route, **options))
    if answer is None:
        return 0, "", took
    error = answer.json().get("error", {}) if answer.status_code != 200 and not options.get("stream") else {}
    return answer.status_code, str(error.get("code", "")), took

"""Runs expressions in child processes, so that none can loop, swell or crash in ours.

A child has an empty environment and bounds on memory and processor time that the kernel enforces, so that whether an
expression meets its limit does not depend on how busy the machine is. A child that does not answer by a later deadline
of the clock is killed and the evaluation may be tried again. As many run at once as the pool has places; whoever finds
none free in time gets EvaluatorUnavailable. Children are started when they are needed, used for one evaluation at a
time by any thread, and not shared with a process that forked.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from workflows.domain.expressions import EvaluatorUnavailable, ExpressionError, ExpressionLimit, Limits

CHILD: Final = Path(__file__).with_name("jq_child.py")
USES: Final = 5_000  # then a child is replaced
START_SECONDS: Final = 10.0
PATIENCE: Final = 10  # times the processor seconds, by the clock
MOST_INPUT: Final = 16 * 1024 * 1024
# exit statuses over a limit: out of processor time, or out of memory where Python could not say so any more
ENDINGS: Final[Mapping[int, str]] = {
    -signal.SIGPROF: "time",
    **dict.fromkeys((1, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS), "memory"),
}
LIMITS: Final[Mapping[str, str]] = {
    "memory": "It needs more memory than an expression may use.",
    "time": "It takes longer than an expression may.",
    "nesting": "It nests or recurses too deeply.",
    "output": "Its result is too large.",
}


class JqPool:
    """At most `places` children; a caller waits `wait_seconds` for one of them."""

    def __init__(self, *, places: int = 2, wait_seconds: float = 5.0) -> None:
        self._places = places
        self._wait_seconds = wait_seconds
        self._reset()
        atexit.register(self.close)

    def run(self, source: str, input: Any, variables: Mapping[str, Any], limits: Limits) -> list[Any]:  # noqa: A002
        """The first two results of an expression that was checked: one more than it may have."""
        body = _request(source, input, variables, limits)
        if self._owner != os.getpid():
            self._reset()
        if not self._free.acquire(timeout=self._wait_seconds):
            raise EvaluatorUnavailable
        try:
            return _read(self._ask(body, limits), quotes="secrets" not in variables)
        finally:
            self._free.release()

    def close(self) -> None:
        """Ends the children that are idle, unless they are those of the process that forked this one."""
        while self._idle and self._owner == os.getpid():
            self._idle.pop().kill()

    def _reset(self) -> None:
        self._owner = os.getpid()
        self._free = threading.Semaphore(self._places)
        self._idle: list[_Child] = []

    def _ask(self, body: bytes, limits: Limits) -> bytes:
        child = self._child(limits)
        try:
            answer = child.ask(body, limits)
        except BaseException:
            child.kill()
            raise
        if child.uses >= USES or answer.startswith(b'{"limit"'):
            child.kill()
        else:
            self._idle.append(child)
        return answer

    def _child(self, limits: Limits) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.memory_bytes == limits.memory_bytes and child.is_alive():
                return child
            child.kill()
        return _Child(limits.memory_bytes)


class _Child:
    """One process and its pipes."""

    def __init__(self, memory_bytes: int) -> None:
        self.memory_bytes = memory_bytes
        self.uses = 0
        command = [sys.executable, "-I", str(CHILD), str(memory_bytes)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        try:
            self._process = subprocess.Popen(command, env={}, close_fds=True, bufsize=0, **pipes)  # type: ignore[call-overload]
        except OSError as error:
            raise EvaluatorUnavailable from error
        os.set_blocking(self._process.stdin.fileno(), False)
        os.set_blocking(self._process.stdout.fileno(), False)
        try:
            self._take(4, time.monotonic() + START_SECONDS)
        except ExpressionError as error:
            self.kill()
            raise EvaluatorUnavailable from error

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, body: bytes, limits: Limits) -> bytes:
        """The answer's body; ExpressionLimit if the kernel ended the child over it."""
        deadline = time.monotonic() + limits.seconds * PATIENCE
        self.uses += 1
        self._write(struct.pack(">I", len(body)) + body, deadline)
        size = struct.unpack(">I", self._take(4, deadline))[0]
        if size > limits.output_bytes * 2 + 1024:
            raise ExpressionLimit(LIMITS["output"])
        return self._take(size, deadline)

    def kill(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process.wait()

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        pipe = self._process.stdin.fileno()
        while view:
            self._wait(pipe, select.POLLOUT, deadline)
            try:
                view = view[os.write(pipe, view) :]
            except BrokenPipeError:
                raise EvaluatorUnavailable from None

    def _take(self, size: int, deadline: float) -> bytes:
        parts, left = [], size
        pipe = self._process.stdout.fileno()
        while left:
            self._wait(pipe, select.POLLIN, deadline)
            part = os.read(pipe, min(left, 1 << 20))
            if not part:
                raise self._ended()
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _wait(self, pipe: int, events: int, deadline: float) -> None:
        poll = select.poll()  # select() knows only the first 1024 descriptors
        poll.register(pipe, events)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(remaining * 1000):
            raise EvaluatorUnavailable

    def _ended(self) -> Exception:
        """Why it is gone: over a limit, or because somebody ended it, which is no fault of the expression."""
        limit = ENDINGS.get(self._process.wait())
        return ExpressionLimit(LIMITS[limit]) if limit else EvaluatorUnavailable()


def _request(source: str, given: Any, variables: Mapping[str, Any], limits: Limits) -> bytes:
    content = {
        "source": source,
        "input": given,
        "variables": variables,
        "seconds": limits.seconds,
        "output_bytes": limits.output_bytes,
    }
    try:
        body = json.dumps(content, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise ExpressionLimit("Its data are nested too deeply or no JSON.") from None
    if len(body) > MOST_INPUT:
        raise ExpressionLimit("Its data are too large.")
    return body


def _read(answer: bytes, *, quotes: bool) -> list[Any]:
    told = json.loads(answer)
    if "limit" in told:
        raise ExpressionLimit(LIMITS[told["limit"]])
    if "error" in told:
        raise ExpressionError(told["error"] if quotes else "An expression that uses secrets failed.")
    results: list[Any] = told["results"]
    return results

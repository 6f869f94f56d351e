"""Failpoints: named places where a test may kill, pause or break a process. Refused in production.

Configured once at start from `FAILPOINTS`, for example `gateway.hold.after=kill,gateway.settle.before=sleep:5`.
Actions: `kill` (SIGKILL to this process), `sleep:SECONDS`, `raise`, each optionally `@N` to act on the Nth pass only.
"""

import os
import signal
import time
from dataclasses import dataclass


class FailpointError(RuntimeError):
    """Raised by a failpoint configured as `raise`."""


@dataclass(slots=True)
class _Action:
    verb: str
    seconds: float = 0.0
    on_pass: int = 0
    passes: int = 0


_actions: dict[str, _Action] = {}


def configure(spec: str, *, environment: str) -> None:
    """Parse `spec` and arm its failpoints; ValueError on a bad entry, or on any entry in production."""
    if spec and environment == "production":
        raise ValueError("FAILPOINTS must not be set when ENVIRONMENT is production")
    _actions.clear()
    for entry in filter(None, (part.strip() for part in spec.split(","))):
        name, _, action = entry.partition("=")
        if not name:
            raise ValueError(f"FAILPOINTS entry {entry!r} names no failpoint")
        _actions[name] = _parse(entry, action)


def failpoint(name: str) -> None:
    """Act if `name` is armed; costs one dictionary look-up otherwise."""
    action = _actions.get(name)
    if action is not None:
        _act(name, action)


def _parse(entry: str, action: str) -> _Action:
    action, _, on_pass = action.partition("@")
    verb, _, seconds = action.partition(":")
    if verb not in {"kill", "sleep", "raise"} or (verb == "sleep") != bool(seconds):
        raise ValueError(f"FAILPOINTS entry {entry!r}: use name=kill, name=sleep:SECONDS or name=raise (@N)")
    return _Action(verb=verb, seconds=float(seconds or 0), on_pass=int(on_pass or 0))


def _act(name: str, action: _Action) -> None:
    action.passes += 1
    if action.on_pass and action.passes != action.on_pass:
        return
    if action.verb == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action.verb == "sleep":
        time.sleep(action.seconds)
    if action.verb == "raise":
        raise FailpointError(f"failpoint {name}")

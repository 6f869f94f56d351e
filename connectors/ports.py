"""What calls need from outside: a transport that sends one request within a deadline. Bound by `config.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connectors.contract import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class CallTime:
    """When a call must have ended, on the clock of this machine, and whether its first byte may still be sent."""

    ends_at: float
    may_start: Callable[[], bool]


class Transport(Protocol):
    """The one way to a core. `check` refuses an address as far as its text tells; `send` looks again at what it finds.

    `send` raises `NotPerformed` as long as no byte was sent and `Unanswered` from then on, nothing else.
    """

    def now(self) -> float: ...

    def check(self, url: str) -> str: ...

    def send(self, request: HttpRequest, time: CallTime) -> HttpResponse: ...


_bound: list[Transport] = []


def bind_transport(implementation: Transport) -> None:
    """Set the transport of this process; a second call replaces it."""
    _bound[:] = [implementation]


def transport() -> Transport:
    """The transport of this process."""
    if not _bound:
        raise RuntimeError("no transport is bound")
    return _bound[0]

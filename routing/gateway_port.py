"""How the console reaches the gateway: as one more client. `config.wiring` binds it, `routing.try_it` asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class GatewayUnreachable(Exception):
    """No whole answer came from the gateway."""


@dataclass(frozen=True, slots=True)
class GatewayReply:
    """An answer of the gateway; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Gateway(Protocol):
    """Sends a request to the gateway; raises only GatewayUnreachable."""

    def post(self, path: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> GatewayReply: ...


_bound: list[Gateway] = []


def bind_gateway(implementation: Gateway) -> None:
    """Set how this process reaches the gateway; a second call replaces it."""
    _bound[:] = [implementation]


def gateway() -> Gateway:
    """The gateway of this process."""
    if not _bound:
        raise GatewayUnreachable("no gateway is configured")
    return _bound[0]

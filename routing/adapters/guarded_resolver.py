"""A resolver for aiohttp that lets through only addresses the egress rules allow.

All answers of a name are checked, and aiohttp connects to one of the checked addresses, so that a name cannot lead
elsewhere between the check and the connection. aiohttp does not ask a resolver about literal addresses: the client
checks those itself.
"""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from routing.ports import UpstreamForbidden
from tenants.egress import Destination, EgressError, EgressPolicy


class GuardedResolver(AbstractResolver):
    """Resolves for one scheme, since what is allowed depends on it."""

    def __init__(self, policy: EgressPolicy, *, scheme: str) -> None:
        self._policy = policy
        self._scheme = scheme

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name; UpstreamForbidden if any of them may not be called."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        destination = Destination(self._scheme, host.rstrip(".").lower(), port)
        results: list[ResolveResult] = []
        for family_found, _, protocol, _, socket_address in found:
            address = str(socket_address[0])
            try:
                self._policy.check_address(destination, address)
            except EgressError as error:
                raise UpstreamForbidden(str(error)) from error
            results.append(
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=family_found,
                    proto=protocol,
                    flags=socket.AI_NUMERICHOST,
                )
            )
        return results

    async def close(self) -> None:
        """Nothing is held."""

"""Upstream calls: pooled keep-alive connections, bytes in and bytes out.

A name is resolved, every answer is checked against the egress rules, and the connection goes to the address that was
checked, with the name for TLS and Host. Redirects are never followed, proxies of the environment never used.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from routing.adapters.wire_connection import WireConnection, header_lines
from routing.ports import UpstreamForbidden, UpstreamReply, UpstreamRequest, UpstreamUnreachable
from tenants.egress import Destination, EgressError, EgressPolicy, parse_destination

KEEP_ALIVE_SECONDS: Final = 15.0
RESOLVED_SECONDS: Final = 10.0
SWEEP_SECONDS: Final = 0.1
MAX_REMEMBERED: Final = 4096
PROCESS = Destination("unix", "provider", 0)


@dataclass(frozen=True, slots=True)
class Place:
    """An address parsed once: where to connect, and the beginning of each request."""

    destination: Destination
    request_line: bytes


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class WireClient:
    """Implements `routing.ports.ModelClient` for OpenAI-wire providers and for the provider process."""

    def __init__(self, policy: EgressPolicy, *, process_socket: str = "") -> None:
        self._policy = policy
        self._process_socket = process_socket
        self._places: dict[tuple[str, bool], Place] = {}
        self._resolved: dict[tuple[str, int], tuple[float, Sequence[str]]] = {}
        self._idle: dict[Destination, list[WireConnection]] = {}
        self._open: dict[WireConnection, Destination] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    async def send(self, request: UpstreamRequest) -> UpstreamReply:
        """POST and return as soon as the head of the answer is there."""
        place = self._places.get((request.url, request.through_process)) or self._place(request)
        try:
            head = place.request_line + header_lines(request.headers)
        except ValueError as error:
            raise UpstreamForbidden("the credential cannot be sent in a header") from error
        connection = self._pooled(place.destination) or await self._connect(place.destination, request)
        message = b"%bcontent-length: %d\r\n\r\n%b" % (head, len(request.body), request.body)
        reply = connection.start(message, request.deadlines, now=asyncio.get_running_loop().time())
        try:
            await reply.head()
        except BaseException:
            reply.close()
            raise
        return reply

    async def close(self) -> None:
        """Close all connections."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._open):
            connection.close()

    # Addresses

    def _place(self, request: UpstreamRequest) -> Place:
        """Parse an address and apply the rules that need no resolving; remembered, since addresses are few."""
        parts = urlsplit(request.url)
        destination = PROCESS
        if not request.through_process:
            try:
                destination = parse_destination(request.url)
                self._policy.check_destination(destination)
            except EgressError as error:
                raise UpstreamForbidden(str(error)) from error
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not target.isascii() or any(character <= " " for character in target):
            raise UpstreamForbidden("the address holds characters that must be escaped")
        if len(self._places) >= MAX_REMEMBERED:
            self._places.clear()
        line = f"POST {target} HTTP/1.1\r\nhost: {parts.netloc}\r\n".encode("ascii")
        place = self._places[(request.url, request.through_process)] = Place(destination, line)
        return place

    async def _addresses(self, destination: Destination) -> Sequence[str]:
        """The addresses of a host, all of them checked; remembered for a moment."""
        loop = asyncio.get_running_loop()
        key = (destination.host, destination.port)
        known = self._resolved.get(key)
        if known is None or known[0] < loop.time():
            try:
                found = await loop.getaddrinfo(destination.host, destination.port, type=1)
            except OSError as error:
                raise UpstreamUnreachable("the host name does not resolve") from error
            if len(self._resolved) >= MAX_REMEMBERED:
                self._resolved.clear()
            addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
            known = self._resolved[key] = (loop.time() + RESOLVED_SECONDS, addresses)
        try:
            for address in known[1]:
                self._policy.check_address(destination, address)
        except EgressError as error:
            raise UpstreamForbidden(str(error)) from error
        return known[1]

    # Connections

    def _pooled(self, destination: Destination) -> WireConnection | None:
        idle = self._idle.get(destination)
        while idle:
            connection = idle.pop()
            if not connection.closed:
                return connection
        return None

    async def _connect(self, destination: Destination, request: UpstreamRequest) -> WireConnection:
        try:
            async with asyncio.timeout(request.deadlines.connect):
                connection = await self._dial(destination)
        except TimeoutError as error:
            raise UpstreamUnreachable("no connection in time") from error
        except (OSError, ssl.SSLError) as error:
            raise UpstreamUnreachable("no connection") from error
        self._open[connection] = destination
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
        return connection

    async def _dial(self, destination: Destination) -> WireConnection:
        loop = asyncio.get_running_loop()
        if destination is PROCESS:
            if not self._process_socket:
                raise UpstreamUnreachable("the provider process is not configured (PROVIDER_SOCKET)")
            return (await loop.create_unix_connection(self._connection, self._process_socket))[1]
        failure: OSError = OSError("the host has no address")
        context = _tls() if destination.scheme == "https" else None
        name = destination.host if context is not None else None
        for address in await self._addresses(destination):
            try:
                _, connection = await loop.create_connection(
                    self._connection, address, destination.port, ssl=context, server_hostname=name
                )
            except OSError as error:
                failure = error
            else:
                return connection
        raise failure

    def _connection(self) -> WireConnection:
        return WireConnection(self._done)

    def _done(self, connection: WireConnection) -> None:
        """An answer ended: back to the pool, or forgotten when the connection ended as well."""
        if connection.closed:
            self._open.pop(connection, None)
            return
        destination = self._open.get(connection)
        if destination is not None:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.setdefault(destination, []).append(connection)

    def _sweep(self) -> None:
        """End what is late, and connections that were idle for long."""
        now = asyncio.get_running_loop().time()
        for connection in list(self._open):
            connection.expire(now)
        for destination, idle in list(self._idle.items()):
            for connection in idle:
                if now - connection.idle_since > KEEP_ALIVE_SECONDS:
                    connection.close()
            self._idle[destination] = [connection for connection in idle if not connection.closed]
            if not self._idle[destination]:
                del self._idle[destination]
        self._sweeper = None
        if self._open:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

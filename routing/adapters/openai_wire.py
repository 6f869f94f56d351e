"""Upstream calls over aiohttp: pooled keep-alive connections, bytes in and bytes out.

aiohttp's exceptions are translated here (most specific first), the cause kept. Redirects are never followed, proxies of
the environment never used.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import aiohttp
from yarl import URL

from routing.adapters.guarded_resolver import GuardedResolver
from routing.ports import (
    AnswerTooLarge,
    Deadlines,
    StreamStopped,
    UpstreamBroken,
    UpstreamForbidden,
    UpstreamReply,
    UpstreamRequest,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from tenants.egress import EgressError, EgressPolicy, parse_destination

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
KEEP_ALIVE_SECONDS: Final = 15
MAX_REMEMBERED: Final = 4096
_SKIPPED: Final = frozenset({"User-Agent", "Accept", "Accept-Encoding", "Content-Type"})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise UpstreamUnreachable("no connection in time") from error
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        raise UpstreamUnreachable("no connection") from error
    except TimeoutError as error:
        raise UpstreamTimeout("no answer in time") from error
    except (aiohttp.ClientError, ConnectionError, zlib.error) as error:
        raise UpstreamBroken("the connection ended early") from error


class WireReply:
    """A started answer of a provider."""

    def __init__(self, response: aiohttp.ClientResponse, deadlines: Deadlines) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._idle = deadlines.idle
        self._received = 0
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "", "gzip", "deflate"):
            response.close()
            raise UpstreamBroken("the answer has an unknown encoding")
        self._inflater = zlib.decompressobj(wbits=47) if encoding in ("gzip", "deflate") else None

    async def read(self) -> bytes:
        """The whole body; AnswerTooLarge above MAX_ANSWER_BYTES."""
        parts = [await self.chunk()]
        while part := await self.chunk():
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def chunk(self) -> bytes:
        """What has arrived, at least one byte; empty at the end."""
        while True:
            with _translated():
                part = await self._response.content.readany()
                if not part:
                    return self._inflater.flush() if self._inflater and not self._inflater.eof else b""
                if self._inflater is not None:
                    part = self._inflater.decompress(part, MAX_ANSWER_BYTES)
            self._received += len(part)
            if self._received > MAX_ANSWER_BYTES:
                self.close()
                raise AnswerTooLarge("the answer is too large")
            if part:
                return part

    def began(self) -> None:
        """Judge silence by the idle deadline from now on."""
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = self._idle
            connection.protocol.start_timeout()  # else the first silence is still judged by the old bound

    def stop(self) -> None:
        """End a waiting `chunk` with StreamStopped."""
        self._response.content.set_exception(StreamStopped())

    def close(self) -> None:
        """Close the connection unless the body was read to its end, when it is back in the pool already."""
        self._response.close()


class WireClient:
    """Implements `routing.ports.ModelClient` for OpenAI-wire providers and for the provider process."""

    def __init__(self, policy: EgressPolicy, *, process_socket: str = "") -> None:
        self._policy = policy
        self._public = _session(
            aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                ttl_dns_cache=10,
                resolver=GuardedResolver(policy, scheme="https"),
            )
        )
        self._plain = _session(
            aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                ttl_dns_cache=10,
                resolver=GuardedResolver(policy, scheme="http"),
            )
        )
        self._process = (
            _session(aiohttp.UnixConnector(process_socket, limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS))
            if process_socket
            else None
        )
        self._urls: dict[str, URL] = {}
        self._timeouts: dict[Deadlines, aiohttp.ClientTimeout] = {}

    async def send(self, request: UpstreamRequest) -> UpstreamReply:
        """POST and return as soon as the head of the answer is there."""
        url = self._urls.get(request.url) or self._checked(request)
        session = self._session_for(url, request)
        timeout = self._timeouts.get(request.deadlines) or self._timeout(request.deadlines)
        with _translated():
            response = await session.post(
                url, data=request.body, headers=request.headers, timeout=timeout, allow_redirects=False
            )
        return WireReply(response, request.deadlines)

    async def close(self) -> None:
        """Close all pooled connections."""
        for session in (self._public, self._plain, self._process):
            if session is not None:
                await session.close()

    def _session_for(self, url: URL, request: UpstreamRequest) -> aiohttp.ClientSession:
        if not request.through_process:
            return self._public if url.scheme == "https" else self._plain
        if self._process is None:
            raise UpstreamUnreachable("the provider process is not configured (PROVIDER_SOCKET)")
        return self._process

    def _checked(self, request: UpstreamRequest) -> URL:
        """Parse an address and apply the rules that need no resolving; remembered, since addresses are few."""
        if not request.through_process:
            try:
                destination = parse_destination(request.url)
                self._policy.check_destination(destination)
                if _is_literal(destination.host):
                    self._policy.check_address(destination, destination.host)
            except EgressError as error:
                raise UpstreamForbidden(str(error)) from error
        if len(self._urls) >= MAX_REMEMBERED:
            self._urls.clear()
        url = self._urls[request.url] = URL(request.url, encoded=True)
        return url

    def _timeout(self, deadlines: Deadlines) -> aiohttp.ClientTimeout:
        if len(self._timeouts) >= MAX_REMEMBERED:
            self._timeouts.clear()
        timeout = self._timeouts[deadlines] = aiohttp.ClientTimeout(
            total=deadlines.total, connect=deadlines.connect, sock_read=deadlines.first_byte, ceil_threshold=60
        )
        return timeout


def _is_literal(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


def _session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        skip_auto_headers=_SKIPPED,
        max_line_size=16_384,
        read_bufsize=256 * 1024,
    )

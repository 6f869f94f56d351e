"""One HTTP/1.1 connection to a provider, on httptools' parser: a request at a time, the answer as it comes.

Nothing here waits longer than it is told: `expire` is called a few times a second with the present time, which is far
cheaper than a timer for every part of every stream.
"""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol, cast

import httptools

from routing.ports import (
    AnswerTooLarge,
    Deadlines,
    StreamStopped,
    UpstreamBroken,
    UpstreamError,
    UpstreamTimeout,
)

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_WAITING_BYTES: Final = 256 * 1024

Done = Callable[["WireConnection"], None]


class _Inflater(Protocol):
    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class WireConnection(asyncio.Protocol):
    """The transport's protocol; `done` is told when an answer ended or the connection did."""

    def __init__(self, done: Done) -> None:
        self.closed = False
        self.idle_since = 0.0
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._reply: WireReply | None = None
        self._parser: httptools.HttpResponseParser | None = None

    def start(self, request: bytes, deadlines: Deadlines, *, now: float) -> "WireReply":
        """Send a request and return its answer, of which nothing has arrived yet."""
        assert self._transport is not None
        self._reply = WireReply(self, deadlines, now=now)
        self._parser = httptools.HttpResponseParser(self._reply)
        self._transport.write(request)
        return self._reply

    def expire(self, now: float) -> None:
        """End an answer that is past one of its deadlines."""
        if self._reply is not None and self._reply.is_late(now):
            self._fail(UpstreamTimeout("no answer in time"))

    def close(self) -> None:
        """Close the connection; an unfinished answer is broken."""
        self._fail(UpstreamBroken("the connection was given up"))

    def finished(self, *, keep: bool) -> None:
        """The answer is complete: the connection can serve again, or is closed."""
        self._reply = None
        if keep and not self.closed:
            self._done(self)
        else:
            self.close()

    def hold_back(self, wait: bool) -> None:
        """Stop reading while what has arrived is not taken."""
        if self._transport is not None and not self.closed:
            if wait:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are not of the class

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes that nobody asked for end the connection."""
        reply, parser = self._reply, self._parser
        if reply is None or parser is None:
            self.close()
            return
        reply.touch()
        try:
            parser.feed_data(data)
        except UpstreamError as error:
            self._fail(error)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, UpstreamError) else UpstreamBroken("the answer is not HTTP"))

    def connection_lost(self, error: Exception | None) -> None:
        """The peer or the network ended the connection."""
        reply = self._reply
        if reply is not None and reply.ends_with_connection and error is None:
            reply.on_message_complete()
            return
        self._fail(UpstreamBroken("the connection ended early"))

    def _fail(self, error: UpstreamError) -> None:
        first, self.closed = not self.closed, True
        reply, self._reply = self._reply, None
        if self._transport is not None:
            self._transport.abort()
        if reply is not None:
            reply.fail(error)
        if first:
            self._done(self)


class WireReply:
    """An answer, and the parser's callbacks that fill it. Implements `routing.ports.UpstreamReply`."""

    def __init__(self, connection: WireConnection, deadlines: Deadlines, *, now: float) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._head: dict[str, str] = {}
        self.ends_with_connection = False
        self._connection = connection
        self._deadlines = deadlines
        self._ends_at = now + deadlines.total
        self._silent_since = 0.0  # set by the next look at the clock after a byte arrived
        self._patience = deadlines.first_byte
        self._late_at = now + deadlines.first_byte
        self._parts: list[bytes] = []
        self._waiting_bytes = 0
        self._received = 0
        self._head_bytes = 0
        self._headed = False
        self._complete = False
        self._held_back = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._inflater: _Inflater | None = None

    # For the gateway

    async def head(self) -> None:
        """Wait for status and headers."""
        while not self._headed:
            await self._wait()

    async def read(self) -> bytes:
        """The whole body; AnswerTooLarge above MAX_ANSWER_BYTES."""
        parts = [await self.chunk()]
        while part := await self.chunk():
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def chunk(self) -> bytes:
        """What has arrived, at least one byte; empty at the end."""
        while True:
            if self._error is not None and not (self._parts and isinstance(self._error, UpstreamBroken)):
                raise self._error
            if self._parts:
                return self._take()
            if self._complete:
                return b""
            await self._wait()

    def began(self) -> None:
        """Judge silence by the idle deadline from now on."""
        self._patience = self._deadlines.idle
        self.touch()

    def stop(self) -> None:
        """End a waiting `chunk` with StreamStopped."""
        self._error = StreamStopped()
        self._wake()

    def close(self) -> None:
        """Give the connection up unless the answer is complete, when it is in the pool already."""
        if not self._complete:
            self._connection.close()

    # For the connection

    def touch(self) -> None:
        """Something arrived: silence begins anew, counted from the next look at the clock."""
        self._late_at = 0.0

    def is_late(self, now: float) -> bool:
        """Whether the whole or the silence lasts too long; a reader that is slow itself does not count as silence."""
        if self._late_at == 0.0 or self._held_back:
            self._late_at = now + self._patience
        return now >= self._late_at or now >= self._ends_at

    def fail(self, error: Exception) -> None:
        """The answer will not become complete."""
        if not self._complete and self._error is None:
            self._error = error
            self._wake()

    # httptools callbacks

    def on_message_begin(self) -> None:
        """An answer begins; a second one that nobody asked for ends the connection."""
        if self._complete:
            raise UpstreamBroken("the provider answered twice")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise UpstreamBroken("the head of the answer is too large")
        self._head[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """All headers are there."""
        parser = self._connection._parser
        assert parser is not None
        self.status = parser.get_status_code()
        if self.status < 200:
            return
        headers = self.headers = self._head
        encoding = headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", ""):
            self._inflater = _inflater(encoding)
        self.ends_with_connection = "content-length" not in headers and "transfer-encoding" not in headers
        self._headed = True
        self._wake()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._inflater is not None:
            body = _inflate(self._inflater, body)
        self._received += len(body)
        if self._received > MAX_ANSWER_BYTES:
            raise AnswerTooLarge("the answer is too large")
        self._parts.append(body)
        self._waiting_bytes += len(body)
        if self._waiting_bytes > MAX_WAITING_BYTES and not self._held_back:
            self._held_back = True
            self._connection.hold_back(wait=True)
        self._wake()

    def on_message_complete(self) -> None:
        """The answer is complete; interim answers only clear the way for the real one."""
        if self.status < 200:
            self._head.clear()
            return
        parser = self._connection._parser
        assert parser is not None
        self._complete = True
        self._connection.finished(keep=parser.should_keep_alive() and not self.ends_with_connection)
        self._wake()

    def _take(self) -> bytes:
        parts, self._parts = self._parts, []
        self._waiting_bytes = 0
        if self._held_back:
            self._held_back = False
            if not self._complete:
                self._connection.hold_back(wait=False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _wait(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _inflater(encoding: str) -> _Inflater:
    if encoding not in ("gzip", "deflate"):
        raise UpstreamBroken("the answer has an unknown encoding")
    return zlib.decompressobj(wbits=47)


def _inflate(inflater: _Inflater, body: bytes) -> bytes:
    try:
        inflated = inflater.decompress(body, MAX_ANSWER_BYTES)
    except zlib.error as error:
        raise UpstreamBroken("the answer is not compressed as it says") from error
    if inflater.unconsumed_tail:
        raise AnswerTooLarge("the answer is too large")
    return inflated


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Headers as they are sent; ValueError on a value that would break the framing."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise ValueError("a header value holds a line break")
    return lines.encode("latin-1")

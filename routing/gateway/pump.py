"""A started stream from the provider to the client, to its true end.

The client may leave: the provider is then read to its end all the same (bounded), because only that tells what was
used. The provider may break off, the key may be revoked, the process may stop: the client gets an error event and no
`[DONE]`.
"""

import asyncio
import contextlib
import logging
import time

from routing.gateway.errors import WireError
from routing.gateway.exchange import Exchange
from routing.gateway.http import HttpRequest
from routing.gateway.open_streams import OpenStream, OpenStreams
from routing.gateway.stream import ChatStream
from routing.ports import StreamStopped, UpstreamError, UpstreamReply

DRAIN_SECONDS = 120.0
TRAILER_SECONDS = 1.0

_log = logging.getLogger(__name__)


def _cut() -> WireError:
    return WireError(502, "upstream_stream_cut", "The model provider ended the answer early.", kind="server_error")


def _failed() -> WireError:
    return WireError(502, "upstream_error", "The model provider failed during the answer.", kind="server_error")


class Pump:
    """Sends one stream. Afterwards the exchange says how it ended and `stream.usage` what was used."""

    def __init__(self, http: HttpRequest, reply: UpstreamReply, stream: ChatStream, streams: OpenStreams) -> None:
        self._http = http
        self._reply = reply
        self._stream = stream
        self._streams = streams
        self._gone = False
        self._deadline: asyncio.Timeout | None = None

    async def run(self, exchange: Exchange, first: bytes) -> None:
        """Send `first` and all that follows."""
        caller = exchange.caller
        assert caller is not None
        began = time.monotonic()
        entry = OpenStream(caller.tenant_id, caller.secret_id, self._reply, asyncio.current_task())
        self._streams.add(entry)
        watch = asyncio.get_running_loop().create_task(self._watch())
        try:
            error = await self._pass_on(entry, first)
        finally:
            watch.cancel()
            self._streams.discard(entry)
        exchange.upstream_seconds += time.monotonic() - began
        if error is not None and not self._gone:
            await self._http.end_stream(error.event())
        self._conclude(exchange, error)
        await self._trailer()

    async def _pass_on(self, entry: OpenStream, first: bytes) -> WireError | None:
        """Relay until the end; what went wrong, if anything."""
        try:
            async with asyncio.timeout(None) as self._deadline:
                await self._relay(entry, first)
        except StreamStopped:
            return entry.reason or _cut()
        except (UpstreamError, TimeoutError) as error:
            _log.info("a stream broke: %s", error)
            return _cut()
        return _failed() if self._stream.error is not None else None if self._stream.done else _cut()

    async def _relay(self, entry: OpenStream, data: bytes) -> None:
        stream, reply = self._stream, self._reply
        while True:
            if data and not self._gone:
                await self._send(entry, data)
            if stream.done or stream.error is not None:
                return
            part = await reply.chunk()
            if not part:
                return
            data = stream.feed(part)

    async def _send(self, entry: OpenStream, data: bytes) -> None:
        entry.sending_since = time.monotonic()
        try:
            if self._stream.done:
                await self._http.end_stream(data)
            else:
                await self._http.stream(data)
        except asyncio.CancelledError:
            if not entry.stalled:
                raise
            entry.unstall()
            self._leave()
        finally:
            entry.sending_since = 0.0

    async def _watch(self) -> None:
        await self._http.gone()
        self._leave()

    def _leave(self) -> None:
        """The client is gone: from here on the provider is only drained, for DRAIN_SECONDS at most."""
        if not self._gone:
            self._gone = True
            if self._deadline is not None and not self._stream.done:
                with contextlib.suppress(RuntimeError):
                    self._deadline.reschedule(asyncio.get_running_loop().time() + DRAIN_SECONDS)

    def _conclude(self, exchange: Exchange, error: WireError | None) -> None:
        if self._gone and not (error is None and self._stream.done):
            exchange.end("cancelled", 200, error.code or "" if error else "client_closed")
        elif error is not None:
            exchange.end("cut", 200, error.code or "")
        else:
            exchange.end("cancelled" if self._gone else "ok", 200)

    async def _trailer(self) -> None:
        """Read past the last event, so that the connection can be used again."""
        try:
            if self._stream.done:
                async with asyncio.timeout(TRAILER_SECONDS):
                    while await self._reply.chunk():
                        pass
        except (UpstreamError, StreamStopped, TimeoutError):
            pass
        finally:
            self._reply.close()

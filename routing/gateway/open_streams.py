"""The streams that are being sent now, so that they can be ended from outside: a revoked key, a stop of the process."""

import asyncio
import contextlib
import logging
from typing import Any
from uuid import UUID

from routing.gateway.errors import WireError, refused_key, shutting_down
from routing.ports import ConfigStore, StoreUnavailable, UpstreamReply

RETRY_SECONDS = 0.2
RETRIES = 20
SEND_SECONDS = 60.0

_log = logging.getLogger(__name__)


class OpenStream:
    """One stream under way; `end` makes its pump stop and say why."""

    __slots__ = ("_task", "reason", "reply", "secret_id", "sending_since", "stalled", "tenant_id")

    def __init__(
        self, tenant_id: UUID, secret_id: UUID, reply: UpstreamReply, task: "asyncio.Task[Any] | None"
    ) -> None:
        self.tenant_id = tenant_id
        self.secret_id = secret_id
        self.reply = reply
        self.reason: WireError | None = None
        self.sending_since = 0.0  # monotonic seconds while a part is being sent, else 0
        self.stalled = False
        self._task = task

    def end(self, reason: WireError) -> None:
        """End the stream with an error event."""
        if self.reason is None:
            self.reason = reason
            self.reply.stop()

    def stall(self) -> None:
        """The client does not take what is sent: interrupt the sending."""
        if self._task is not None and not self.stalled:
            self.stalled = True
            self._task.cancel()

    def unstall(self) -> None:
        """The interruption was noticed."""
        if self._task is not None:
            self._task.uncancel()


class OpenStreams:
    """All open streams of this process."""

    def __init__(self, store: ConfigStore) -> None:
        self._store = store
        self._streams: set[OpenStream] = set()
        self._checks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._streams)

    def add(self, stream: OpenStream) -> None:
        """Register a stream that begins."""
        self._streams.add(stream)

    def discard(self, stream: OpenStream) -> None:
        """Forget a stream that ended."""
        self._streams.discard(stream)

    def recheck(self, tenant_id: UUID) -> None:
        """The tenant's configuration changed: look whether the keys of its streams still hold."""
        if any(stream.tenant_id == tenant_id for stream in self._streams):
            task = asyncio.get_running_loop().create_task(self._recheck(tenant_id))
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

    def end_all(self) -> None:
        """The process stops: end every stream."""
        for stream in list(self._streams):
            stream.end(shutting_down())

    def end_stalled(self, now: float) -> None:
        """Give up clients that have not taken a part for SEND_SECONDS; their providers are drained."""
        for stream in self._streams:
            if stream.sending_since and now - stream.sending_since > SEND_SECONDS:
                stream.stall()

    async def _recheck(self, tenant_id: UUID) -> None:
        for _ in range(RETRIES):
            streams = [stream for stream in self._streams if stream.tenant_id == tenant_id]
            with contextlib.suppress(StoreUnavailable):
                secrets = {stream.secret_id for stream in streams}
                refused = await self._store.refused_secrets(tenant_id, list(secrets))
                for stream in streams:
                    if stream.secret_id in refused:
                        stream.end(refused_key(refused[stream.secret_id]))
                return
            await asyncio.sleep(RETRY_SECONDS)
        _log.error("the keys of open streams could not be checked")

"""A provider inside the process: implements `routing.ports.ModelClient` without a network.

Shipped beside the real client and held to the same contract tests. It answers what it was told to, in order, and keeps
what it was sent.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.ports import (
    StreamStopped,
    UpstreamBroken,
    UpstreamReply,
    UpstreamRequest,
    UpstreamTimeout,
    UpstreamUnreachable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer: its parts, how long to wait before each, and whether it breaks off after the last."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    parts: Sequence[bytes] = ()
    pause_seconds: float = 0.0
    breaks_off: bool = False
    unreachable: bool = False


class ScriptedReply:
    """Plays a script."""

    def __init__(self, script: Script, request: UpstreamRequest) -> None:
        self.status = script.status
        self.headers = script.headers
        self._script = script
        self._left = deque(script.parts)
        self._patience = request.deadlines.first_byte
        self._idle = request.deadlines.idle
        self._stopped = asyncio.Event()

    async def read(self) -> bytes:
        """The whole body."""
        parts = []
        while part := await self.chunk():
            parts.append(part)
        return b"".join(parts)

    async def chunk(self) -> bytes:
        """The next part."""
        if not self._left:
            if self._script.breaks_off:
                raise UpstreamBroken("the connection ended early")
            return b""
        await self._wait()
        return self._left.popleft()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(min(self._patience, self._script.pause_seconds)):
                await self._stopped.wait()
        except TimeoutError as error:
            if self._patience < self._script.pause_seconds:
                raise UpstreamTimeout("no answer in time") from error
            return
        raise StreamStopped

    def began(self) -> None:
        """Judge silence by the idle deadline from now on."""
        self._patience = self._idle

    def stop(self) -> None:
        """End a waiting `chunk` with StreamStopped."""
        self._stopped.set()

    def close(self) -> None:
        """Nothing is held."""


class ScriptedClient:
    """Plays its scripts one after the other, the last one for ever."""

    def __init__(self, *scripts: Script) -> None:
        self.requests: list[UpstreamRequest] = []
        self._scripts = deque(scripts)

    async def send(self, request: UpstreamRequest) -> UpstreamReply:
        """Answer with the next script."""
        self.requests.append(request)
        script = self._scripts.popleft() if len(self._scripts) > 1 else self._scripts[0]
        if script.unreachable:
            raise UpstreamUnreachable("no connection")
        return ScriptedReply(script, request)

    async def close(self) -> None:
        """Nothing is held."""

"""Plays an answer in time: waits as the model's name says, and drops, stalls or fails where it says so."""

import asyncio
from typing import Any, Protocol

from .answers import Answer
from .behaviour import Behaviour
from .exchange import ConnectionDropped, Exchange, WireError


class Wire(Protocol):
    """Writes one answer in one wire format."""

    def whole(self, answer: Answer) -> dict[str, Any]: ...

    def opening(self, answer: Answer) -> bytes: ...

    def piece(self, answer: Answer, text: str) -> bytes: ...

    def closing(self, answer: Answer) -> bytes: ...

    def fault(self) -> bytes: ...

    def too_long(self, tokens: int, window: int) -> WireError: ...


class Performance:
    """One answer being given; `sent` pieces have gone out."""

    def __init__(self, exchange: Exchange, behaviour: Behaviour, wire: Wire, answer: Answer) -> None:
        self._exchange = exchange
        self._behaviour = behaviour
        self._wire = wire
        self._answer = answer
        self.sent = 0

    async def play_whole(self) -> bool:
        """Answers at once, after the time a stream would have taken; True, as nothing is missing."""
        behaviour = self._behaviour
        first, interval = delays(behaviour, len(self._answer.pieces))
        await pause(first + interval * len(self._answer.pieces))
        if behaviour.stall_after is not None:
            await silence()
        if behaviour.error_after is not None:
            raise WireError(500, "The sandbox model failed while it was answering.")
        self.sent = len(self._answer.pieces)
        if behaviour.cut_after is not None:
            await self._exchange.send_half(self._wire.whole(self._answer))
        await self._exchange.send_json(self._wire.whole(self._answer))
        return True

    async def play_stream(self) -> bool:
        """Answers piece by piece; False when the end is missing."""
        first, interval = delays(self._behaviour, len(self._answer.pieces))
        await pause(first)
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        await self._exchange.start(200, headers)
        await self._exchange.write(self._wire.opening(self._answer))
        for text in self._answer.pieces:
            if await self._breaks_off():
                return False
            await self._exchange.write(self._wire.piece(self._answer, text))
            self.sent += 1
            await pause(interval)
        if await self._breaks_off():
            return False
        await self._exchange.write(self._wire.closing(self._answer))
        await self._exchange.finish()
        return True

    async def _breaks_off(self) -> bool:
        """Carries out what the model's name says happens after this many pieces; True when the stream is over."""
        behaviour = self._behaviour
        if self.sent == behaviour.cut_after:
            raise ConnectionDropped
        if self.sent == behaviour.stall_after:
            await silence()
        if self.sent == behaviour.error_after:
            await self._exchange.write(self._wire.fault())
        elif self.sent != behaviour.unfinished_after:
            return False
        await self._exchange.finish()
        return True


def delays(behaviour: Behaviour, pieces: int) -> tuple[float, float]:
    """Seconds before the first token and between pieces."""
    if behaviour.total_ms is not None:
        step = behaviour.total_ms / 1000 / (pieces + 1)
        return step, step
    return behaviour.first_token_ms / 1000, behaviour.interval_ms / 1000


async def pause(seconds: float) -> None:
    """Waits, if there is anything to wait for."""
    if seconds > 0:
        await asyncio.sleep(seconds)


async def silence() -> None:
    """Says nothing until the caller goes away."""
    await asyncio.Event().wait()

"""Cached answers in Redis. Away, slow or full, it only means that nothing is cached.

The reads of one turn of the event loop go out as one MGET, the writes as one pipeline. After a failure Redis is left
alone for a moment, so that a frozen server costs one short wait and not one per request.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

READ_SECONDS = 0.25
REST_SECONDS = 1.0
MAX_VALUE_BYTES = 1024 * 1024
MAX_WRITES = 1000

_log = logging.getLogger(__name__)


class RedisCache:
    """Implements `routing.ports.AnswerCache`."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=1.0,
            socket_connect_timeout=READ_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=8,
        )
        self._reads: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._writes: list[tuple[str, bytes, int]] = []
        self._reading: set[asyncio.Task[None]] = set()
        self._writing: asyncio.Task[None] | None = None
        self._rests_until = 0.0
        self.failures = 0

    async def get(self, key: str) -> bytes | None:
        """The cached answer; None also when Redis does not answer in READ_SECONDS."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._rests_until:
            return None
        answer: asyncio.Future[bytes | None] = loop.create_future()
        if not self._reads:
            loop.call_soon(self._start_reading)
        self._reads.append((key, answer))
        return await answer

    async def put(self, key: str, value: bytes, *, ttl_seconds: int) -> None:
        """Keep an answer; dropped when it is large, or when Redis cannot keep up."""
        if len(value) > MAX_VALUE_BYTES or len(self._writes) >= MAX_WRITES:
            return
        self._writes.append((key, value, ttl_seconds))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def _start_reading(self) -> None:
        batch, self._reads = self._reads, []
        task = asyncio.get_running_loop().create_task(self._read(batch))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, batch: Sequence[tuple[str, asyncio.Future[bytes | None]]]) -> None:
        values: Sequence[Any] = ()
        try:
            async with asyncio.timeout(READ_SECONDS):
                values = await self._redis.mget([key for key, _ in batch])
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)
        for index, (_, answer) in enumerate(batch):
            if not answer.done():
                answer.set_result(values[index] if values else None)

    async def _write(self) -> None:
        try:
            while self._writes:
                batch, self._writes = self._writes, []
                if asyncio.get_running_loop().time() >= self._rests_until:
                    await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: Sequence[tuple[str, bytes, int]]) -> None:
        try:
            async with asyncio.timeout(1.0):
                pipeline = self._redis.pipeline(transaction=False)
                for key, value, ttl_seconds in batch:
                    pipeline.set(key, value, ex=ttl_seconds)
                await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        self.failures += 1
        self._rests_until = asyncio.get_running_loop().time() + REST_SECONDS
        _log.warning("the answer cache does not answer (%s); going on without it", type(error).__name__)

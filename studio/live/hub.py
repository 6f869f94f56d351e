"""Who watches, and the loop that lets the reader look for them: only while somebody does, and never twice at once.

A page that takes its messages slowly gets one that covers all it missed instead of a queue: at most one lies ready for
each watcher. When the reader cannot look (the database is away), all streams end; the pages say so and come back.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from studio.live.reader import Looked, News, Reader, Waiting
from studio.live.response import Ticket
from studio.live.wire import BEAT, HELLO, beat

TICK_SECONDS = 0.3
BEAT_SECONDS = 15.0
MOST_FAILURES = 3
logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Watcher:
    """One open stream; at most one piece of news lies ready for it."""

    number: int
    ticket: Ticket
    seen: str
    news: News | None = None
    is_shut: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """The open streams of this process."""

    def __init__(self, reader: Reader, *, most: int, most_per_user: int, tick_seconds: float = TICK_SECONDS,
                 beat_seconds: float = BEAT_SECONDS) -> None:  # fmt: skip
        self.reader = reader
        self.most, self.most_per_user = most, most_per_user
        self.tick_seconds, self.beat_seconds = tick_seconds, beat_seconds
        self.looks = 0
        self._failures = 0
        self._watchers: dict[int, Watcher] = {}
        self._numbers = count(1)
        self._poke: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None

    @property
    def size(self) -> int:
        """How many watch now."""
        return len(self._watchers)

    def enter(self, ticket: Ticket) -> Watcher | None:
        """Begin to watch; None when there is no room for one more."""
        mine = sum(one.ticket.door.user_id == ticket.door.user_id for one in self._watchers.values())
        if len(self._watchers) >= self.most or mine >= self.most_per_user:
            return None
        watcher = Watcher(next(self._numbers), ticket, ticket.after)
        self._watchers[watcher.number] = watcher
        if self._task is None or self._task.done() or self._poke is None:
            self._poke = asyncio.Event()
            self._task = asyncio.create_task(self._loop(self._poke))
        self._poke.set()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Watch no longer."""
        self._watchers.pop(watcher.number, None)

    async def follow(self, watcher: Watcher) -> AsyncIterator[bytes]:
        """What to send to one watcher, until there is nothing more or they may not watch any longer."""
        yield beat(HELLO)
        while not watcher.is_shut:
            try:
                await asyncio.wait_for(watcher.woken.wait(), self.beat_seconds)
            except TimeoutError:
                yield beat(BEAT)
                continue
            watcher.woken.clear()
            news, watcher.news = watcher.news, None
            if news is None or watcher.is_shut:
                continue
            watcher.seen = news.position
            yield news.data
            if news.is_last:
                return

    async def _loop(self, poke: asyncio.Event) -> None:
        """Look as long as somebody watches; the thread lives as long as the loop."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="live") as thread:
            while self._watchers:
                poke.clear()
                self._failures = 0 if await self._look(thread) else self._failures + 1
                if self._failures >= MOST_FAILURES:
                    self._shut(self._watchers)
                with suppress(TimeoutError):
                    await asyncio.wait_for(poke.wait(), self.tick_seconds)

    async def _look(self, thread: ThreadPoolExecutor) -> bool:
        waiting = [
            Waiting(one.number, one.ticket, one.seen, one.news.position if one.news else None)
            for one in self._watchers.values()
        ]
        self.looks += 1
        try:
            looked = await asyncio.get_running_loop().run_in_executor(thread, self.reader.look, waiting)
        except Exception as error:
            # told once in full, since whoever watches comes back again and again
            logger.error("live pages: the reader could not look: %s", error, exc_info=not self._failures)
            return False
        self._hand_out(looked)
        return True

    def _hand_out(self, looked: Looked) -> None:
        for number, news in looked.news.items():
            watcher = self._watchers.get(number)
            if watcher is not None and not (
                watcher.news is None and watcher.seen == news.position and not news.is_last
            ):
                watcher.news = news
                watcher.woken.set()
        self._shut(looked.shut)

    def _shut(self, numbers: Iterable[int]) -> None:
        for number in list(numbers):
            if (watcher := self._watchers.get(number)) is not None:
                watcher.is_shut = True
                watcher.woken.set()

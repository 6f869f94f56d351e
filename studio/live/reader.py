"""The one reader of a web process: what is new for everything that is watched, and who may still watch.

It runs in one thread. Each look is one query per kind of watched thing, then one read for each thing that moved,
however many watch it. What is sent is rendered once for all who read the same language from the same place.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone, translation

from studio.live.doors import still_open
from studio.live.feed import Feed, Picture, Topic
from studio.live.response import Ticket
from studio.live.wire import END, Message, encoded

DOOR_SECONDS = 2.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A watcher as the reader sees it: up to where the page was told, and up to where news lie ready for it."""

    number: int
    ticket: Ticket
    seen: str
    ready: str | None


@dataclass(frozen=True, slots=True)
class News:
    """What lies ready for one watcher; it covers everything since what the page has seen."""

    data: bytes
    position: str
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found, by number of the watcher; the `shut` ones may not watch any more."""

    news: Mapping[int, News]
    shut: frozenset[int]


@dataclass(slots=True)
class Reader:
    """Holds a picture of each watched thing as long as somebody watches it."""

    feeds: Mapping[str, Feed]
    door_seconds: float = DOOR_SECONDS
    clock: Callable[[], float] = time.monotonic
    _pictures: dict[Topic, Picture] = field(default_factory=dict)
    _marks: dict[Topic, object] = field(default_factory=dict)
    _doors_due: float = 0.0

    def look(self, waiting: Sequence[Waiting]) -> Looked:
        """Look once for all of them."""
        try:
            self._catch_up({one.ticket.topic for one in waiting})
            gone = {one.number for one in waiting if one.ticket.topic not in self._pictures}
            shut = self._shut(waiting)
            return Looked(self._news(waiting, gone | shut), frozenset(gone | shut))
        finally:
            connections.close_all()

    def _catch_up(self, topics: Collection[Topic]) -> None:
        marks: dict[Topic, object] = {}
        for name, feed in self.feeds.items():
            if wanted := [topic for topic in topics if topic.feed == name]:
                marks |= feed.marks(wanted)
        for topic in set(self._pictures) - set(marks):
            del self._pictures[topic]
        for topic, mark in marks.items():
            if topic not in self._pictures or mark != self._marks.get(topic):
                known = self._pictures.pop(topic, None)
                with _alone(topic):
                    picture = known or self.feeds[topic.feed].picture(topic)
                    picture.catch_up()
                    self._pictures[topic] = picture
        self._marks = marks

    def _shut(self, waiting: Sequence[Waiting]) -> set[int]:
        now = self.clock()
        if now < self._doors_due:
            return set()
        self._doors_due = now + self.door_seconds
        open_ = still_open({one.ticket.door for one in waiting})
        return {one.number for one in waiting if one.ticket.door not in open_}

    def _news(self, waiting: Sequence[Waiting], without: Collection[int]) -> dict[int, News]:
        made: dict[tuple[Topic, object, str], News] = {}
        found = {}
        for one in waiting:
            picture = self._pictures.get(one.ticket.topic)
            if one.number in without or picture is None:
                continue
            is_told = picture.position == (one.seen if one.ready is None else one.ready)
            if is_told and not picture.is_over:
                continue
            key = (one.ticket.topic, one.ticket.viewer, one.seen)
            with _alone(one.ticket.topic):
                made[key] = made.get(key) or _told(picture, one)
                found[one.number] = made[key]
        return found


@contextmanager
def _alone(topic: Topic) -> Iterator[None]:
    """A fault of one watched thing is its own; when the database is away, nothing can be looked at."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("live pages: %s %s cannot be shown", topic.feed, topic.object_id)


def _told(picture: Picture, one: Waiting) -> News:
    """Everything since what the page has seen, in its reader's words."""
    viewer = one.ticket.viewer
    with translation.override(viewer.language), timezone.override(ZoneInfo(viewer.zone)):
        messages = list(picture.messages(one.seen)) if picture.position != one.seen else []
    if picture.is_over:
        messages.append(Message(data="-", event=END))
    return News(encoded(messages, picture.position), picture.position, is_last=picture.is_over)

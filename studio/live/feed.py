"""What can be watched, as the reader sees it. A feed answers for all watched things of its kind in one query.

Positions are texts that only the feed understands: where in its story a page stands. They come from a number taken
under a row lock, so that nothing committed late is missed. Everything here runs in the reader's one thread.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from studio.live.wire import Message


@dataclass(frozen=True, slots=True)
class Topic:
    """One watched thing: the name of its feed, its tenant, its id."""

    feed: str
    tenant_id: UUID
    object_id: UUID


@dataclass(frozen=True, slots=True)
class Viewer:
    """How somebody reads: everybody with the same language and zone gets the same bytes."""

    language: str
    zone: str


class Picture(Protocol):
    """One watched thing as it is now, shared by all who watch it."""

    @property
    def position(self) -> str:
        """Where its story has got to."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen."""
        ...

    def catch_up(self) -> None:
        """Read what is new."""
        ...

    def messages(self, after: str) -> Sequence[Message]:
        """What a page that stands at `after` has to be told; language and zone of its reader are active."""
        ...


class Feed(Protocol):
    """A kind of thing that can be watched."""

    def marks(self, topics: Collection[Topic]) -> Mapping[Topic, object]:
        """For each topic that exists something that differs as soon as there is news; one query for all of them."""
        ...

    def picture(self, topic: Topic) -> Picture:
        """The thing, to be caught up before it is looked at."""
        ...

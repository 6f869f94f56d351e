"""What a view returns for a stream: the permission to watch one thing. The ASGI side turns it into the stream."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpResponse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from studio.live.doors import Door
from studio.live.feed import Topic, Viewer
from studio.live.wire import HEADERS
from tenants.web import ConsoleRequest

MOST_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who watches what, and from where on."""

    topic: Topic
    viewer: Viewer
    door: Door
    after: str


class LiveResponse(HttpResponse):
    """An admitted watcher. Served by anything but our ASGI handler it is an empty stream."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(headers=HEADERS)
        self.ticket = ticket


def live_response(request: ConsoleRequest, *, feed: str, object_id: UUID, action: str) -> LiveResponse:
    """A stream of what happens to one thing, for the person that the page's door has let in."""
    given = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    door = Door(
        user_id=request.user.pk,
        session_key=request.session.session_key or "",
        session_hash=request.session.get(HASH_SESSION_KEY, ""),
        slug=request.tenant.slug,
        action=action,
    )
    return LiveResponse(
        Ticket(
            topic=Topic(feed, request.tenant.id, object_id),
            viewer=Viewer(get_language() or "en", get_current_timezone_name()),
            door=door,
            after=given[:MOST_LETTERS],
        )
    )

"""Composition of a web process that serves live pages; imported once every app is loaded."""

from django.conf import settings

from studio.feeds import feeds
from studio.live.hub import Hub
from studio.live.reader import Reader
from studio.live.serving import LiveHandler


def live_handler() -> LiveHandler:
    """Django's handler with the one hub of this process."""
    hub = Hub(Reader(feeds()), most=settings.LIVE_STREAMS, most_per_user=settings.LIVE_STREAMS_PER_USER)
    return LiveHandler(hub)

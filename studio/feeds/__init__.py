"""What pages can watch: one file for each kind of thing. Sending it is none of their business (`studio/live`)."""

from collections.abc import Mapping

from studio.feeds.runs import RunFeed
from studio.live.feed import Feed


def feeds() -> Mapping[str, Feed]:
    """Every feed by the name that topics use."""
    return {"run": RunFeed()}

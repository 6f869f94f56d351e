"""Server-sent events as bytes. Unnamed messages hold `<hx-partial>` fragments, named ones become events of the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Type": "text/event-stream"}
HELLO: Final = "hello"  # the stream flows: nothing between server and page keeps it back
BEAT: Final = "beat"  # a comment would keep a proxy awake, but a page could not tell silence from death by it
RESYNC: Final = "resync"  # too much is new: the page fetches itself anew
END: Final = "end"  # nothing more will happen; the page does not connect again


@dataclass(frozen=True, slots=True)
class Message:
    """One message: markup, or the name of an event with a word about it."""

    data: str = ""
    event: str = ""


def encoded(messages: Iterable[Message], position: str) -> bytes:
    """The messages as one piece. Only the last one moves the page's position: half of them is none of them."""
    listed = list(messages)
    return b"".join(_one(message, position if at == len(listed) else "") for at, message in enumerate(listed, start=1))


def beat(name: str) -> bytes:
    """A sign of life."""
    return _one(Message(data="-", event=name), "")


def partial(target: str, html: str, swap: str = "innerMorph") -> str:
    """A fragment that replaces (part of) the element with the id `target`."""
    return f'<hx-partial hx-target="#{escape(target)}" hx-swap="{escape(swap)}">{html}</hx-partial>'


def _one(message: Message, position: str) -> bytes:
    lines = [f"id: {position}"] if position else []
    lines += [f"event: {message.event}"] if message.event else []
    lines += [f"data: {line}" for line in message.data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()

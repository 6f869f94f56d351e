"""Texts that say what is wrong with a document: plain English as they are, and translatable where they are shown."""

from collections.abc import Mapping
from typing import Any


class Text(str):
    """A finished text that remembers what it was made of."""

    __slots__ = ("msgid", "values")

    msgid: str
    values: Mapping[str, Any]


def _(msgid: str, **values: Any) -> Text:
    """Mark for translation and fill in."""
    text = Text(msgid % values if values else msgid)
    text.msgid, text.values = msgid, values
    return text

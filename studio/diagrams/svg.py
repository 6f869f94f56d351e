"""Writes SVG: attributes escaped, numbers short and independent of language, no style attributes."""

import re
from functools import cache
from html import escape
from typing import Final

Attribute = str | int | float | None
SPECIAL: Final = re.compile("[&<>\"']")


def number(value: float) -> str:
    """A coordinate: two decimals at most, a dot, no trailing zeros."""
    if value == int(value):
        return str(int(value))
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def tag(name: str, *children: str, text: str = "", **attributes: Attribute) -> str:
    """One element. `class_` is written `class`, other underscores become hyphens, None leaves an attribute out."""
    written = "".join(
        [
            f' {_name(key)}="{_escaped(value) if isinstance(value, str) else number(value)}"'
            for key, value in attributes.items()
            if value is not None
        ]
    )
    inner = _escaped(text) + "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _escaped(text: str) -> str:
    return escape(text) if SPECIAL.search(text) else text  # most texts have nothing to escape


@cache
def _name(key: str) -> str:
    return {"class_": "class", "viewBox": "viewBox"}.get(key, key.replace("_", "-"))

"""Dotted paths into JSON documents: `amount.value`. Lists are entered by `each` rules, not by paths."""

import re
from collections.abc import Mapping
from typing import Any, Final

MISSING: Final = object()
MAX_LENGTH = 200
_PATH = re.compile(r"[A-Za-z_$][\w$-]*(?:\.[A-Za-z_$][\w$-]*){0,15}", re.ASCII)


def is_path(text: object) -> bool:
    """Whether `text` is a usable path."""
    return isinstance(text, str) and len(text) <= MAX_LENGTH and _PATH.fullmatch(text) is not None


def read(document: Any, path: str) -> Any:
    """The value at `path`, or MISSING."""
    value = document
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value


def write(document: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at `path`, making the objects on the way."""
    *parents, last = path.split(".")
    for name in parents:
        document = document.setdefault(name, {})
    document[last] = value


def clash(paths: list[str]) -> str:
    """The first path that another one would overwrite or pass through; empty when all fit together."""
    taken: set[str] = set()
    for path in sorted(paths):
        parents = {path[:index] for index, character in enumerate(path) if character == "."}
        if path in taken or parents & taken:
            return path
        taken.add(path)
    return ""

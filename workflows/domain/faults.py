"""What is wrong with a document: where, what, and what to do about it.

`text` and `fix` are templates (`%(name)s`); `worded` gives them in a language, `message` and `remedy` in English.
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tenants.errors import Invalid

MOST_FAULTS = 100
MOST_COMPARED = 100
MOST_SHOWN = 20
OUR_WORDS = frozenset({"wanted", "other", "given", "why"})  # the other values of a fault are the document's


def _(text: str) -> str:
    """Mark for translation."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fault that does not know its line yet. `path` leads from the root of the document to the value meant."""

    path: tuple[str | int, ...]
    text: str
    fix: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    on_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A located fault. Lines and columns count from 1; `pointer` is a JSON pointer ("" is the whole document)."""

    line: int
    column: int
    pointer: str
    text: str
    fix: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return self.text % self.data

    @property
    def remedy(self) -> str:
        return self.fix % self.data

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" + (f" ({self.pointer})" if self.pointer else "")
        return " ".join(filter(None, (f"{where}: {self.message}", self.remedy)))


class InvalidDefinition(Invalid):
    """The document cannot be a definition; `faults` holds every reason, in the order of the document."""

    code: ClassVar[str] = "invalid_definition"
    public_message: ClassVar[str] = _("The definition has faults.")

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = in_order(faults)
        errors: dict[str, list[str]] = {}
        for fault in self.faults:
            errors.setdefault(fault.pointer, []).append(str(fault))
        super().__init__(errors=errors, faults=[fault_to_json(fault) for fault in self.faults])


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Each fault once, by place, at most MOST_FAULTS of them."""
    unique = {(fault.line, fault.column, fault.pointer, fault.message): fault for fault in faults}
    return tuple(unique[key] for key in sorted(unique))[:MOST_FAULTS]


def worded(fault: Fault, translate: Callable[[str], str] = str) -> tuple[str, str]:
    """Message and fix in a language: the templates and those of their values that are words of ours."""
    data = {key: translate(value) if key in OUR_WORDS and value else value for key, value in fault.data.items()}
    return translate(fault.text) % data, translate(fault.fix) % data if fault.fix else ""


def fault_to_json(fault: Fault, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """What API and command line show of a fault."""
    message, fix = worded(fault, translate)
    return {
        "line": fault.line,
        "column": fault.column,
        "pointer": fault.pointer,
        "message": message,
        "fix": fix,
    }


def pointer_of(path: Iterable[str | int]) -> str:
    """JSON pointer (RFC 6901) of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that was probably meant; of very many those that begin alike are looked at."""
    if len(known) > MOST_COMPARED:
        known = [name for name in known if name[:2].casefold() == word[:2].casefold()][:MOST_COMPARED]
    by_letters = {name.casefold(): name for name in sorted(known)}
    found = difflib.get_close_matches(word.casefold()[:100], by_letters, n=1, cutoff=0.6)
    return by_letters[found[0]] if found else None


def suggestion(word: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """Fix template with its data: the word probably meant, or else those that are known."""
    if meant := nearest(word, known):
        return _("Did you mean “%(meant)s”?"), {"meant": meant}
    if not known or len(known) > MOST_SHOWN:
        return "", {}
    return _("Known here: %(known)s."), {"known": ", ".join(sorted(known))}

"""Text to data, with the place of every key and value.

YAML 1.2 with its core schema, so that `on`, `yes` and `010` are what they look like; JSON is YAML. The parser gives
events and this module builds from them without recursion, within bounds: characters, depth, values (an alias counts
as what it stands for), and numbers that survive being a JSON number. Keys are always text. Duplicate keys, tags,
several documents and aliases to a value that is still open are faults.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any, Final

import yaml

from workflows.domain.faults import Fault, InvalidDefinition, Problem, pointer_of

MOST_CHARACTERS: Final = 256 * 1024
MOST_DEPTH: Final = 64
MOST_VALUES: Final = 20_000
MOST_DIGITS: Final = 300

PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
INTEGER: Final = re.compile(r"[-+]?[0-9]+")
FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
OTHER_BASE: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
WORDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
ESCAPED_PAIR: Final = re.compile(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _(text: str) -> str:
    """Mark for translation."""
    return text


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The data of a text, and where each key and value of it stands."""

    text: str
    data: Any
    values: Mapping[str, Mark]
    keys: Mapping[str, Mark]

    def fault(self, problem: Problem) -> Fault:
        """The problem with its line and column: those of the nearest value above it that the text has."""
        mark = self._mark(problem)
        return Fault(
            line=mark.line,
            column=mark.column,
            pointer=pointer_of(problem.path),
            text=problem.text,
            fix=problem.fix,
            data=problem.data,
        )

    def _mark(self, problem: Problem) -> Mark:
        pointer = pointer_of(problem.path)
        if problem.on_key and pointer in self.keys:
            return self.keys[pointer]
        for end in range(len(problem.path), -1, -1):
            if mark := self.values.get(pointer_of(problem.path[:end])):
                return mark
        return Mark(1, 1)


@dataclass(slots=True)
class _Node:
    """A value being built. `size` counts what is in it, aliases in full; `height` how deep it goes."""

    mark: Mark
    value: Any = None
    entries: list[tuple[str, Mark, "_Node"]] = field(default_factory=list)
    items: list["_Node"] = field(default_factory=list)
    kind: str = "scalar"
    size: int = 1
    height: int = 0
    key: tuple[str, Mark] | None = None
    anchor: str | None = None
    open: bool = True
    names: set[str] = field(default_factory=set)


def read_source(text: str | bytes) -> Source:
    """The data of a YAML or JSON text; InvalidDefinition with the first fault where it cannot be read."""
    checked = _as_text(text)
    builder = _Builder()
    try:
        for event in yaml.parse(checked, Loader=PARSER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise InvalidDefinition([_syntax_fault(error)]) from None
    if builder.root is None:
        _refuse(Mark(1, 1), _("The document is empty."))
    assert builder.root is not None
    values: dict[str, Mark] = {}
    keys: dict[str, Mark] = {}
    return Source(text=checked, data=_plain(builder.root, "", values, keys), values=values, keys=keys)


def _as_text(text: str | bytes) -> str:
    if len(text) > MOST_CHARACTERS:
        _refuse(Mark(1, 1), _("The document is larger than %(most)d KiB."), most=MOST_CHARACTERS // 1024)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            _refuse(Mark(1, 1), _("The document is not UTF-8."))
    assert isinstance(text, str)
    if found := SURROGATE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        _refuse(Mark(line, 1), _("A character here is half of a pair."))
    return _json_as_yaml(text) if text.lstrip().startswith(("{", "[")) else text


def _json_as_yaml(text: str) -> str:
    """What JSON may do and YAML may not: tabs, in valid JSON always between tokens, and characters in two escapes."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return ESCAPED_PAIR.sub(_one_character, text.replace("\t", " "))


def _one_character(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\\\\" else str(json.loads(f'"{match[0]}"'))


def _refuse(mark: Mark, text: str, fix: str = "", /, **data: Any) -> None:
    raise InvalidDefinition([Fault(line=mark.line, column=mark.column, pointer="", text=text, fix=fix, data=data)])


def _syntax_fault(error: yaml.YAMLError) -> Fault:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return Fault(
        line=place.line + 1 if place else 1,
        column=place.column + 1 if place else 1,
        pointer="",
        text=_("This is not valid YAML: %(said)s."),
        fix=_("Check indentation, quotes and colons near this place."),
        data={"said": str(said)[:200]},
    )


class _Builder:
    """Takes the parser's events; `root` is the document afterwards."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self.documents = 0
        self.stack: list[_Node] = []
        self.anchors: dict[str, _Node] = {}
        self.count = 0

    def take(self, event: Any) -> None:
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    _refuse(mark, _("There is more than one document in the text."), _("Send one at a time."))
            case yaml.AliasEvent():
                self._add(self._aliased(str(event.anchor), mark))
            case yaml.ScalarEvent():
                self._scalar(event, mark)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event, mark)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()

    def _aliased(self, name: str, mark: Mark) -> _Node:
        node = self.anchors.get(name)
        if node is None:
            _refuse(mark, _("The anchor “%(name)s” is not known."), name=name)
        elif node.open:
            _refuse(mark, _("The anchor “%(name)s” is used inside itself."), name=name)
        assert node is not None
        self._bound(mark, node.size, node.height)
        return node

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        _check_tag(event.tag, mark)
        if self._wants_key():
            self._key(str(event.value), mark)
            return
        plain = not event.style and event.tag is None
        value = resolved(event.value, mark) if plain else _text_value(event.value, mark)
        self._bound(mark, 1, 0)
        self._add(_Node(mark, value, open=False), anchor=event.anchor)

    def _open(self, event: Any, mark: Mark) -> None:
        _check_tag(event.tag, mark)
        if self._wants_key():
            _refuse(mark, _("A key must be text."), _("Write it in quotes."))
        self._bound(mark, 1, 0)
        kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        node = _Node(mark, kind=kind)
        if event.anchor:
            self.anchors[event.anchor] = node
        self.stack.append(node)

    def _close(self) -> None:
        node = self.stack.pop()
        node.open = False
        self._add(node)

    def _wants_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].kind == "mapping" and self.stack[-1].key is None

    def _key(self, name: str, mark: Mark) -> None:
        parent = self.stack[-1]
        name = _text_value(name, mark)
        if not name:
            _refuse(mark, _("A key is missing before the colon."))
        if name in parent.names:
            _refuse(mark, _("The key “%(name)s” is here twice."), _("Keep one of them."), name=name)
        parent.names.add(name)
        parent.key = (name, mark)

    def _add(self, node: _Node, anchor: str | None = None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.kind == "sequence":
            parent.items.append(node)
        elif parent.key is None:
            _refuse(node.mark, _("A key must be text."), _("Write it in quotes."))
        else:
            parent.entries.append((*parent.key, node))
            parent.key = None

    def _bound(self, mark: Mark, size: int, height: int) -> None:
        self.count += size
        if self.count > MOST_VALUES:
            _refuse(mark, _("The document has more than %(most)d values."), most=MOST_VALUES)
        if len(self.stack) + height > MOST_DEPTH:
            _refuse(mark, _("Values are nested more than %(most)d deep."), most=MOST_DEPTH)


def _check_tag(tag: str | None, mark: Mark) -> None:
    if tag not in {None, "!", "tag:yaml.org,2002:str"}:
        _refuse(mark, _("The tag “%(tag)s” is not supported."), _("Remove it."), tag=str(tag)[:80])


def _text_value(text: str, mark: Mark) -> str:
    """JSON writes characters outside the basic plane as two escapes; together they are one character."""
    if not SURROGATE.search(text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        _refuse(mark, _("A character here is half of a pair."))
        raise


def resolved(text: str, mark: Mark) -> Any:
    """The value of an unquoted text by the core schema of YAML 1.2."""
    if text in WORDS:
        return WORDS[text]
    if len(text) > MOST_DIGITS and FLOAT.fullmatch(text):
        _refuse(mark, _("The number has more than %(most)d digits."), _("Write it in quotes."), most=MOST_DIGITS)
    if INTEGER.fullmatch(text):
        return int(text)
    if OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text):
        return _fraction(text, mark)
    if NOT_FINITE.fullmatch(text):
        _refuse(mark, _("“%(text)s” is not a number that JSON knows."), _("Write it in quotes."), text=text)
    return _text_value(text, mark)


def _fraction(text: str, mark: Mark) -> float:
    value = float(text)
    if not _same(value, text):
        fix = _("Write it in quotes, or as a whole number of a smaller unit.")
        _refuse(mark, _("The number %(text)s has more digits than a number can keep."), fix, text=text)
    return value


def _same(value: float, text: str) -> bool:
    try:
        return isfinite(value) and Decimal(repr(value)) == Decimal(text)
    except ArithmeticError:
        return False


def _plain(node: _Node, pointer: str, values: dict[str, Mark], keys: dict[str, Mark]) -> Any:
    """Plain data of a node; notes the place of each value and key. As deep as MOST_DEPTH at most."""
    values[pointer] = node.mark
    if node.kind == "scalar":
        return node.value
    if node.kind == "sequence":
        return [_plain(item, f"{pointer}/{index}", values, keys) for index, item in enumerate(node.items)]
    made = {}
    for name, mark, child in node.entries:
        below = pointer + pointer_of([name])
        keys[below] = mark
        made[name] = _plain(child, below, values, keys)
    return made

"""A small, safe XML reader: bounded size, depth and number of elements; no DTD, no entities, nothing fetched.

expat expands no external entity by itself, and with every document type refused there are no internal ones either.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat  # used with every DTD refused

MAX_DEPTH = 40
MAX_ELEMENTS = 200_000


class XmlFault(ValueError):
    """The document cannot be read; `line` says where."""

    def __init__(self, text: str, line: int = 0) -> None:
        self.text, self.line = text, line
        super().__init__(f"line {line}: {text}" if line else text)


@dataclass(slots=True)
class Element:
    """One element with its local name; text is what stands directly in it."""

    name: str
    namespace: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def find(self, path: str) -> "Element | None":
        """The first element at `A/B/C` below this one."""
        found: Element | None = self
        for name in path.split("/"):
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def all(self, name: str) -> Iterator["Element"]:
        """Children of this name."""
        return (child for child in self.children if child.name == name)

    def value(self, path: str) -> str:
        """The text at `path`, empty when there is none."""
        found = self.find(path)
        return found.text.strip() if found else ""


def parse(data: bytes, *, max_bytes: int) -> Element:
    """Read one document; XmlFault says what is wrong and where."""
    if len(data) > max_bytes:
        raise XmlFault(f"larger than {max_bytes} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlFault(expat.ErrorString(error.code), error.lineno) from error
    if reader.root is None:
        raise XmlFault("no element")
    return reader.root


class _Reader:
    """Builds the tree from expat's events."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def _doctype(self, *_arguments: object) -> None:
        raise XmlFault("a document type is not allowed", self.parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        line = self.parser.CurrentLineNumber
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise XmlFault("too many or too deeply nested elements", line)
        namespace, _space, local = name.rpartition(" ")
        element = Element(local, namespace, attributes, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, data: str) -> None:
        self._open[-1].text += data

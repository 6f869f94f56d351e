"""Message catalogues without GNU gettext: found with Babel, kept and compiled with polib.

usage: python -m config.translations compile
"""

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib

PROJECT = Path(__file__).resolve().parent.parent
LOCALE = PROJECT / "locale"
LANGUAGES = ("vi",)
SOURCES = ("config", "tenants", "keys", "connectors", "routing", "workflows", "studio", "templates")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sd]|\{\w*\}")


@dataclass
class Message:
    """A text of the sources with the places it occurs in."""

    msgid: str
    plural: str = ""
    context: str | None = None
    places: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str | None, str]:
        return (self.context, self.msgid)


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def compile_all() -> list[Path]:
    """Write the binary form of every catalogue that has none or an older one; returns those written."""
    written = []
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        polib.pofile(str(source)).save_as_mofile(str(target))
        written.append(target)
    return written


def extract() -> dict[tuple[str | None, str], Message]:
    """Every text marked for translation in Python sources and templates."""
    found: dict[tuple[str | None, str], Message] = {}
    for path in _files():
        name = str(path.relative_to(PROJECT))
        for context, msgid, plural in _messages(path):
            message = found.setdefault((context, msgid), Message(msgid, plural, context))
            message.plural = message.plural or plural
            if (name, "") not in message.places:
                message.places.append((name, ""))
    return found


def update(language: str) -> None:
    """Bring the catalogue in line with the sources: new texts are added, unused ones removed, translations kept."""
    path = catalogue(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    old = polib.pofile(str(path)) if path.exists() else polib.POFile()
    known = {(entry.msgctxt, entry.msgid): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=118)
    new.metadata = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for key, message in sorted(extract().items(), key=lambda item: (item[1].places, item[0][1])):
        entry = known.get(key)
        plurals = {0: entry.msgstr_plural.get(0, "") if entry else ""} if message.plural else {}
        new.append(
            polib.POEntry(
                msgid=message.msgid,
                msgid_plural=message.plural,
                msgctxt=message.context,
                msgstr="" if message.plural or not entry else entry.msgstr,
                msgstr_plural=plurals,
                occurrences=message.places,
            )
        )
    new.save(str(path))


def problems(language: str) -> Iterator[str]:
    """What keeps the catalogue from being complete, one line each."""
    path = catalogue(language)
    if not path.exists():
        yield f"{language}: there is no catalogue; run manage.py translations"
        return
    entries = {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    sources = extract()
    for key, message in sources.items():
        entry = entries.get(key)
        if entry is None:
            yield f"{language}: not in the catalogue: {message.msgid!r} ({message.places[0][0]})"
        else:
            yield from (f"{language}: {fault}: {message.msgid!r}" for fault in _faults(entry))
    for key in entries.keys() - sources.keys():
        yield f"{language}: no longer in the sources: {key[1]!r}"


def _faults(entry: polib.POEntry) -> Iterator[str]:
    if entry.fuzzy:
        yield "marked as uncertain"
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    wanted = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    for text in texts or [""]:
        if not text:
            yield "not translated"
        elif set(_PLACEHOLDER.findall(text)) != wanted:
            yield "placeholders differ"


def _files() -> Iterator[Path]:
    for folder in SOURCES:
        for suffix in ("*.py", "*.html", "*.txt"):
            for path in sorted((PROJECT / folder).rglob(suffix)):
                if "migrations" not in path.parts and "static" not in path.parts:
                    yield path


def _messages(path: Path) -> Iterator[tuple[str | None, str, str]]:
    """Context, text and plural. Templates become Python source first, as Django's makemessages does it."""
    from babel.messages.extract import extract as babel_extract
    from django.utils.translation.template import templatize

    text = path.read_text(encoding="utf-8")
    source = text if path.suffix == ".py" else templatize(text)
    for _line, found, _comments, context in babel_extract("python", io.BytesIO(source.encode()), KEYWORDS):
        msgid, plural = (found[0], found[1]) if isinstance(found, tuple) else (found, "")
        if msgid:
            yield context, msgid, plural or ""


if __name__ == "__main__":
    if sys.argv[1:] != ["compile"]:
        sys.exit(__doc__)
    compile_all()

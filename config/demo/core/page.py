"""The page that shows the books of the demo core, in the look and the languages of the console, without Django."""

import gettext
import time
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.demo.core.books import CURRENCIES

if TYPE_CHECKING:
    from config.demo.core.app import DemoCore

PROJECT = Path(__file__).resolve().parents[3]
OWN_STYLE = "books.css"
STYLES = ("tokens.css", "base.css", "components.css", "pages.css", OWN_STYLE)
LANGUAGES = ("en", "vi")
LAST = 20


def style(name: str) -> bytes:
    """A style sheet of the console, or the one of this page."""
    if name == OWN_STYLE:
        return Path(__file__).with_name(name).read_bytes()
    return (PROJECT / "studio" / "static" / "studio" / "css" / name).read_bytes()


def render(core: "DemoCore", headers: Mapping[str, str]) -> str:
    """The whole page."""
    language = language_of(headers)
    translation = _catalogue(language)
    _ = translation.gettext
    status = core.status()
    title = escape(_("Demo core"))
    lead = escape(_("A made-up core banking system, for trying things out. Nothing here is real."))
    balanced = _("All accounts add up to zero.") if status["balanced"] else _("The accounts do not add up.")
    parts = [
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{title}</title>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        *(f"<link rel='stylesheet' href='/demo/style/{name}'>" for name in STYLES),
        "</head><body class='public'><main id='main' class='books'><div class='stack'>",
        f"<div><h1>{title}</h1><p>{lead}</p></div>",
        f"<p><strong>{escape(balanced)}</strong></p>",
        _counts(status, _),
        _accounts(core, _),
        _reservations(core, _),
        _bookings(core, _),
        _effects(core, _),
        "</div></main></body></html>",
    ]
    return "\n".join(parts)


def language_of(headers: Mapping[str, str]) -> str:
    """The first language of the reader that the page has."""
    for part in headers.get("accept-language", "").lower().split(","):
        language = part.partition(";")[0].strip().partition("-")[0]
        if language in LANGUAGES:
            return language
    return "en"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("django", PROJECT / "locale", [language], fallback=True)


def _counts(status: Mapping[str, Any], _: Any) -> str:
    switches = ", ".join(f"{name}: {one['mode']}" for name, one in status["switches"].items()) or _("none")
    rows = (
        (_("Requests in flight now"), status["in_flight"]),
        (_("Most requests in flight at once"), status["max_in_flight"]),
        (_("Switches set"), switches),
    )
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in rows)
    return f"<dl class='facts'>{cells}</dl>"


def _accounts(core: "DemoCore", _: Any) -> str:
    rows = []
    for row in core.books.rows("select kto_nr, name, whg from konto order by whg, art_kz desc, kto_nr"):
        account = core.books.read_account(row["kto_nr"])
        rows.append(
            (row["kto_nr"], row["name"], _currency(row["whg"]), _amount(account["SALDO_MINOR"]),
             _amount(account["RESERVIERT_MINOR"]))
        )  # fmt: skip
    head = ("KTO_NR", _("Name"), "WHG", "SALDO_MINOR", "RESERVIERT_MINOR")
    return _table(_("Accounts"), head, rows, numbers=(3, 4), empty="")


def _reservations(core: "DemoCore", _: Any) -> str:
    query = "select * from reservierung order by wann desc limit ?"
    words = {"R": _("reserved"), "B": _("booked"), "F": _("released")}
    rows = [
        (row["res_ref"], row["kto_nr"], f"{row['status_kz']} · {words[row['status_kz']]}", _amount(row["betrag_minor"]))
        for row in core.books.rows(query, LAST)
    ]
    head = ("RES_REF", "KTO_NR", "STATUS_KZ", "BETRAG_MINOR")
    return _table(_("Reservations"), head, rows, numbers=(3,), empty=_("Nothing has been reserved yet."))


def _bookings(core: "DemoCore", _: Any) -> str:
    query = "select * from buchung order by buch_nr desc limit ?"
    rows = [
        (str(row["buch_nr"]), row["referenz"], row["kto_nr_soll"], row["kto_nr_haben"], _currency(row["whg"]),
         _amount(row["betrag_minor"]))
        for row in core.books.rows(query, LAST)
    ]  # fmt: skip
    head = ("BUCH_NR", "REFERENZ", "KTO_NR_SOLL", "KTO_NR_HABEN", "WHG", "BETRAG_MINOR")
    return _table(_("Bookings"), head, rows, numbers=(5,), empty=_("Nothing has been booked yet."))


def _effects(core: "DemoCore", _: Any) -> str:
    query = """
        select operation, schluessel, max(wann) as wann, sum(art = 'a') as ankunft, sum(art = 'w') as wirkung from (
            select operation, schluessel, wann, 'a' as art from ankunft
            union all select operation, schluessel, wann, 'w' from wirkung)
        where operation in ('reserve', 'book', 'release') group by operation, schluessel order by wann desc limit ?"""
    rows = [
        (row["operation"], row["schluessel"], time.strftime("%H:%M:%S", time.gmtime(row["wann"])), str(row["ankunft"]),
         str(row["wirkung"]))
        for row in core.books.rows(query, LAST)
    ]  # fmt: skip
    head = (_("Operation"), _("Key"), _("Last at (UTC)"), _("Arrived"), _("Took effect"))
    return _table(
        _("What arrived and what took effect"), head, rows, numbers=(3, 4), empty=_("Nothing has arrived yet.")
    )


def _table(
    title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, numbers: tuple[int, ...], empty: str
) -> str:
    if not rows:
        return f"<section><h2>{escape(title)}</h2><p>{escape(empty)}</p></section>"

    def cells(row: tuple[str, ...], tag: str) -> str:
        mark = [" class='num'" if index in numbers else "" for index in range(len(row))]
        return "".join(f"<{tag}{mark[index]}>{escape(text)}</{tag}>" for index, text in enumerate(row))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    label = escape(title)
    return (
        f"<section><h2>{label}</h2><div class='table-wrap' tabindex='0' role='region' aria-label='{label}'>"
        f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _currency(code: str) -> str:
    return f"{code} · {CURRENCIES[code]}"


def _amount(minor: int) -> str:
    return f"{minor:,}"

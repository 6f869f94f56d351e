"""Drawings of a pattern in the words of the reader: for the page, as a file, as text."""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from studio.diagrams.graph import Words
from studio.diagrams.marks import STATES
from studio.diagrams.patterns import View, graph_of, pattern_svg, standalone_svg
from studio.diagrams.twin import Twin, mermaid, text_twin
from studio.viewstate import ViewState
from workflows.domain.patterns import LANGUAGES, Pattern, Text

STATE_WORDS = {
    "idle": lazy("idle"),
    "active": lazy("working"),
    "waiting": lazy("waiting"),
    "done": lazy("done"),
    "failed": lazy("failed"),
    "undone": lazy("undone"),
    "hit": lazy("known already"),
}


def language() -> str:
    """The language of the page, of those that patterns are written in."""
    found = (get_language() or "en")[:2]
    return found if found in LANGUAGES else LANGUAGES[0]


def said(text: Text) -> str:
    """A text in the language of the page."""
    return text[language()]


def words() -> Words:
    """What a drawing says in its own words."""
    return Words(
        event=pgettext("short mark in a diagram", "evt"),
        undo=pgettext("short mark in a diagram", "undo"),
        diagram=_("Diagram: %(title)s, %(count)d elements"),
        call=_("%(source)s → %(target)s, call: %(label)s (%(protocol)s)."),
        reply=_("%(source)s → %(target)s, reply: %(label)s (%(protocol)s)."),
        event_sentence=_("%(source)s ⇢ %(target)s, event: %(label)s (%(protocol)s)."),
        compensation=_("%(source)s ↩ %(target)s, undo: %(label)s (%(protocol)s)."),
        node=_("%(label)s: %(service)s."),
        traffic=_("%(count)s in the last 24 hours"),
        states={state: str(word) for state, word in STATE_WORDS.items()},
    )


def state_looks() -> dict[str, list[str]]:
    """Word and icon of each state, for the player."""
    return {state: [str(word), STATES[state]] for state, word in STATE_WORDS.items() if state != "idle"}


def view_of(state: ViewState, names: Mapping[str, str] | None = None, traffic: Mapping[str, str] | None = None) -> View:
    """What of a pattern is drawn in a state of the page; a configuration brings names and traffic."""
    return View(
        language=language(),
        platform=state.platform,
        scenario=state.scenario,
        beat=state.beat,
        names=names or {},
        traffic=traffic or {},
        selected=state.node,
    )


def pictures(pattern: Pattern, state: ViewState, view: View) -> SafeString:
    """Both layouts for the page; the style sheet shows the one that fits."""
    linked = replace(view, href="?" + state.query(node="{node}").replace("%7Bnode%7D", "{node}"), switching=True)
    drawn = (pattern_svg(pattern, linked, words(), layout=layout) for layout in ("wide", "narrow"))
    return mark_safe("".join(drawn))  # noqa: S308  # our own builder escapes


def twin(pattern: Pattern, view: View) -> Twin:
    """The drawing in words."""
    return text_twin(graph_of(pattern, view), words())


def as_file(pattern: Pattern, view: View, kind: str) -> tuple[str, str]:
    """A drawing for export: its text and its media type."""
    if kind == "mermaid":
        return mermaid(graph_of(pattern, view), words()), "text/plain; charset=utf-8"
    return standalone_svg(pattern, view, words()), "image/svg+xml"

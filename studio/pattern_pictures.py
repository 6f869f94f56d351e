"""Drawings of a pattern in the words of the reader: for the page, as a file, as text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from studio.diagrams.marks import STATES
from studio.diagrams.patterns import Layout, View, graph_of, pattern_svg, standalone_svg
from studio.diagrams.twin import Twin, mermaid, text_twin
from studio.pattern_words import words
from studio.viewstate import ViewState
from workflows.domain.patterns import LANGUAGES, Pattern, Text
from workflows.patterns import source


def language() -> str:
    """The language of the page, of those that patterns are written in."""
    found = (get_language() or "en")[:2]
    return found if found in LANGUAGES else LANGUAGES[0]


def said(text: Text) -> str:
    """A text in the language of the page."""
    return text[language()]


def state_looks() -> dict[str, list[str]]:
    """Word and icon of each state, for the player; idle has neither."""
    return {state: [word, STATES[state]] for state, word in words().states.items() if state != "idle"}


def view_of(state: ViewState, names: Mapping[str, str] | None = None, traffic: Mapping[str, str] | None = None) -> View:
    """What of a pattern is drawn in a state of the page; a configuration brings names and traffic."""
    return View(
        language=language(),
        platform=state.platform,
        scenario=state.scenario,
        beat=state.beat,
        won=state.won,
        names=names or {},
        traffic=traffic or {},
        selected=state.node,
    )


def pictures(pattern: Pattern, state: ViewState, view: View, layouts: Sequence[Layout]) -> SafeString:
    """The layouts for the page; the style sheet shows the one that fits."""
    linked = replace(view, href="?" + state.query(node="{node}").replace("%7Bnode%7D", "{node}"), switching=True)
    drawn = (pattern_svg(pattern, linked, words(), layout=layout) for layout in layouts)
    return mark_safe("".join(drawn))  # noqa: S308  # our own builder escapes


def unlinked(pattern: Pattern, view: View) -> SafeString:
    """Both layouts without anything to click on."""
    drawn = (pattern_svg(pattern, replace(view, href=""), words(), layout=layout) for layout in ("wide", "narrow"))
    return mark_safe("".join(drawn))  # noqa: S308  # our own builder escapes


def twin(pattern: Pattern, view: View) -> Twin:
    """The drawing in words."""
    return text_twin(graph_of(pattern, view), words())


def as_file(pattern: Pattern, view: View, kind: str) -> tuple[str, str]:
    """A drawing for export: its text and its media type."""
    if kind == "yaml":
        return source(pattern.slug), "application/yaml; charset=utf-8"
    if kind == "mermaid":
        return mermaid(graph_of(pattern, view), words()), "text/plain; charset=utf-8"
    return standalone_svg(pattern, view, words()), "image/svg+xml"

"""The living styleguide: every token, part and state, in both themes, from made-up data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from studio.diagrams.drawings import NAMES
from studio.icons import icons
from studio.presenters import STATUSES
from studio.styleguide import samples

COLOURS = (
    "canvas", "surface", "raised", "sunken", "ink", "ink-2", "ink-3", "line", "line-strong", "control", "accent",
    "accent-wash", "good", "good-wash", "warn", "warn-wash", "bad", "bad-wash", "calm", "calm-wash",
)  # fmt: skip
SECTIONS = (
    ("colour", gettext_noop("Colour")),
    ("type", gettext_noop("Type and space")),
    ("wires", gettext_noop("Wires")),
    ("icons", gettext_noop("Icons")),
    ("badges", gettext_noop("States")),
    ("buttons", gettext_noop("Buttons and menus")),
    ("tables", gettext_noop("Tables")),
    ("forms", gettext_noop("Forms")),
    ("figures", gettext_noop("Figures and limits")),
    ("charts", gettext_noop("Charts")),
    ("routing", gettext_noop("Routing")),
    ("messages", gettext_noop("Messages and dialogs")),
    ("live", gettext_noop("Live pages and drawers")),
    ("empty", gettext_noop("Empty and waiting")),
)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Everything once in light, once in dark."""
    context = {
        "sections": [(key, _(label)) for key, label in SECTIONS],
        "nav": _nav(),
        "colours": COLOURS,
        "statuses": STATUSES,
        "icon_names": icons(),
        "drawings": [name for name in NAMES if name not in {"mark", "working", "through"}],
        **samples(dict(request.GET.lists()), timezone.now()),
    }
    return render(request, "studio/styleguide.html", context)


def _nav() -> list[dict[str, object]]:
    items = [
        {"label": _(label), "url": f"#{key}", "icon": "pattern", "active": key == "colour"} for key, label in SECTIONS
    ]
    return [{"label": _("Styleguide"), "items": items}]

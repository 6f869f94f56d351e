"""The living styleguide: every token, part and state, in both themes, from made-up data."""

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.diagrams.charts import Bar, Series
from studio.diagrams.wires import DRAWINGS
from studio.icons import icons
from studio.presenters import STATUSES, Column, Rung, sortable

COLOURS = (
    "canvas", "surface", "raised", "sunken", "ink", "ink-2", "ink-3", "line", "line-strong", "control", "accent",
    "accent-wash", "good", "good-wash", "warn", "warn-wash", "bad", "bad-wash", "calm", "calm-wash",
)  # fmt: skip
SECTIONS = (
    ("colour", _("Colour")),
    ("type", _("Type and space")),
    ("wires", _("Wires")),
    ("icons", _("Icons")),
    ("badges", _("States")),
    ("buttons", _("Buttons and menus")),
    ("tables", _("Tables")),
    ("forms", _("Forms")),
    ("figures", _("Figures and limits")),
    ("charts", _("Charts")),
    ("routing", _("Routing")),
    ("messages", _("Messages and dialogs")),
    ("empty", _("Empty and waiting")),
)


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("Shown in usage and on the ledger."))
    unit = forms.ChoiceField(label=_("Unit"), choices=[("1", "Retail banking"), ("2", "Ngân hàng bán lẻ / Kiểm soát rủi ro")])
    budget = forms.DecimalField(label=_("Monthly budget"), required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    hard = forms.BooleanField(label=_("Refuse calls above the limit"), required=False, initial=True)
    window = forms.ChoiceField(
        label=_("Window"), choices=[("minute", _("Minute")), ("day", _("Day")), ("month", _("Month"))], widget=forms.RadioSelect
    )


class SampleFilter(forms.Form):
    """A filter bar."""

    q = forms.CharField(label=_("Search"), required=False)
    state = forms.ChoiceField(label=_("Status"), choices=[("", _("Any")), ("active", _("Active"))], required=False)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Everything once in light, once in dark."""
    return render(request, "studio/styleguide.html", {"sections": SECTIONS, "nav": _nav(), **_samples(request)})


def _nav() -> list[dict[str, object]]:
    items = [{"label": label, "url": f"#{key}", "icon": "pattern", "active": key == "colour"} for key, label in SECTIONS]
    return [{"label": _("Styleguide"), "items": items}]


def _samples(request: HttpRequest) -> dict[str, object]:
    now = timezone.now()
    columns = (Column(_("Name"), sort="name"), Column(_("Status")), Column(_("Used"), wide_only=True), Column(_("Calls"), numeric=True, sort="calls"))
    return {
        "colours": COLOURS,
        "statuses": STATUSES,
        "icon_names": icons(),
        "drawings": [name for name in DRAWINGS if name not in {"mark", "working", "through"}],
        "columns": sortable(columns, dict(request.GET.lists()), default="-calls"),
        "keys": _keys(),
        "rungs": _rungs(),
        "candidates": _candidates(),
        "parts": (_("Quality"), _("Cost"), _("Latency")),
        "bars": [Bar(f"{day} Nov", value, partial=day == 22) for day, value in enumerate(_SPEND, start=9)],
        "series": (Series("p95", _LATENCY), Series("p50", tuple(value * 0.6 for value in _LATENCY))),
        "hours": [f"{hour:02d}:00" for hour in range(len(_LATENCY))],
        "trend": _LATENCY,
        "form": SampleForm(auto_id="sample_%s", initial={"name": "Mobile app"}),
        "filter_form": SampleFilter(auto_id="filter_%s"),
        "tabs": [{"label": _("Overview"), "url": "#tables", "active": True}, {"label": _("Requests"), "url": "#tables", "count": 214}],
        "steps": [{"label": _("Provider"), "state": "done"}, {"label": _("Key"), "state": "now"}, {"label": _("First call"), "state": ""}],
        "entries": _entries(),
        "crumbs": [{"label": _("Keys"), "url": "#tables"}, {"label": "Mobile app", "url": ""}],
        "moment": now - timedelta(minutes=7),
        "snippet": 'curl $GATEWAY/v1/chat/completions \\\n  -H "Authorization: Bearer sk-orc-…" \\\n  -d \'{"model": "assistant"}\'',
    }


_SPEND = (4_100_000_000, 5_230_000_000, 3_900_000_000, 6_800_000_000, 7_050_000_000, 1_200_000_000, 900_000_000,
          6_100_000_000, 6_900_000_000, 7_400_000_000, 8_120_000_000, 7_700_000_000, 1_500_000_000, 640_000_000)  # fmt: skip
_LATENCY = (410.0, 395.0, 402.0, 388.0, 460.0, 640.0, 905.0, 720.0, 530.0, 480.0, 455.0, 470.0)


def _keys() -> list[dict[str, object]]:
    return [
        {"name": "Mobile app", "unit": "Retail banking", "status": "active", "used": 812_400_000_000, "held": 9_000_000_000, "limit": 1_000_000_000_000, "calls": 48_210},
        {"name": "Thẩm định tín dụng", "unit": "Kiểm soát rủi ro", "status": "expiring", "used": 31_070_000_000, "held": 0, "limit": 200_000_000_000, "calls": 1_904},
        {"name": "Batch letters", "unit": "Operations", "status": "suspended", "used": 50_003_100_000, "held": 0, "limit": 50_000_000_000, "calls": 612},
        {"name": "Old pilot", "unit": "Operations", "status": "revoked", "used": 0, "held": 0, "limit": 10_000_000_000, "calls": 0},
    ]  # fmt: skip


def _rungs() -> list[Rung]:
    return [
        Rung("large-eu", "tried", why=_("no first byte within 2 s"), figures="2.0 s"),
        Rung("large-us", "winner", why=_("lowest cost that meets the difficulty"), figures="$0.0041 · 640 ms", detail="gpt-4o"),
        Rung("on-premise", "standby", figures="$0.00 · 1.4 s", detail="llama-3-70b"),
        Rung("small-eu", "dropped", why=_("context window 8,192 is smaller than 11,400 tokens")),
    ]


def _candidates() -> list[dict[str, object]]:
    return [
        {"rank": 1, "name": "large-us", "kept": True, "winner": True, "parts": ("0.62", "0.21", "0.09"), "total": "0.92"},
        {"rank": 2, "name": "on-premise", "kept": True, "parts": ("0.48", "0.30", "0.02"), "total": "0.80"},
        {"rank": None, "name": "small-eu", "kept": False, "rule": _("context window"), "parts": ("–", "–", "–"), "total": None},
    ]


def _entries() -> list[dict[str, object]]:
    moment = timezone.now()
    return [
        {"at": moment - timedelta(seconds=5), "title": _("Limit raised to $1,000"), "text": "lan.tran@bank.example", "state": "now"},
        {"at": moment - timedelta(hours=3), "title": _("Secret rotated"), "text": _("The old one works until tomorrow."), "event": True},
        {"at": moment - timedelta(days=2), "title": _("Call refused"), "text": _("Monthly budget reached."), "state": "bad"},
        {"at": moment - timedelta(days=9), "title": _("Key issued"), "text": "minh.ngo@bank.example"},
    ]

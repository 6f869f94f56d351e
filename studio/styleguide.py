"""Made-up data of the styleguide: one sample of every part, in the words of a bank."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from studio.diagrams.charts import Bar, Series
from studio.presenters import Column, Rung, sortable

_SPEND_CENTS = (410, 523, 390, 680, 705, 120, 90, 610, 690, 740, 812, 770, 150, 64)
_LATENCY = (410.0, 395.0, 402.0, 388.0, 460.0, 640.0, 905.0, 720.0, 530.0, 480.0, 455.0, 470.0)
_DOLLAR = 1_000_000_000
_SNIPPET = """curl $GATEWAY/v1/chat/completions \\
  -H "Authorization: Bearer sk-orc-…" \\
  -d '{"model": "assistant"}'"""


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name", help_text="Shown in usage and on the ledger.")
    unit = forms.ChoiceField(label="Unit", choices=[("1", "Retail banking"), ("2", "Kiểm soát rủi ro")])
    budget = forms.DecimalField(label="Monthly budget", required=False)
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    hard = forms.BooleanField(label="Refuse calls above the limit", required=False, initial=True)
    window = forms.ChoiceField(
        label="Window", choices=[("minute", "Minute"), ("day", "Day"), ("month", "Month")], widget=forms.RadioSelect
    )


class SampleFilter(forms.Form):
    """A filter bar."""

    q = forms.CharField(label="Search", required=False)
    state = forms.ChoiceField(label="Status", choices=[("", "Any"), ("active", "Active")], required=False)


def samples(query: dict[str, Any], now: datetime) -> dict[str, object]:
    """Everything the parts need to show themselves."""
    return _tables(query) | _charts() | _routing() | _navigation() | {
        "sides": [_side("light"), _side("dark")],
        "entries": _entries(now),
        "moment": now - timedelta(minutes=7),
        "snippet": _SNIPPET,
    }  # fmt: skip


def _side(theme: str) -> dict[str, object]:
    form = SampleForm(auto_id=f"sample_{theme}_%s", initial={"name": "Mobile app"})
    return {"theme": theme, "form": form, "filter_form": SampleFilter(auto_id=f"filter_{theme}_%s")}


def _tables(query: dict[str, Any]) -> dict[str, object]:
    columns = (
        Column("Name", sort="name"),
        Column("Status"),
        Column("Used", wide_only=True),
        Column("Calls", numeric=True, sort="calls"),
    )
    rows = (
        ("Mobile app", "Retail banking", "active", 812.4, 9, 1_000, 48_210),
        ("Thẩm định tín dụng", "Kiểm soát rủi ro", "expiring", 31.07, 0, 200, 1_904),
        ("Batch letters", "Operations", "suspended", 50.0031, 0, 50, 612),
        ("Old pilot", "Operations", "revoked", 0, 0, 10, 0),
    )
    return {"columns": sortable(columns, query, default="-calls"), "keys": [_key(*row) for row in rows]}


def _key(  # noqa: PLR0917  # a row of a table, written as a row
    name: str, unit: str, status: str, used: float, held: float, limit: int, calls: int
) -> dict[str, object]:
    money = {"used": int(used * _DOLLAR), "held": int(held * _DOLLAR), "limit": limit * _DOLLAR}
    return {"name": name, "unit": unit, "status": status, "calls": calls, **money}


def _charts() -> dict[str, object]:
    return {
        "bars": [
            Bar(f"{day} Nov", cents * _DOLLAR / 100, partial=day == 22)
            for day, cents in enumerate(_SPEND_CENTS, start=9)
        ],
        "series": (Series("p95", _LATENCY), Series("p50", tuple(value * 0.6 for value in _LATENCY))),
        "hours": [f"{hour:02d}:00" for hour in range(len(_LATENCY))],
        "trend": _LATENCY,
    }


def _routing() -> dict[str, object]:
    rungs = (
        Rung("large-eu", "tried", why="no first byte within 2 s", figures="2.0 s"),
        Rung(
            "large-us",
            "winner",
            why="lowest cost that meets the difficulty",
            figures="$0.0041 · 640 ms",
            detail="gpt-4o",
        ),
        Rung("on-premise", "standby", figures="$0.00 · 1.4 s", detail="llama-3-70b"),
        Rung("small-eu", "dropped", why="context window 8,192 is smaller than 11,400 tokens"),
    )
    scores = {"large-us": ("0.62", "0.21", "0.09", "0.92"), "on-premise": ("0.48", "0.30", "0.02", "0.80")}
    kept = [
        {
            "rank": rank,
            "name": name,
            "kept": True,
            "winner": rank == 1,
            "parts": [(one, "") for one in parts],
            "total": total,
        }
        for rank, (name, (*parts, total)) in enumerate(scores.items(), start=1)
    ]
    dropped = {"name": "small-eu", "kept": False, "rule": "context window", "parts": [("–", "")] * 3}
    return {"rungs": rungs, "candidates": [*kept, dropped], "parts": ("Quality", "Cost", "Latency")}


def _navigation() -> dict[str, object]:
    return {
        "tabs": [
            {"label": "Overview", "url": "#tables", "active": True},
            {"label": "Requests", "url": "#tables", "count": 214},
        ],
        "steps": [
            {"label": "Provider", "state": "done"},
            {"label": "Key", "state": "now"},
            {"label": "First call", "state": ""},
        ],
        "crumbs": [{"label": "Keys", "url": "#tables"}, {"label": "Mobile app", "url": ""}],
    }


def _entries(now: datetime) -> list[dict[str, object]]:
    raised: dict[str, object] = {"title": "Limit raised to $1,000", "text": "lan.tran@bank.example", "state": "now"}
    rotated: dict[str, object] = {"title": "Secret rotated", "text": "The old one works until tomorrow.", "event": True}
    refused: dict[str, object] = {"title": "Call refused", "text": "Monthly budget reached.", "state": "bad"}
    issued: dict[str, object] = {"title": "Key issued", "text": "minh.ngo@bank.example"}
    ages = (timedelta(seconds=5), timedelta(hours=3), timedelta(days=2), timedelta(days=9))
    return [entry | {"at": now - age} for age, entry in zip(ages, (raised, rotated, refused, issued), strict=True)]

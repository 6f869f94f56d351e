"""Tags of the look: icons, badges, figures, charts, and blocks such as panels and dialogs. Shown at /styleguide/."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from studio import formats, presenters
from studio.audit_words import said
from studio.diagrams import charts, drawings
from studio.icons import icon_svg
from studio.labels import status_label
from studio.tables import stackable

register = template.Library()

MOST_BAR_LABELS = 8
UNITS: dict[str, Callable[[float], str]] = {
    "money": lambda value: formats.money(int(value)),
    "tokens": lambda value: formats.compact(int(value)),
    "count": lambda value: formats.compact(int(value)),
    "duration": formats.duration,
    "percent": formats.percent,
}


@register.simple_tag
def icon(name: str, label: str = "", extra_class: str = "") -> SafeString:
    """`{% icon "key" %}`; give a label only where no word stands beside it."""
    return mark_safe(icon_svg(name, label=label, extra_class=extra_class))  # noqa: S308  # built from our own sprite, arguments escaped


@register.simple_tag
def badge(status: str, label: str = "") -> SafeString:
    """`{% badge key.status %}`: icon, word and colour of a state."""
    look = presenters.look(status)
    return format_html(
        '<span class="badge tone-{}">{}{}</span>', look.tone, icon(look.icon), label or status_label(status)
    )


@register.simple_tag
def money(nano: int | None, exact: bool = False, places: int | None = None) -> str:
    """`{% money record.cost %}` from nano-USD."""
    return "–" if nano is None else formats.money(nano, exact=exact, places=places)


@register.simple_tag
def tokens(count: int | None, compact: bool = False) -> str:
    """`{% tokens 12345 %}` grouped, or `compact=True` for 12.3 k."""
    return "–" if count is None else formats.compact(count) if compact else formats.number(count)


@register.simple_tag
def figure(value: float | None, places: int = 0) -> str:
    """`{% figure 1234.5 1 %}`: any number, grouped."""
    return "–" if value is None else formats.number(value, places)


@register.simple_tag
def percent(share: float | None, places: int = 0) -> str:
    """`{% percent 0.873 %}` from a share of one."""
    return "–" if share is None else formats.percent(share, places)


@register.simple_tag
def duration(milliseconds: float | None) -> str:
    """`{% duration record.latency_ms %}`."""
    return "–" if milliseconds is None else formats.duration(milliseconds)


@register.simple_tag
def when(moment: datetime | None, style: str = "relative") -> SafeString | str:
    """`{% when at %}`: relative with the clock time as title; style "absolute", "exact" (seconds) or "both"."""
    if moment is None:
        return "–"
    zone = timezone.get_current_timezone_name()
    clock = formats.absolute(moment, seconds=style == "exact")
    if style in {"absolute", "exact"}:
        return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), zone, clock)
    words = formats.relative(moment, timezone.now())
    live = format_html(
        '<time datetime="{}" data-live title="{} {}">{}</time>',
        moment.isoformat(),
        formats.absolute(moment, seconds=True),
        zone,
        words,
    )
    return format_html('{} <span class="quiet">{}</span>', live, clock) if style == "both" else live


@register.filter
def audited(action: str) -> str:
    """An action of the audit trail in words."""
    return said(action)


@register.filter
def short_id(value: object) -> str:
    """The first and last four of an id: enough to recognise, the whole one is a click away."""
    text = str(value)
    return text if len(text) <= 12 else f"{text[:4]}…{text[-4:]}"


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The pinned theme of this browser, "light" or "dark"; empty follows the system."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return chosen if chosen in {"light", "dark"} else ""


@register.inclusion_tag("components/meter.html")
def meter(
    spent: int, limit: int, held: int = 0, unit: str = "money", note: str = "", label: str = ""
) -> dict[str, Any]:
    """`{% meter spent=p.committed held=p.held limit=l.amount %}`: a limit as a wire with its stop."""
    text = UNITS[unit]
    return {
        "meter": presenters.meter(spent=spent, held=held, limit=limit),
        "label": label or gettext("Used"),
        "spent": text(spent + held),
        "held": text(held) if held else "",
        "limit": text(limit),
        "over": text(spent + held - limit) if spent + held > limit else "",
        "note": note,
    }


@register.simple_tag
def sparkline(values: Sequence[float | None]) -> SafeString:
    """`{% sparkline values %}`: decorative; put the figure beside it."""
    return mark_safe(charts.sparkline(values))  # noqa: S308  # our own builder escapes


@register.simple_tag
def share_bar(share: float) -> SafeString:
    """`{% share_bar 0.4 %}`: a part of the whole as a thin line, beside its figure."""
    length = f"{max(0.0, min(share, 1.0)) * 100:.1f}%"
    return format_html(
        '<svg class="share-bar" aria-hidden="true"><line class="track" x1="0" x2="100%" y1="3" y2="3"/>'
        '<line class="part" x1="0" x2="{}" y1="3" y2="3"/></svg>',
        length,
    )


@register.inclusion_tag("components/chart.html")
def bar_chart(bars: Iterable[charts.Bar], caption: str, unit: str = "count", key: Sequence[str] = ()) -> dict[str, Any]:
    """`{% bar_chart bars caption=... unit="money" %}` with its figures as a table."""
    shown = tuple(bars)
    top = charts.ceiling(max((bar.value for bar in shown), default=0))
    rows = [(bar.label, [bar.text or UNITS[unit](bar.value)]) for bar in shown]
    each = len(shown) <= MOST_BAR_LABELS
    return _chart(charts.bar_chart(shown), caption, unit, top, rows, each=each) | {"key": key, "columns": [caption]}


@register.inclusion_tag("components/chart.html")
def line_chart(
    series: Iterable[charts.Series], labels: Sequence[str], caption: str, unit: str = "count"
) -> dict[str, Any]:
    """`{% line_chart series labels caption=... unit="duration" %}` with its figures as a table."""
    shown = tuple(series)
    known = [value for one in shown for value in one.values if value is not None]
    top = charts.ceiling(max(known, default=0))
    text = UNITS[unit]
    rows = [
        (label, ["–" if value is None else text(value) for value in values])
        for label, *values in zip(labels, *(one.values for one in shown), strict=True)
    ]
    names = [one.name for one in shown]
    return _chart(charts.line_chart(shown), caption, unit, top, rows) | {
        "key": names if len(names) > 1 else (),
        "columns": names,
    }


def _chart(  # one caller per kind of chart
    svg: str, caption: str, unit: str, top: float, rows: list[tuple[str, list[str]]], *, each: bool = False
) -> dict[str, Any]:
    text = UNITS[unit]
    labels = [label for label, _ in rows]
    return {
        "svg": mark_safe(svg),  # noqa: S308  # our own builder escapes
        "caption": caption,
        "ticks": [text(top), text(top / 2), text(0)],
        "ends": labels if each or len(labels) <= 3 else [labels[0], labels[len(labels) // 2], labels[-1]],
        "each": each,
        "rows": rows,
    }


@register.simple_tag
def drawing(name: str) -> SafeString:
    """`{% drawing "unplugged" %}`: an empty state or error told in wires; decorative."""
    return mark_safe(drawings.drawing(name))  # noqa: S308  # our own builder escapes


@register.simple_block_tag(takes_context=True)
def panel(
    context: Context,
    content: str,
    *,
    title: str = "",
    note: str = "",
    id: str = "",  # noqa: A002  # the attribute's own name
    live: bool = False,
    level: int = 2,
) -> str:
    """`{% panel title=... %} ... {% endpanel %}`: a section hanging from a wire."""
    return _block("panel", context, content=content, title=title, note=note, id=id, live=live, level=level)


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context,
    content: str,
    *,
    id: str,  # noqa: A002  # the attribute's own name
    title: str,
) -> str:
    """`{% dialog id=... title=... %} ... {% enddialog %}`; opened by `data-opens="id"`."""
    return _block("dialog", context, content=content, id=id, title=title)


@register.simple_block_tag(takes_context=True)
def callout(context: Context, content: str, *, kind: str = "calm", title: str = "") -> str:
    """`{% callout kind="warn" title=... %} ... {% endcallout %}`; kinds calm, good, warn, bad."""
    return _block("callout", context, content=content, kind=kind, title=title, icon=presenters.look(kind).icon)


@register.simple_block_tag(takes_context=True)
def table(
    context: Context,
    content: str,
    *,
    caption: str,
    columns: Iterable[presenters.Column] = (),
    page: bool = False,
    bodies: bool = False,
) -> str:
    """`{% table caption=... columns=columns %} <tr>…</tr> {% endtable %}`; `page=True` keeps the head in sight, with
    `bodies=True` the content brings its own `<tbody>` elements.
    """
    shown = tuple(columns)
    labels = ("" if column.hidden_label else str(column.label) for column in shown)
    rows = mark_safe(stackable(content, labels))  # noqa: S308  # rendered by the caller's template, labels escaped
    return _block("table", context, content=rows, caption=caption, columns=shown, page=page, bodies=bodies)


def _block(name: str, context: Context, **values: object) -> SafeString:
    return render_to_string(f"components/{name}.html", values, request=context.get("request"))

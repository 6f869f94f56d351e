"""Usage as rows for a spreadsheet: one for each day and combination, names beside figures, money exact."""

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

from keys.domain.money import usd_from_nano
from routing.selectors.filters import UsageFilter, narrowed, reporting_zone
from routing.selectors.measures import BUCKETS, Totals, measures, sort_in_memory, totals_of
from routing.selectors.names import names_of
from tenants.access import require

NAMED: Final = {"route": "route_id", "deployment": "deployment_id", "unit": "unit_id", "key": "virtual_key_id"}
COUNTS: Final = ("calls", "errors", "refused", "cached", *BUCKETS)
EXPORT_HEADER: Final = ("day", "model", *NAMED, *COUNTS, "cost_usd", "saved_usd")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def usage_export(wanted: UsageFilter) -> list[tuple[Any, ...]]:
    """Rows under EXPORT_HEADER, by day."""
    require("usage.read")
    sort_in_memory()
    columns = ("day", "model_served", *NAMED.values())
    records = narrowed(wanted, reporting_zone()).order_by().values(*columns)
    rows = list(records.annotate(**measures()).order_by(*columns))
    names = {kind: names_of(kind, {row[column] for row in rows}) for kind, column in NAMED.items()}
    return [
        (
            row["day"].isoformat(),
            _text(row["model_served"]),
            *(_text(names[kind].label(row[column])) for kind, column in NAMED.items()),
            *_figures(totals_of(row)),
        )
        for row in rows
    ]


def csv_text(rows: Iterable[tuple[Any, ...]]) -> str:
    """The rows with their header as CSV (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(EXPORT_HEADER)
    writer.writerows(rows)
    return text.getvalue()


def _figures(totals: Totals) -> tuple[Any, ...]:
    money = (f"{usd_from_nano(amount):f}" for amount in (totals.cost, totals.saved))
    return (*(getattr(totals, name) for name in COUNTS), *money)


def _text(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(_FORMULA_STARTS) else name

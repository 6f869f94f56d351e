"""The audit log: who did what, sealed in a chain."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studio import rows
from studio.forms import AuditFilterForm
from studio.paging import page_of
from tenants.access import access_audit_entry
from tenants.models import AuditEntry
from tenants.selectors import AuditFilter, audit_actions, audit_head, audit_list
from tenants.web import ConsoleRequest, tenant_view

EXPORT_ROWS = 50_000
EXPORT_COLUMNS = ("at", "actor_kind", "actor_label", "action", "object_type", "object_id", "object_label", "ip")


@require_safe
@tenant_view("audit.read")
def audit_index(request: ConsoleRequest) -> HttpResponse:
    """Entries, newest first, filtered by the address."""
    form = AuditFilterForm(request.GET or None, actions=audit_actions())
    wanted = _filter(form.cleaned_data, request.tenant.time_zone) if form.is_valid() else AuditFilter()
    page = page_of(request, audit_list(wanted))
    context = {"form": form, "page": page, "columns": rows.audit_columns(), "head": audit_head()}
    return render(request, "studio/audit/list.html", context)


@require_safe
@tenant_view("audit.read")
def audit_show(request: ConsoleRequest, entry_id: UUID) -> HttpResponse:
    """One entry with before, after and its place in the chain."""
    entry = access_audit_entry(entry_id)
    context = {
        "entry": entry,
        "changes": rows.audit_changes(entry.changes),
        "columns": rows.change_columns(),
        "hash": bytes(entry.hash or b"").hex(),
        "previous": bytes(entry.previous or b"").hex(),
    }
    return render(request, "studio/audit/show.html", context)


@require_safe
@tenant_view("audit.read")
def audit_export(request: ConsoleRequest) -> HttpResponse:
    """The filtered entries as CSV, at most EXPORT_ROWS of them."""
    form = AuditFilterForm(request.GET or None, actions=audit_actions())
    wanted = _filter(form.cleaned_data, request.tenant.time_zone) if form.is_valid() else AuditFilter()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{request.tenant.slug}.csv"'
    writer = csv.writer(response)
    writer.writerow(EXPORT_COLUMNS)
    writer.writerows(_rows(audit_list(wanted)[:EXPORT_ROWS].iterator(chunk_size=2000)))
    return response


def _rows(entries: Iterator[AuditEntry]) -> Iterator[list[str]]:
    for entry in entries:
        yield [_safe_cell(str(getattr(entry, column))) for column in EXPORT_COLUMNS]


def _safe_cell(text: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{text}" if text.lstrip()[:1] in {"=", "+", "-", "@"} else text


def _filter(data: dict[str, Any], zone: str) -> AuditFilter:
    return AuditFilter(
        actor=data["actor"],
        action=data["action"],
        since=_midnight(data["since"], zone),
        until=_midnight(data["until"] + timedelta(days=1), zone) if data["until"] else None,
    )


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)) if day else None

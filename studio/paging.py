"""Keyset pages: `?cursor=` names the last id seen, so that deep pages cost what the first one costs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, newest first; empty addresses mean there is no such page."""

    rows: list[Any]
    older_url: str
    newer_url: str


def page_of(request: HttpRequest, queryset: QuerySet[Any], *, size: int = PAGE_SIZE) -> Page:
    """Cut the page that `?cursor=` asks for out of a queryset ordered by `-id`; a broken cursor shows the first."""
    cursor = _cursor(request.GET.get("cursor", ""))
    rows = list((queryset.filter(id__lt=cursor) if cursor else queryset)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    older = _url(request, str(rows[-1].id)) if more else ""
    return Page(rows=rows, older_url=older, newer_url=_url(request, "") if cursor else "")


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _url(request: HttpRequest, cursor: str) -> str:
    query = [(name, value) for name, value in request.GET.items() if name != "cursor" and value]
    return f"?{urlencode([*query, ('cursor', cursor)] if cursor else query)}"

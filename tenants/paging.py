"""Cursor pages. A cursor is signed, names the last row seen, and works for one tenant, one address and one filter only.

Rows go by id, newest first: ids are time-ordered, random in the tail and never change, so no row is shown twice.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from tenants.errors import Invalid

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
_SIGNER_SALT = "tenants.paging.cursor"


class PageQuery(serializers.Serializer[Any]):
    """Parameters of every list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE, help_text="How many rows to return."
    )
    cursor = serializers.CharField(
        required=False, max_length=400, help_text="`next_cursor` of the page before; only with the same filter."
    )


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page; `next_cursor` is None on the last one."""

    rows: list[Any]
    next_cursor: str | None


def binding_of(owner: UUID | str, path: str, filters: Mapping[str, Any]) -> str:
    """What a cursor is tied to: whose list it is, which list, which filter."""
    text = json.dumps([str(owner), path, sorted((name, str(value)) for name, value in filters.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def page_of(queryset: QuerySet[Any], *, limit: int, cursor: str | None, binding: str) -> Page:
    """Return the rows after `cursor`; Invalid names `cursor` when it belongs to another list."""
    rows = queryset.order_by("-id")
    if cursor:
        rows = rows.filter(id__lt=_last_seen(cursor, binding))
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return Page(found[:limit], _cursor(binding, found[limit - 1].pk) if more else None)


def _cursor(binding: str, last: UUID) -> str:
    return signing.dumps([binding, str(last)], salt=_SIGNER_SALT)


def _last_seen(cursor: str, binding: str) -> UUID:
    try:
        bound_to, last = signing.loads(cursor, salt=_SIGNER_SALT)
    except signing.BadSignature as error:
        raise Invalid(errors={"cursor": [_("This is not a cursor of ours. Send next_cursor unchanged.")]}) from error
    if bound_to != binding:
        raise Invalid(errors={"cursor": [_("This cursor belongs to another list or filter. Start without it.")]})
    return UUID(last)

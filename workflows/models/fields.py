"""Columns that several tables have."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db import models

from tenants.models import Tenant


def unchecked_tenant() -> "models.ForeignKey[Any, Any]":
    """The tenant column of a table that only SQL functions write."""
    return models.ForeignKey(
        Tenant, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False, db_constraint=False
    )


def choices_of(words: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Choices of a status column."""
    return [(word.value, word.value) for word in words]

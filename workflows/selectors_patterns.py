"""Reads of pattern configurations."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from tenants.access import require
from workflows.domain.configurations import ConfigurationStatus
from workflows.models import PatternConfiguration, PatternParticipant


def configuration_list(*, pattern: str = "", status: str = "", archived: bool = False) -> QuerySet[Any]:
    """Configurations with their unit, route, connector and definitions, newest first."""
    require("pattern.read")
    participants = PatternParticipant.objects.select_related("definition").order_by("position")
    rows: QuerySet[Any] = PatternConfiguration.objects.select_related("unit", "route", "connector")
    rows = rows.prefetch_related(Prefetch("participants", queryset=participants)).order_by("-id")
    if status:
        rows = rows.filter(status=status)
    elif not archived:
        rows = rows.exclude(status=ConfigurationStatus.ARCHIVED)
    return rows.filter(pattern=pattern) if pattern else rows

"""Reads of pattern configurations."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, TextField
from django.db.models.functions import Cast

from tenants.access import require
from workflows.domain.configurations import ConfigurationStatus, PatternSlug
from workflows.domain.plan import Plan
from workflows.models import Definition, DefinitionVersion, PatternConfiguration, PatternParticipant, Subscription
from workflows.plans import plan_of
from workflows.selectors import definition_list

MOST_CANDIDATES: Final = 200
UNDOING: Final = '"compensate": [{'  # as jsonb writes a plan with a compensation


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


def definition_candidates(pattern: str) -> list[Definition]:
    """Active definitions that may be a part of this pattern, the newest two hundred."""
    require("definition.read")
    rows: QuerySet[Any] = definition_list().order_by("-id")
    if pattern == PatternSlug.CHOREOGRAPHY:
        heard = Subscription.objects.filter(definition_id=OuterRef("pk"))
        rows = rows.filter(Exists(heard))
    if pattern == PatternSlug.SAGA:
        current = DefinitionVersion.objects.filter(definition=OuterRef("pk"), number=OuterRef("current_number"))
        undoing = current.annotate(text=Cast("plan", TextField())).filter(text__contains=UNDOING)
        rows = rows.filter(Exists(undoing))
    return list(rows[:MOST_CANDIDATES])


def plans_of(definitions: Iterable[Definition]) -> list[Plan]:
    """The plans that new runs of these definitions are pinned to, in their order."""
    wanted = list(definitions)
    current = DefinitionVersion.objects.filter(
        definition__in=[one.pk for one in wanted], number=F("definition__current_number")
    )
    ids = dict(current.values_list("definition_id", "pk"))
    return [plan_of(one.tenant_id, ids[one.pk]).plan for one in wanted]

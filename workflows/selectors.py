"""Reads for pages and API. Each checks its permission and stays inside the open tenant transaction."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from tenants.access import require
from workflows.models import Definition, DefinitionVersion, Delivery, Event, Run, RunEvent
from workflows.statuses import DefinitionStatus


def definition_list(*, archived: bool = False, namespace: str = "") -> QuerySet[Any]:
    """Definitions with `version` and `title` of the current version, newest first."""
    require("definition.read")
    current = DefinitionVersion.objects.filter(definition=OuterRef("pk"), number=OuterRef("current_number"))
    rows: QuerySet[Any] = Definition.objects.annotate(
        version=Subquery(current.values("version")[:1]), title=Subquery(current.values("title")[:1])
    ).order_by("-id")
    rows = rows if archived else rows.filter(status=DefinitionStatus.ACTIVE)
    return rows.filter(namespace=namespace) if namespace else rows


def version_list(definition: Definition) -> QuerySet[DefinitionVersion]:
    """Versions of a definition, newest first, without source, document and plan."""
    require("definition.read")
    rows: QuerySet[DefinitionVersion] = DefinitionVersion.objects.filter(definition=definition)
    return rows.defer("source", "document", "plan").order_by("-id")


def current_version(definition: Definition) -> DefinitionVersion:
    """The version that new runs are pinned to."""
    require("definition.read")
    found: DefinitionVersion = DefinitionVersion.objects.get(definition=definition, number=definition.current_number)
    return found


def run_list(
    *,
    definition_id: UUID | None = None,
    status: str = "",
    event_id: UUID | None = None,
    ended_within: timedelta | None = None,
) -> QuerySet[Run]:
    """Runs with definition and version, newest first; `ended_within` leaves out those that go on or ended before."""
    require("run.read")
    conditions: dict[str, Any] = {"definition_id": definition_id, "status": status, "event_id": event_id}
    rows: QuerySet[Run] = Run.objects.select_related("definition", "version").order_by("-id")
    rows = rows.defer("state", "version__source", "version__document", "version__plan")
    if ended_within is not None:
        rows = rows.filter(finished_at__gte=timezone.now() - ended_within)
    return rows.filter(**{name: value for name, value in conditions.items() if value})


def run_history(run: Run, *, after: int = 0) -> QuerySet[RunEvent]:
    """History of a run from the line behind `after`, in order. Its numbers have no gaps, so a reader misses nothing."""
    require("run.read")
    rows: QuerySet[RunEvent] = RunEvent.objects.filter(run_id=run.pk, number__gt=after).order_by("number")
    return rows


def event_list(*, type: str = "", source: str = "", run_id: UUID | None = None) -> QuerySet[Event]:  # noqa: A002
    """Events, newest first; `run_id` gives those that a run emitted."""
    require("event.read")
    conditions: dict[str, Any] = {"type": type, "source": source, "run_id": run_id}
    rows: QuerySet[Event] = Event.objects.order_by("-id")
    return rows.filter(**{name: value for name, value in conditions.items() if value})


def delivery_list(
    *, status: str = "", event_id: UUID | None = None, run_id: UUID | None = None, definition_id: UUID | None = None
) -> QuerySet[Delivery]:
    """Deliveries, newest first."""
    require("event.read")
    conditions: dict[str, Any] = {
        "status": status,
        "event_id": event_id,
        "run_id": run_id,
        "definition_id": definition_id,
    }
    rows: QuerySet[Delivery] = Delivery.objects.order_by("-id")
    return rows.filter(**{name: value for name, value in conditions.items() if value})

"""Reads for pages and API. Each checks its permission and stays inside the open tenant transaction."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.utils import timezone

from tenants.access import require
from workflows.approvals.domain import Status as ApprovalStatus
from workflows.models import Approval, Definition, DefinitionVersion, Delivery, Event, Run, RunEvent
from workflows.statuses import DefinitionStatus, RunStatus

PASSED = ("input", "output", "arguments", "detail", "filter", "key")
MOST_STEP_LINES = 500


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


def version_recent() -> QuerySet[DefinitionVersion]:
    """Versions of all definitions, newest first, without source, document and plan."""
    require("definition.read")
    rows: QuerySet[DefinitionVersion] = DefinitionVersion.objects.select_related("definition")
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


def runs_that_work() -> QuerySet[Run]:
    """Runs that completed, and those that wait for a person as their definition says; newest first."""
    asked = Approval.objects.filter(run_id=OuterRef("pk"), status=ApprovalStatus.OPEN)
    waits = Q(status=RunStatus.WAITING) & Exists(asked)
    return run_list().filter(Q(status=RunStatus.COMPLETED) | waits)


def run_history(run: Run, *, after: int = 0) -> QuerySet[RunEvent]:
    """History of a run from the line behind `after`, in order. Its numbers have no gaps, so a reader misses nothing."""
    require("run.read")
    rows: QuerySet[RunEvent] = RunEvent.objects.filter(run_id=run.pk, number__gt=after).order_by("number")
    return rows


def run_outline(run_id: UUID, *, after: int = 0) -> QuerySet[RunEvent]:
    """History of a run as `run_history` gives it, without what was passed into and out of its tasks."""
    require("run.read")
    rows: QuerySet[RunEvent] = RunEvent.objects.filter(run_id=run_id, number__gt=after).order_by("number")
    return rows.defer("data").annotate(outline=_without("data", *PASSED))


def run_progress(run_id: UUID) -> Run:
    """A run with what a page follows, and the version it is pinned to."""
    require("run.read")
    heavy = ("state", "input", "output", "version__source", "version__document", "version__plan")
    found: Run = Run.objects.select_related("version", "definition").defer(*heavy).get(pk=run_id)
    return found


def step_history(run: Run, number: int) -> list[RunEvent]:
    """Everything about the effect that line `number` tells of: its attempts, and when one around it tried again."""
    require("run.read")
    lines = RunEvent.objects.filter(run_id=run.pk)
    first = lines.filter(number=number, type__startswith="task.").first()
    if first is None:
        return []
    same = {"iteration": first.iteration, "generation": first.generation}
    parts = first.pointer.split("/")
    around = ["/".join(parts[:length]) for length in range(2, len(parts))]
    retried = Q(type="task.retried", pointer__in=around)
    rows = lines.filter(Q(pointer=first.pointer, **same) | retried).order_by("number")
    return list(rows[:MOST_STEP_LINES])


def _without(column: str, *names: str) -> Func:
    """A JSON object without some of its fields."""
    dropped = Value(list(names), output_field=ArrayField(TextField()))
    return Func(F(column), dropped, template="(%(expressions)s)", arg_joiner=" - ", output_field=JSONField())


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

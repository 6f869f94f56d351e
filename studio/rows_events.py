"""Rows of the pages of events and deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from studio.presenters import Column
from workflows.models import Delivery, Event


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event."""

    id: UUID
    type: str
    source: str
    external_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One event for one listener; `run_id` is the run that it woke or started."""

    id: UUID
    event_id: UUID
    event: str
    definition_id: UUID | None
    definition: str
    run_id: UUID | None
    status: str
    attempts: int
    error: str
    created_at: datetime


def event_line(event: Event) -> EventLine:
    """Row of the event list."""
    return EventLine(event.id, event.type, event.source, event.external_id, event.received_at)


def delivery_lines(
    deliveries: Iterable[Delivery], *, types: dict[UUID, str], definitions: dict[UUID, str]
) -> list[DeliveryLine]:
    """Rows of deliveries; names come along by id."""
    return [
        DeliveryLine(
            id=one.id,
            event_id=one.event_id,
            event=types.get(one.event_id, "–"),
            definition_id=one.definition_id,
            definition=definitions.get(one.definition_id, "–") if one.definition_id else "",
            run_id=one.started_run_id or one.run_id,
            status=one.status,
            attempts=one.attempts,
            error=one.last_error,
            created_at=one.created_at,
        )
        for one in deliveries
    ]


def event_columns() -> list[Column]:
    """Columns of the event list."""
    return [
        Column(_("Received")),
        Column(_("Type")),
        Column(_("Source")),
        Column(_("Its own id"), wide_only=True),
    ]


def delivery_columns() -> list[Column]:
    """Columns of deliveries."""
    return [
        Column(_("When")),
        Column(_("Event")),
        Column(_("For")),
        Column(_("State")),
        Column(_("Attempts"), numeric=True),
    ]

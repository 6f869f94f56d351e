"""Publishing events: stored first, and with them one delivery for each subscription, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenants.access import require
from tenants.errors import Invalid
from tenants.failpoints import failpoint
from tenants.queue import enqueue_on_commit
from tenants.scope import tenant_tx
from workflows import store
from workflows.access import access_event
from workflows.changes import filter_parts
from workflows.domain.plan import EventFilter, Plan
from workflows.events.cloudevents import CloudEvent, EventFault, parse_binary, parse_structured
from workflows.models import Definition, Event, Subscription


def event_read(*, headers: dict[str, str], body: bytes) -> CloudEvent:
    """An event in binary form; Invalid names each fault."""
    try:
        return parse_binary(headers, body)
    except EventFault as fault:
        raise Invalid(errors={name: [_(text)] for name, text in fault.faults.items()}) from fault


def event_from(data: dict[str, Any]) -> CloudEvent:
    """An event in structured form; Invalid names each fault."""
    try:
        return parse_structured(data)
    except EventFault as fault:
        raise Invalid(errors={name: [_(text)] for name, text in fault.faults.items()}) from fault


def event_publish(event: CloudEvent) -> tuple[Event, bool]:
    """Store one event with its deliveries; the same source and id again changes nothing (False)."""
    return events_publish([event])[0]


def events_publish(events: Sequence[CloudEvent]) -> list[tuple[Event, bool]]:
    """Store events with their deliveries, all or none."""
    with tenant_tx() as scope:
        require("event.publish")
        found = store.publish(scope.tenant_id, [event.stored() for event in events])
        deliveries = [delivery for one in found for delivery in one["deliveries"]]
        if deliveries:
            enqueue_on_commit("workflows.deliver", delivery_ids=deliveries)
        failpoint("workflows.publish.before_commit")
        return [(access_event(UUID(one["id"])), one["new"]) for one in found]


def subscribe_definition(definition: Definition, plan: Plan) -> None:
    """Let the events of `schedule.on` start this definition, instead of those of the version before."""
    Subscription.objects.filter(definition_id=definition.pk).delete()
    for wanted in plan.schedule_on:
        Subscription.objects.create(definition_id=definition.pk, **_columns(wanted))


def unsubscribe_definition(definition: Definition) -> None:
    """No event starts this definition any more."""
    Subscription.objects.filter(definition_id=definition.pk).delete()


def _columns(wanted: EventFilter) -> dict[str, Any]:
    attributes, conditions = filter_parts(wanted.with_)
    correlations = {
        name: {"from": one.from_} | ({"expect": one.expect} if one.expect is not None else {})
        for name, one in wanted.correlate.items()
    }
    return {
        "attributes": attributes,
        "conditions": {"with": conditions} if conditions else {},
        "correlations": correlations,
    }

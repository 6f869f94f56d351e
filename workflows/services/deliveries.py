"""Deliveries: one event for one subscription, tried until it succeeds or is dead; dead ones can be sent again.

Conditions are evaluated between two short transactions; the second one settles the delivery and does its work together,
so that a delivery that is tried twice happens once.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.access import require
from tenants.errors import Conflict
from tenants.failpoints import failpoint
from tenants.queue import enqueue_on_commit
from tenants.scope import current_scope, system_scope, tenant_tx
from workflows import ports, store
from workflows.access import access_delivery
from workflows.changes import cloud_event
from workflows.domain import signals
from workflows.domain.expressions import EvaluatorUnavailable, ExpressionError
from workflows.events.matching import meets
from workflows.models import Definition, DefinitionVersion, Delivery, Event, Subscription
from workflows.services.runs import run_of
from workflows.statuses import DefinitionStatus, DeliveryStatus

logger = logging.getLogger(__name__)
MOST_ATTEMPTS: Final = 8
FIRST_DELAY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Job:
    event: dict[str, Any]
    conditions: dict[str, Any]
    correlations: dict[str, Any]


def deliver(delivery_id: UUID) -> None:
    """Make one delivery that is due; whoever comes second finds it settled."""
    tenant_id = current_scope().tenant_id
    scope = system_scope(tenant_id, "event delivery")
    with tenant_tx(scope):
        job = _job(delivery_id)
    if job is None:
        return
    try:
        fits = meets(job.event, conditions=job.conditions, correlations=job.correlations, evaluator=ports.evaluator())
        failpoint("workflows.deliver.before")
        with tenant_tx(scope):
            _settle(delivery_id, job, fits=fits)
            failpoint("workflows.deliver.before_commit")
    except (OperationalError, InterfaceError, EvaluatorUnavailable):
        raise  # nothing is wrong with the delivery: it stays due
    except ExpressionError as error:
        with tenant_tx(scope):
            _put_off(delivery_id, str(error), for_good=True)
    except Exception as error:  # whatever is wrong with this one must not keep others from their events
        logger.warning("delivery %s failed: %s", delivery_id, error)
        with tenant_tx(scope):
            _put_off(delivery_id, f"{type(error).__name__}: {error}")


def deliver_due(batch: int = 100) -> int:
    """Make the deliveries of the present tenant that are due; return how many."""
    with tenant_tx(system_scope(current_scope().tenant_id, "event delivery")):
        due = Delivery.objects.filter(status=DeliveryStatus.PENDING, due_at__lte=timezone.now()).order_by("due_at")
        ids = list(due.values_list("pk", flat=True)[:batch])
    for one in ids:
        deliver(one)
    return len(ids)


def delivery_redrive(delivery_id: UUID | str) -> Delivery:
    """Try a dead delivery again from the start."""
    with tenant_tx():
        require("event.redrive")
        delivery = access_delivery(delivery_id, lock=True)
        if delivery.status != DeliveryStatus.DEAD:
            raise Conflict(_("Only a dead delivery can be sent again."))
        delivery.status, delivery.attempts, delivery.due_at = DeliveryStatus.PENDING, 0, timezone.now()
        delivery.settled_at = None
        delivery.save(update_fields=["status", "attempts", "due_at", "settled_at"])
        enqueue_on_commit("workflows.deliver", delivery_ids=[str(delivery.pk)])
        audit.record("event.redrive", delivery, {"event": str(delivery.event_id), "last_error": delivery.last_error})
    return delivery


def _job(delivery_id: UUID) -> _Job | None:
    """What to look at; None when there is nothing to do (any more)."""
    delivery = Delivery.objects.filter(pk=delivery_id, status=DeliveryStatus.PENDING).first()
    if delivery is None or delivery.due_at > timezone.now():
        return None
    event = Event.objects.get(pk=delivery.event_id)
    subscription = Subscription.objects.filter(pk=delivery.subscription_id).first()
    if subscription is None:
        if not _is_redriven(delivery):
            _close(delivery, DeliveryStatus.IGNORED)
            return None
        return _Job(_whole(event), {}, {})
    return _Job(_whole(event), subscription.conditions, subscription.correlations)


def _is_redriven(delivery: Delivery) -> bool:
    """A person sent it again: that the definition has another version with other subscriptions does not matter."""
    return bool(delivery.last_error) and delivery.definition_id is not None


def _whole(event: Event) -> dict[str, Any]:
    return cloud_event(event.attributes, event.data, event.data_base64)


def _settle(delivery_id: UUID, job: _Job, *, fits: bool) -> None:
    """Do the work of a delivery and close it, under its row lock."""
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, status=DeliveryStatus.PENDING).first()
    if delivery is None:
        return
    if not fits:
        _close(delivery, DeliveryStatus.IGNORED)
    elif delivery.run_id is not None:
        _wake(delivery, job.event)
    else:
        _start(delivery, job.event)


def _wake(delivery: Delivery, event: dict[str, Any]) -> None:
    """Give the event to the run that listens. A listener takes one event; the others stay for the next listener."""
    taken, _rows = Subscription.objects.filter(pk=delivery.subscription_id).delete()
    signal = signals.EventArrived(listener=delivery.listener, event=event)
    assert delivery.run_id is not None
    if not taken or not store.signal(delivery.tenant_id, delivery.run_id, signals.to_json(signal)):
        _close(delivery, DeliveryStatus.IGNORED)
        return
    enqueue_on_commit("workflows.run_drive", run_id=str(delivery.run_id))
    _close(delivery, DeliveryStatus.DELIVERED)


def _start(delivery: Delivery, event: dict[str, Any]) -> None:
    """Start the definition; its input is the list of the events that started it."""
    definition = Definition.objects.filter(pk=delivery.definition_id, status=DefinitionStatus.ACTIVE).first()
    if definition is None:
        _close(delivery, DeliveryStatus.IGNORED)
        return
    version = DefinitionVersion.objects.get(definition=definition, number=definition.current_number)
    delivery.started_run_id = run_of(version, [event], event_id=delivery.event_id).pk
    _close(delivery, DeliveryStatus.DELIVERED)


def _close(delivery: Delivery, status: DeliveryStatus) -> None:
    delivery.status, delivery.settled_at = status, timezone.now()
    delivery.save(update_fields=["status", "settled_at", "started_run_id"])


def _put_off(delivery_id: UUID, error: str, *, for_good: bool = False) -> None:
    """Try again later, or never again after the last attempt or when trying cannot help."""
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, status=DeliveryStatus.PENDING).first()
    if delivery is None:
        return
    delivery.attempts += 1
    delivery.last_error = error[:500]
    delivery.due_at = timezone.now() + timedelta(seconds=FIRST_DELAY_SECONDS * 2 ** (delivery.attempts - 1))
    if for_good or delivery.attempts >= MOST_ATTEMPTS:
        delivery.status, delivery.settled_at = DeliveryStatus.DEAD, timezone.now()
    delivery.save(update_fields=["attempts", "last_error", "due_at", "status", "settled_at"])

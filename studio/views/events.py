"""Events, what became of each for each listener, and the dead letters that wait for a redrive."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio import rows_events as rows
from studio.forms_workflows import DeliveryFilterForm, EventFilterForm
from studio.narrowing import Chip, query_without
from studio.paging import page_of
from studio.rows_connectors import pretty
from tenants.access import may
from tenants.errors import Conflict
from tenants.web import ConsoleRequest, tenant_view
from workflows.access import access_delivery, access_event
from workflows.models import Delivery
from workflows.selectors import definition_list, delivery_list, event_list
from workflows.services import delivery_redrive as redrive
from workflows.statuses import DeliveryStatus

DELIVERIES_SHOWN = 100


@require_safe
@tenant_view("event.read")
def event_index(request: ConsoleRequest) -> HttpResponse:
    """Events, newest first."""
    form = EventFilterForm(request.GET or None)
    data: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, event_list(**data))
    run_id = data.get("run_id")
    chips = [Chip(_("Run"), str(run_id), "", query_without(request, "run_id"))] if run_id else []
    context = {
        "form": form,
        "events": [rows.event_line(one) for one in page.rows],
        "page": page,
        "columns": rows.event_columns(),
        "chips": chips,
        "filtered": any(data.values()),
    }
    return render(request, "studio/events/list.html", context)


@require_safe
@tenant_view("event.read")
def event_show(request: ConsoleRequest, event_id: UUID) -> HttpResponse:
    """One event with its data and its deliveries."""
    event = access_event(event_id)
    context = {
        "event": event,
        "attributes": sorted(event.attributes.items()),
        "data": pretty(event.data),
        "deliveries": _lines(list(delivery_list(event_id=event.id)[:DELIVERIES_SHOWN])),
        "columns": rows.delivery_columns(),
    }
    return render(request, "studio/events/show.html", context)


@require_safe
@tenant_view("event.read")
def delivery_index(request: ConsoleRequest) -> HttpResponse:
    """Dead letters; deliveries in another state when the address asks for them."""
    form = DeliveryFilterForm(
        request.GET if "status" in request.GET else None,
        statuses=[DeliveryStatus.DEAD, DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.IGNORED],
        initial={"status": DeliveryStatus.DEAD.value},
    )
    status = form.cleaned_data["status"] if form.is_valid() else ""
    page = page_of(request, delivery_list(status=status or DeliveryStatus.DEAD))
    context = {
        "form": form,
        "deliveries": _lines(page.rows),
        "page": page,
        "columns": rows.delivery_columns(),
        "filtered": bool(status),
    }
    return render(request, "studio/deliveries/list.html", context)


@require_safe
@tenant_view("event.read")
def delivery_show(request: ConsoleRequest, delivery_id: UUID) -> HttpResponse:
    """One delivery: for whom, how often it was tried, why it failed."""
    delivery = access_delivery(delivery_id)
    [line] = _lines([delivery])
    context = {
        "delivery": delivery,
        "line": line,
        "event": event_list().filter(id=delivery.event_id).first(),
        "may_redrive": may("event.redrive") and delivery.status == DeliveryStatus.DEAD,
    }
    return render(request, "studio/deliveries/show.html", context)


@require_POST
@tenant_view("event.redrive")
def delivery_redrive(request: ConsoleRequest, delivery_id: UUID) -> HttpResponse:
    """Try a dead delivery again."""
    try:
        redrive(delivery_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It is tried again now."))
    return redirect("delivery-show", request.tenant.slug, delivery_id)


def _lines(deliveries: list[Delivery]) -> list[rows.DeliveryLine]:
    """Rows with the names of their events and definitions, in two queries."""
    events = event_list().filter(id__in={one.event_id for one in deliveries})
    wanted = {one.definition_id for one in deliveries if one.definition_id}
    definitions = definition_list(archived=True).filter(id__in=wanted) if may("definition.read") else ()
    return rows.delivery_lines(
        deliveries,
        types={one.id: one.type for one in events},
        definitions={one.id: str(one) for one in definitions},
    )

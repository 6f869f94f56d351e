"""Trying a route: a real call through the gateway, as any application makes it."""

from decimal import Decimal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from routing.access import access_route
from routing.try_it import TryRequest, try_route
from studio.forms_keys import to_nano
from studio.forms_try import TryForm
from studio.units import unit_choices
from tenants.errors import Conflict, Invalid
from tenants.scope import tenant_tx
from tenants.web import ConsoleRequest, tenant_view


@require_POST
@tenant_view("route.try", tx=False)
def route_try(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    """Call the route and show the answer beside the form; without script, on a page of its own."""
    with tenant_tx():
        route = access_route(route_id)
        form = TryForm(request.POST, units=unit_choices())
    result = None
    if form.is_valid():
        data = form.cleaned_data
        wanted = TryRequest(
            route_id=route.id,
            unit_id=UUID(data["unit"]),
            prompt=data["prompt"],
            max_output_tokens=data["max_output_tokens"],
        )
        try:
            result = try_route(wanted)
        except (Invalid, Conflict) as error:
            form.take(error)
    template = "studio/routes/_try.html" if request.headers.get("HX-Request") else "studio/routes/try.html"
    cost = to_nano(Decimal(result.cost_usd)) if result and result.cost_usd else None
    return render(request, template, {"route": route, "try_form": form, "result": result, "cost": cost})

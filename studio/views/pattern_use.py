"""Using a live configuration: one request, one call, one run or one event, each as real as any other."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from routing.try_it import TryRequest, try_route
from studio.forms_keys import to_nano
from studio.htmx import is_partial
from studio.pattern_use import NEEDED, use_form
from studio.views.connectors import called
from tenants.access import require
from tenants.errors import Conflict, Invalid
from tenants.scope import tenant_tx
from tenants.web import ConsoleRequest, tenant_view
from workflows.access import access_configuration
from workflows.domain.configurations import ConfigurationStatus, PatternSlug
from workflows.models import PatternConfiguration
from workflows.selectors_patterns import configuration_list
from workflows.services import event_publish, run_start
from workflows.services.events import event_from

SOURCE = "/pattern-configurations"


@require_POST
@tenant_view("pattern.read", tx=False)
def pattern_use(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """Use it. Runs and events lead to their pages; a request and a call are answered here."""
    with tenant_tx():
        access_configuration(configuration_id)
        row = configuration_list(archived=True).get(pk=configuration_id)
        pattern = PatternSlug(row.pattern)
        require(NEEDED[pattern])
        _refuse_resting(row)
        context: dict[str, Any] = {
            "configuration": row,
            "use": pattern.replace("-", "_"),
            **use_form(row, request.POST),
        }
    form = context["use_form"]
    if form is not None and form.is_valid():
        try:
            found = _used(row, pattern, form.cleaned_data, context)
        except (Invalid, Conflict) as error:
            form.take(error)
        else:
            if isinstance(found, tuple):
                return _led(request, *found)
            context |= found
    return render(request, "studio/patterns/_use.html" if is_partial(request) else "studio/patterns/use.html", context)


def _refuse_resting(row: PatternConfiguration) -> None:
    if row.status != ConfigurationStatus.LIVE:
        raise Conflict(_("This configuration is not live. Start it first."))


def _used(
    row: PatternConfiguration, pattern: PatternSlug, data: dict[str, Any], context: dict[str, Any]
) -> dict[str, Any] | tuple[str, UUID]:
    """What there is to show, or the page that shows it."""
    match pattern:
        case PatternSlug.MODEL_ROUTER:
            return _asked(row, data["prompt"])
        case PatternSlug.ADAPTER:
            return called(row.connector, context["operation"], context["use_form"])
        case PatternSlug.CHOREOGRAPHY:
            return "event-show", _published(row, data)
    return "run-show", run_start(definition=str(context["definition"]), input=data["input"]).id


def _asked(row: PatternConfiguration, prompt: str) -> dict[str, Any]:
    assert row.route_id is not None
    result = try_route(TryRequest(route_id=row.route_id, unit_id=row.unit_id, prompt=prompt))
    cost = to_nano(Decimal(result.cost_usd)) if result.cost_usd else None
    return {"result": result, "cost": cost}


def _published(row: PatternConfiguration, data: dict[str, Any]) -> UUID:
    source = f"{SOURCE}/{row.id}"
    given = {"specversion": "1.0", "id": str(uuid4()), "source": source, "type": data["type"], "data": data["content"]}
    event, _new = event_publish(event_from(given))
    return UUID(str(event.id))


def _led(request: ConsoleRequest, view: str, object_id: UUID) -> HttpResponse:
    return redirect(view, request.tenant.slug, object_id)

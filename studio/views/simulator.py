"""The simulator of a route: for members on their own routes, for anybody on a made-up one, by the same decision."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from routing.catalog.demo_route import demo_stage
from routing.domain.simulation import Stage
from routing.selectors.routes import route_list
from routing.simulator import play, route_stage
from studio import rows_simulator as rows
from studio.forms_simulator import SimulatorForm
from studio.htmx import is_partial
from tenants.errors import Invalid, NotFound
from tenants.throttle import OVERALL, Rate, neighbourhood, seconds_to_wait
from tenants.web import ConsoleRequest, tenant_view

RESULT = "simulation"  # the id of the element that is redrawn
PER_ADDRESS = Rate("simulate", 120)
FROM_ALL = Rate("simulate", 1_200)
Context = dict[str, Any]


@require_safe
@tenant_view("route.read")
def studio_simulate(request: ConsoleRequest) -> HttpResponse:
    """One of the tenant's routes, chosen by `?route=`."""
    return _answer(request, simulator_context(request))


@require_safe
def public_simulate(request: HttpRequest) -> HttpResponse:
    """The made-up route. No database, a bounded input, and a limit on how often."""
    context = simulator_context(request)
    if not context["wait_seconds"]:
        return _answer(request, context)
    template = "studio/simulator/_result.html" if is_partial(request, RESULT) else "errors/429.html"
    response = render(request, template, {"simulator": context, "wait_seconds": context["wait_seconds"]}, status=429)
    response["Retry-After"] = str(context["wait_seconds"])
    return response


def simulator_context(request: HttpRequest, *, action: str = "", keep: Mapping[str, str] | None = None) -> Context:
    """The variable `simulator` for `studio/simulator/_panel.html`, on any page.

    Inside a tenant it plays a route of that tenant (`?route=`, else the first one), elsewhere the made-up one, within
    the public limit. The form is sent to `action`, by default the page itself; `keep` holds what else of the page's
    address must survive. Call it inside the unit of work of the page.
    """
    context: Context = {"action": action or request.path, "keep": dict(keep or {}), "route": None, "routes": []}
    context |= {
        "form": None,
        "result": None,
        "wait_seconds": 0,
        "demo": True,
        "reset_url": _reset_url(request, context),
    }
    if getattr(request, "tenant_scope", None) is None:
        context["wait_seconds"] = _seconds_to_wait(request)
        return context if context["wait_seconds"] else context | _played(request, demo_stage(), demo=True)
    routes = list(route_list())
    context |= {"demo": False, "routes": routes}
    route = _chosen(request.GET.get("route", ""), routes)
    if route is None:
        return context
    stage = route_stage(route.pk, now=now())
    return context | {"route": route} | _played(request, stage, demo=False)


def simulator_part(request: HttpRequest, panel: str, *, keep: Mapping[str, str]) -> HttpResponse | None:
    """What htmx asks a page for that holds the simulator in its element `panel`: all of it, or its result."""
    template = "_panel" if is_partial(request, panel) else "_result" if is_partial(request, RESULT) else ""
    if not template:
        return None
    context = simulator_context(request, keep=keep)
    faulty = context["form"] is not None and context["form"].errors
    status = 429 if context["wait_seconds"] else 400 if faulty else 200
    response = render(request, f"studio/simulator/{template}.html", {"simulator": context}, status=status)
    if context["wait_seconds"]:
        response["Retry-After"] = str(context["wait_seconds"])
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def _reset_url(request: HttpRequest, context: Context) -> str:
    """The same page without what was chosen here."""
    kept = {"route": request.GET["route"]} if "route" in request.GET else {}
    query = urlencode(context["keep"] | kept)
    return f"{context['action']}?{query}" if query else str(context["action"])


def _answer(request: HttpRequest, context: Context) -> HttpResponse:
    template = "_result" if is_partial(request, RESULT) else "public" if context["demo"] else "show"
    form = context["form"]
    status = 400 if form is not None and form.errors else 200
    response = render(request, f"studio/simulator/{template}.html", {"simulator": context}, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def _seconds_to_wait(request: HttpRequest) -> int:
    """How long this caller has to wait; one that is over its own limit does not use up everybody's."""
    who = neighbourhood(request.META.get("REMOTE_ADDR") or "")
    return seconds_to_wait(PER_ADDRESS, who) or seconds_to_wait(FROM_ALL, OVERALL)


def _chosen(wanted: str, routes: list[Any]) -> Any:
    """The route that the address names, else the first one."""
    if not wanted:
        return routes[0] if routes else None
    try:
        id_ = UUID(wanted)
    except ValueError as error:
        raise NotFound() from error
    found = [route for route in routes if route.pk == id_]
    if not found:
        raise NotFound()
    return found[0]


def _played(request: HttpRequest, stage: Stage, *, demo: bool) -> Context:
    form = SimulatorForm(request.GET, stage=stage)
    result = None
    if form.is_valid():
        try:
            result = rows.result(play(form.request(), stage), demo=demo)
        except Invalid as error:
            form.take(error)
    return {"form": form, "result": result}

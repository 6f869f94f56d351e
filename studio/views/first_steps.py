"""The first steps: from an empty tenant to a governed model call and a run. Each can be skipped and taken later."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from routing.selectors.routes import route_list
from routing.services.first_route import FirstRoute, first_route_create
from routing.try_it import TryRequest, TryResult, try_route
from studio import first_steps as steps
from studio.forms import ConsoleForm
from studio.forms_first_steps import (
    ROUTE,
    CallForm,
    CompanyForm,
    FirstKeyForm,
    ModelForm,
    SandboxForm,
    WorkflowForm,
)
from studio.forms_keys import to_nano
from studio.forms_workflows import StartForm
from studio.rows_connectors import pretty, sample_input
from studio.rows_definitions import plan_of
from studio.submit import posted, submitted
from studio.units import unit_choices
from studio.views.keys import issue_key, usage_snippet
from tenants.access import may, require
from tenants.domain import UnitKind
from tenants.errors import Conflict, Invalid
from tenants.scope import tenant_tx
from tenants.selectors import unit_list
from tenants.services import tenant_change, unit_create
from tenants.web import ConsoleRequest, tenant_view
from workflows.models import Definition
from workflows.patterns import patterns
from workflows.selectors import current_version, definition_list
from workflows.services import run_start
from workflows.services.first_steps import NAMESPACE, first_definition_publish

SANDBOX = FirstRoute(
    name="Sandbox model server",
    kind="openai_compatible",
    models=("sandbox-small", "sandbox-large"),
    route=ROUTE,
    residency="local",
)
BUDGET_DOLLARS = 5
MOST_OUTPUT_TOKENS = 200


@require_safe
@tenant_view(steps.ACTION)
def first_steps(request: ConsoleRequest) -> HttpResponse:
    """Where the tenant stands; at the end, the request and the run that prove it."""
    found = steps.first_steps()
    context = {
        "steps": found,
        "record": steps.first_request(),
        "run": steps.first_run(),
        "unproven": steps.unproven_run(),
    }
    return render(request, "studio/first_steps/index.html", context)


@never_cache
@tenant_view(steps.ACTION, tx=False)
def first_step(request: ConsoleRequest, step: str) -> HttpResponse:
    """One step; a name that is none leads to all of them."""
    if step not in STEPS:
        return redirect("first-steps", request.tenant.slug)
    if step == "call":
        return _call(request)
    with tenant_tx():
        if request.method == "POST":
            for action in steps.KINDS[step].actions:
                require(action)
        return STEPS[step](request)


def _company(request: ConsoleRequest) -> HttpResponse:
    tenant, has_units = request.tenant, unit_list().exists()
    initial = {"name": tenant.name, "time_zone": tenant.time_zone, "unit": tenant.name}
    form = CompanyForm(posted(request), has_units=has_units, initial=initial)

    def write(data: dict[str, Any]) -> bool:
        tenant_change(request.tenant_scope, name=data["name"], time_zone=data["time_zone"])
        if not has_units:
            unit_create(name=data["unit"], kind=UnitKind.DEPARTMENT, parent_id=None)
        return True

    return _next(request, "company") if submitted(request, form, write) else _page(request, "company", form=form)


def _model(request: ConsoleRequest) -> HttpResponse:
    """Two forms: the sandbox, where the operator runs one, and any provider."""
    may_seal = may("credential.change")
    wants_sandbox = request.POST.get("form") == "sandbox" and bool(settings.SANDBOX_URL)
    plain = SandboxForm(posted(request) if wants_sandbox else None)
    form = ModelForm(None if wants_sandbox else posted(request), may_seal=may_seal)
    if wants_sandbox:
        made = submitted(request, plain, lambda _data: first_route_create(_sandbox()))
    else:
        made = submitted(request, form, lambda _data: first_route_create(form.wanted()))
    if made:
        return _next(request, "model")
    names = [route.name for route in route_list()]
    offers_sandbox = bool(settings.SANDBOX_URL) and may_seal
    return _page(request, "model", form=form, plain=plain, offers_sandbox=offers_sandbox, routes=names)


def _key(request: ConsoleRequest) -> HttpResponse:
    """Issue a key and show it once, on the page of the step."""
    units = unit_choices()
    if not units:
        return _page(request, "key", missing="company")
    initial = {"name": _("First application"), "budget": BUDGET_DOLLARS}
    form = FirstKeyForm(posted(request), units=units, routes=[], initial=initial)
    issued = submitted(request, form, lambda data: issue_key(request, form, data))
    if issued is None:
        return _page(request, "key", form=form)
    names = [route.name for route in route_list()]
    snippet = usage_snippet(issued.secret, model=names[0] if names else ROUTE)
    return _page(request, "key", secret=issued.secret, key=issued.key, snippet=snippet)


def _call(request: ConsoleRequest) -> HttpResponse:
    """A call through the gateway, outside any transaction, since it waits for the model."""
    with tenant_tx():
        routes = {str(route.pk): route.name for route in route_list()}
        units = unit_choices()
        form = CallForm(posted(request), routes=list(routes.items()), units=units)
    result = _asked(request, form) if request.method == "POST" and form.is_valid() else None
    cost = to_nano(Decimal(result.cost_usd)) if result and result.cost_usd else None
    missing = "company" if not units else "model" if not routes else ""
    with tenant_tx():
        return _page(request, "call", form=form, result=result, cost=cost, missing=missing)


def _asked(request: ConsoleRequest, form: CallForm) -> TryResult | None:
    data = form.cleaned_data
    wanted = TryRequest(
        route_id=UUID(data["route"]),
        unit_id=UUID(data["unit"]),
        prompt=data["prompt"],
        max_output_tokens=MOST_OUTPUT_TOKENS,
    )
    try:
        return try_route(wanted)
    except (Invalid, Conflict) as error:
        form.take(error)
        return None


def _workflow(request: ConsoleRequest) -> HttpResponse:
    """Publish the small workflow; the five patterns stand beside it."""
    routes, units = [(route.name, route.name) for route in route_list()], unit_choices()
    form = WorkflowForm(posted(request), routes=routes, units=units)
    made = submitted(request, form, lambda data: first_definition_publish(route=data["route"], unit_id=data["unit"]))
    if made:
        return _next(request, "workflow")
    language = (get_language() or "en")[:2]
    told = [
        {"title": one.title[language], "text": one.summary[language], "url": _pattern_url(request, one.slug)}
        for one in patterns()
    ]
    missing = "company" if not units else "model" if not routes else ""
    definitions = [str(one) for one in definition_list()[:3]]
    return _page(request, "workflow", form=form, patterns=told, missing=missing, definitions=definitions)


def _pattern_url(request: ConsoleRequest, slug: str) -> str:
    """Where a configuration of a pattern is drafted."""
    address = reverse("pattern-new", args=[request.tenant.slug])
    return f"{address}?pattern={slug}" if may("pattern.change") else ""


def _run(request: ConsoleRequest) -> HttpResponse:
    """Start the small workflow, or else what was published last."""
    definition = definition_list(namespace=NAMESPACE).first() or definition_list().first()
    if definition is None:
        return _page(request, "run", missing="workflow")
    form = StartForm(posted(request), initial={"input": _input(definition)})
    started = submitted(request, form, lambda data: run_start(definition=str(definition), input=data["input"]))
    if started is None:
        return _page(request, "run", form=form, definition=definition, unproven=steps.unproven_run())
    return redirect("first-steps", request.tenant.slug)


def _input(definition: Definition) -> str:
    if definition.namespace == NAMESPACE:
        return pretty({"question": _("What should every new customer know?")})
    plan = plan_of(current_version(definition))
    schema = plan.input.schema if plan else None
    return sample_input(schema) if isinstance(schema, dict) else "{}"


STEPS: Mapping[str, Callable[[ConsoleRequest], HttpResponse]] = {
    "company": _company,
    "model": _model,
    "key": _key,
    "call": _call,
    "workflow": _workflow,
    "run": _run,
}


def _sandbox() -> FirstRoute:
    """The sandbox lets anybody in who presents something."""
    return replace(SANDBOX, base_url=f"{settings.SANDBOX_URL.rstrip('/')}/v1", secret=token_urlsafe(24))


def _next(request: ConsoleRequest, step: str) -> HttpResponse:
    """On to the step behind this one."""
    return redirect("first-step", request.tenant.slug, steps.after(step))


def _page(request: ConsoleRequest, step: str, *, form: ConsoleForm | None = None, **context: Any) -> HttpResponse:
    found = steps.first_steps()
    shown = {
        "steps": found,
        "step": found.named(step),
        "after": steps.after(step),
        "progress": found.shown_at(step),
        "form": form,
    }
    return render(request, f"studio/first_steps/{step}.html", shown | context)

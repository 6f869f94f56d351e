"""Routes: the model names clients ask for, their versions, and a box to try one."""

from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from routing import services
from routing.access import access_route
from routing.selectors.configuration import deployment_list, deployment_rows
from routing.selectors.routes import route_detail, route_list, version_diff, version_list
from studio import rows_gateway as rows
from studio.forms_routes import RouteForm
from studio.forms_try import TryForm
from studio.rows import change_columns
from studio.submit import posted, submitted
from studio.units import unit_choices
from tenants.access import may
from tenants.errors import Conflict
from tenants.web import ConsoleRequest, tenant_view


@require_safe
@tenant_view("route.read")
def route_index(request: ConsoleRequest) -> HttpResponse:
    """All routes."""
    context = {
        "routes": [rows.route_line(route) for route in route_list()],
        "columns": rows.route_columns(),
        "has_deployments": deployment_list().exists(),
        "may_change": may("route.change"),
    }
    return render(request, "studio/routes/list.html", context)


@require_safe
@tenant_view("route.read")
def route_show(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    """One route: its ladder, how it chooses, its versions, and a box to try it."""
    detail = route_detail(route_id)
    lines = [rows.deployment_line(row) for row in deployment_rows(detail.deployments, now=now())]
    slug = request.tenant.slug
    versions = list(version_list(detail.route)[:20])
    context = {
        "route": detail.route,
        "version": detail.version,
        "rungs": rows.route_rungs(detail.spec, lines, lambda one: reverse("deployment-show", args=[slug, one])),
        "facts": rows.spec_facts(detail.spec),
        "versions": versions,
        "version_columns": rows.version_columns(),
        "try_form": TryForm(units=unit_choices()) if may("route.try") else None,
        "gateway_url": settings.GATEWAY_URL,
        "may_change": may("route.change") and detail.route.status == "active",
    }
    return render(request, "studio/routes/show.html", context)


@tenant_view("route.change")
def route_new(request: ConsoleRequest) -> HttpResponse:
    """Create a route with its first version."""
    deployments = _deployments()
    if not deployments:
        messages.warning(request, _("A route needs deployments. Add one first."))
        return redirect("deployment-list", request.tenant.slug)
    form = RouteForm(posted(request), deployments=deployments)
    route = submitted(
        request,
        form,
        lambda data: services.route_create(name=data["name"], spec=form.spec(), note=data["note"]),
    )
    if route is None:
        return render(request, "studio/routes/form.html", {"form": form, "route": None})
    messages.success(request, _("Clients can ask for %(name)s now.") % {"name": route.name})
    return redirect("route-show", request.tenant.slug, route.id)


@tenant_view("route.change")
def route_edit(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    """Publish a new version; refused when somebody else has published meanwhile."""
    detail = route_detail(route_id)
    base = request.POST.get("base_version", str(detail.route.current_version))
    used = {candidate.deployment_id for candidate in detail.spec.candidates}
    form = RouteForm(posted(request), deployments=_deployments(used), base=detail.spec)
    version = submitted(
        request,
        form,
        lambda data: services.route_publish(
            detail.route.id, spec=form.spec(), base_version=int(base) if base.isdigit() else None, note=data["note"]
        ),
    )
    if version is None:
        context = {"form": form, "route": detail.route, "base_version": base}
        return render(request, "studio/routes/form.html", context)
    messages.success(request, _("Version %(number)d is live.") % {"number": version.number})
    return redirect("route-show", request.tenant.slug, detail.route.id)


@require_safe
@tenant_view("route.read")
def route_version(request: ConsoleRequest, route_id: UUID, number: int) -> HttpResponse:
    """One version and what it changed."""
    route = access_route(route_id)
    versions = {version.number: version for version in version_list(route).filter(number__in=(number, number - 1))}
    if number not in versions:
        return redirect("route-show", request.tenant.slug, route.id)
    context = {
        "route": route,
        "version": versions[number],
        "changes": rows.change_lines(version_diff(versions.get(number - 1), versions[number])),
        "columns": change_columns(),
        "may_change": may("route.change") and route.status == "active",
    }
    return render(request, "studio/routes/version.html", context)


@require_POST
@tenant_view("route.change")
def route_rollback(request: ConsoleRequest, route_id: UUID, number: int) -> HttpResponse:
    """Publish an earlier version again."""
    try:
        version = services.route_rollback(route_id, number=number)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Version %(number)d is live.") % {"number": version.number})
    return redirect("route-show", request.tenant.slug, route_id)


@require_POST
@tenant_view("route.change")
def route_archive(request: ConsoleRequest, route_id: UUID) -> HttpResponse:
    """Stop answering for a route."""
    route = services.route_archive(route_id)
    messages.success(request, _("%(name)s no longer answers.") % {"name": route.name})
    return redirect("route-list", request.tenant.slug)


def _deployments(used: Collection[str] = ()) -> list[tuple[str, str]]:
    """Deployments to choose from; those that are switched off only where they are in use."""
    wanted = [one for one in deployment_list() if one.enabled or str(one.id) in used]
    return [(str(one.id), f"{one.name} · {one.provider.name}") for one in wanted]

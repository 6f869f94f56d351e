"""Providers and deployments: where models are served, and which model at what price."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from keys.selectors import credential_list
from routing import services
from routing.access import access_deployment, access_provider
from routing.models import Deployment, Provider
from routing.selectors.configuration import (
    deployment_list,
    deployment_rows,
    deployments_in_trouble,
    provider_list,
)
from routing.selectors.routes import routes_using
from studio import rows_gateway as rows
from studio.forms_gateway import PRICES, DeploymentForm, ProviderForm, dollars
from studio.submit import posted, submitted
from tenants.access import may
from tenants.errors import Conflict
from tenants.web import ConsoleRequest, tenant_view


@require_safe
@tenant_view("provider.read")
def provider_index(request: ConsoleRequest) -> HttpResponse:
    """All providers."""
    context = {
        "providers": [rows.provider_line(provider) for provider in provider_list()],
        "columns": rows.provider_columns(),
        "may_change": may("provider.change"),
    }
    return render(request, "studio/providers/list.html", context)


@require_safe
@tenant_view("provider.read")
def provider_show(request: ConsoleRequest, provider_id: UUID) -> HttpResponse:
    """One provider with its deployments."""
    provider = access_provider(provider_id)
    found = deployment_rows(deployment_list().filter(provider=provider), now=now())
    context = {
        "provider": rows.provider_line(provider),
        "deployments": [rows.deployment_line(row) for row in found],
        "columns": rows.deployment_columns(),
        "may_change": may("provider.change") and provider.archived_at is None,
    }
    return render(request, "studio/providers/show.html", context)


@tenant_view("provider.change")
def provider_new(request: ConsoleRequest) -> HttpResponse:
    """Create a provider."""
    form = ProviderForm(posted(request), credentials=_credentials())
    provider = submitted(request, form, lambda _data: services.provider_create(form.config()))
    if provider is None:
        return render(request, "studio/providers/form.html", {"form": form, "provider": None})
    messages.success(request, _("Now add the models you use there."))
    return redirect("provider-show", request.tenant.slug, provider.id)


@tenant_view("provider.change")
def provider_edit(request: ConsoleRequest, provider_id: UUID) -> HttpResponse:
    """Change everything but the kind."""
    provider = access_provider(provider_id)
    form = ProviderForm(
        posted(request), credentials=_credentials(), fixed_kind=provider.kind, initial=_provider_initial(provider)
    )
    changed = submitted(request, form, lambda _data: services.provider_change(provider.id, form.config()))
    if changed is None:
        return render(request, "studio/providers/form.html", {"form": form, "provider": provider})
    messages.success(request, _("Saved. The gateway uses it within a second."))
    return redirect("provider-show", request.tenant.slug, provider.id)


@require_POST
@tenant_view("provider.change")
def provider_archive(request: ConsoleRequest, provider_id: UUID) -> HttpResponse:
    """Put a provider away."""
    try:
        services.provider_archive(provider_id)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("provider-show", request.tenant.slug, provider_id)
    messages.success(request, _("Archived."))
    return redirect("provider-list", request.tenant.slug)


@require_safe
@tenant_view("deployment.read")
def deployment_index(request: ConsoleRequest) -> HttpResponse:
    """All deployments with price and health; `?health=trouble` those that fail too often."""
    trouble = request.GET.get("health") == "trouble"
    found = deployments_in_trouble(now=now()) if trouble else deployment_rows(deployment_list(), now=now())
    context = {
        "deployments": [rows.deployment_line(row) for row in found],
        "trouble": trouble,
        "columns": rows.deployment_columns(),
        "has_providers": provider_list().exists(),
        "may_change": may("deployment.change"),
    }
    return render(request, "studio/deployments/list.html", context)


@require_safe
@tenant_view("deployment.read")
def deployment_show(request: ConsoleRequest, deployment_id: UUID) -> HttpResponse:
    """One deployment: what it can do, what it costs, how it does, who uses it."""
    deployment = access_deployment(deployment_id)
    [row] = deployment_rows([deployment], now=now())
    context = {
        "deployment": rows.deployment_line(row),
        "facts": rows.deployment_facts(deployment),
        "routes": routes_using(deployment) if may("route.read") else [],
        "may_change": may("deployment.change") and deployment.archived_at is None,
    }
    return render(request, "studio/deployments/show.html", context)


@tenant_view("deployment.change")
def deployment_new(request: ConsoleRequest) -> HttpResponse:
    """Create a deployment; `?provider=` preselects."""
    providers = [(str(provider.id), provider.name) for provider in provider_list()]
    if not providers:
        messages.warning(request, _("A deployment needs a provider. Add one first."))
        return redirect("provider-list", request.tenant.slug)
    initial = {"provider": request.GET.get("provider", "")}
    form = DeploymentForm(posted(request), providers=providers, initial=initial)
    deployment = submitted(request, form, lambda _data: services.deployment_create(form.config()))
    if deployment is None:
        return render(request, "studio/deployments/form.html", {"form": form, "deployment": None})
    if not deployment.priced:
        messages.warning(request, _("No price is known for this model: keys with a hard budget cannot use it."))
    return redirect("deployment-show", request.tenant.slug, deployment.id)


@tenant_view("deployment.change")
def deployment_edit(request: ConsoleRequest, deployment_id: UUID) -> HttpResponse:
    """Change everything but provider and model."""
    deployment = access_deployment(deployment_id)
    fixed = (deployment.provider_id, deployment.model)
    form = DeploymentForm(posted(request), providers=[], fixed=fixed, initial=_deployment_initial(deployment))
    changed = submitted(request, form, lambda _data: services.deployment_change(deployment.id, form.config()))
    if changed is None:
        return render(request, "studio/deployments/form.html", {"form": form, "deployment": deployment})
    messages.success(request, _("Saved. The gateway uses it within a second."))
    return redirect("deployment-show", request.tenant.slug, deployment.id)


@require_POST
@tenant_view("deployment.change")
def deployment_archive(request: ConsoleRequest, deployment_id: UUID) -> HttpResponse:
    """Put a deployment away."""
    try:
        services.deployment_archive(deployment_id)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("deployment-show", request.tenant.slug, deployment_id)
    messages.success(request, _("Archived."))
    return redirect("deployment-list", request.tenant.slug)


def _credentials() -> list[tuple[str, str]]:
    if not may("credential.read"):
        return []
    return [(str(one.id), f"{one.name} ({one.kind})") for one in credential_list()]


def _provider_initial(provider: Provider) -> dict[str, Any]:
    names = ("name", "base_url", "api_version", "region", "residency")
    return {name: getattr(provider, name) for name in names} | {"credential": str(provider.credential_id or "")}


def _deployment_initial(deployment: Deployment) -> dict[str, Any]:
    plain = ("name", "enabled", "quality", "context_window", "max_output_tokens")
    traits = ("supports_streaming", "supports_tools", "supports_json", "supports_vision")
    initial: dict[str, Any] = {name: getattr(deployment, name) for name in plain}
    initial |= {name: "yes" if getattr(deployment, name) else "no" for name in traits}
    return initial | {f"price_{name}": dollars(getattr(deployment, f"price_{name}")) for name in PRICES}

"""Addresses of routing under /api/v1/."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from routing.api import deployments, models, providers, requests, routes, simulate, usage


class GroupConverter(StringConverter):
    """One of the properties that usage can be grouped by."""

    regex = "|".join(usage.BY)


register_converter(GroupConverter, "usage_group")

provider = "providers/<uuid:provider_id>/"
deployment = "deployments/<uuid:deployment_id>/"
route = "routes/<uuid:route_id>/"

urlpatterns = [
    path("provider-kinds/", providers.ProviderKinds.as_view(), name="api-provider-kinds"),
    path("providers/", providers.Providers.as_view(), name="api-providers"),
    path(provider, providers.ProviderDetail.as_view(), name="api-provider"),
    path(f"{provider}archive/", providers.ProviderArchive.as_view(), name="api-provider-archive"),
    path("models/", models.Models.as_view(), name="api-models"),
    path("deployments/", deployments.Deployments.as_view(), name="api-deployments"),
    path("deployments/health/", deployments.DeploymentHealth.as_view(), name="api-deployment-health"),
    path(deployment, deployments.DeploymentDetail.as_view(), name="api-deployment"),
    path(f"{deployment}archive/", deployments.DeploymentArchive.as_view(), name="api-deployment-archive"),
    path("routes/", routes.Routes.as_view(), name="api-routes"),
    path(route, routes.RouteItem.as_view(), name="api-route"),
    path(f"{route}archive/", routes.RouteArchive.as_view(), name="api-route-archive"),
    path(f"{route}rollback/", routes.RouteRollback.as_view(), name="api-route-rollback"),
    path(f"{route}simulate/", simulate.RouteSimulate.as_view(), name="api-route-simulate"),
    path(f"{route}versions/", routes.RouteVersions.as_view(), name="api-route-versions"),
    path(f"{route}versions/<int:number>/", routes.RouteVersionItem.as_view(), name="api-route-version"),
    path("usage/", usage.UsageTotals.as_view(), name="api-usage"),
    path("usage/series/", usage.UsageSeries.as_view(), name="api-usage-series"),
    path("usage/check/", usage.UsageCheck.as_view(), name="api-usage-check"),
    path("usage/export/", usage.UsageExport.as_view(), name="api-usage-export"),
    path("usage/by/<usage_group:by>/", usage.UsageBy.as_view(), name="api-usage-by"),
    path("requests/", requests.Requests.as_view(), name="api-requests"),
    path("requests/<uuid:request_id>/", requests.RequestItem.as_view(), name="api-request"),
]

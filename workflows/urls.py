"""Addresses of workflows under /api/v1/. They do not name the tenant: the token does.

The ones that programs call most are also there without the slash at the end, which a POST cannot be redirected to.
"""

from typing import Any

from django.urls import URLPattern, path
from rest_framework.views import APIView

from workflows.api import approvals, definitions, events, patterns, reports, runs

definition = "definitions/<uuid:definition_id>/"
run = "runs/<uuid:run_id>/"
configuration = "patterns/<uuid:configuration_id>/"
delivery = "deliveries/<uuid:delivery_id>/"


def _both(address: str, view: type[APIView], name: str) -> tuple[URLPattern, URLPattern]:
    """The address with and, outside the OpenAPI document, without its slash."""
    bare: Any = view.as_view(schema=None)
    return path(address, view.as_view(), name=name), path(address.removesuffix("/"), bare)


urlpatterns = [
    *_both("definitions/", definitions.Definitions, "api-definitions"),
    *_both("definitions/validate/", definitions.DefinitionValidate, "api-definition-validate"),
    *_both("definitions/report/", reports.DocumentReport, "api-document-report"),
    path(definition, definitions.DefinitionItem.as_view(), name="api-definition"),
    path(f"{definition}archive/", definitions.DefinitionArchive.as_view(), name="api-definition-archive"),
    path(f"{definition}versions/", definitions.DefinitionVersions.as_view(), name="api-definition-versions"),
    path(
        f"{definition}versions/<int:number>/",
        definitions.DefinitionVersionItem.as_view(),
        name="api-definition-version",
    ),
    path(f"{definition}report/", reports.DefinitionReport.as_view(), name="api-definition-report"),
    path(
        f"{definition}versions/<int:number>/report/",
        reports.DefinitionVersionReport.as_view(),
        name="api-definition-version-report",
    ),
    *_both("runs/", runs.Runs, "api-runs"),
    *_both(run, runs.RunItem, "api-run"),
    *_both(f"{run}history/", runs.RunHistory, "api-run-history"),
    *_both(f"{run}cancel/", runs.RunCancel, "api-run-cancel"),
    path(f"{run}decide/", runs.RunDecide.as_view(), name="api-run-decide"),
    path(f"{run}resume/", runs.RunResume.as_view(), name="api-run-resume"),
    path(f"{run}retry/", runs.RunRetry.as_view(), name="api-run-retry"),
    path("approvals/", approvals.Approvals.as_view(), name="api-approvals"),
    path("approvals/<uuid:approval_id>/", approvals.ApprovalItem.as_view(), name="api-approval"),
    *_both("approvals/<uuid:approval_id>/decide/", approvals.ApprovalDecide, "api-approval-decide"),
    *_both("patterns/", patterns.PatternConfigurations, "api-patterns"),
    path("patterns/catalog/", patterns.PatternCatalogue.as_view(), name="api-pattern-catalog"),
    path(configuration, patterns.PatternConfigurationItem.as_view(), name="api-pattern"),
    path(f"{configuration}report/", patterns.PatternReport.as_view(), name="api-pattern-report"),
    *_both(f"{configuration}start/", patterns.PatternStart, "api-pattern-start"),
    *_both(f"{configuration}stop/", patterns.PatternStop, "api-pattern-stop"),
    path(f"{configuration}archive/", patterns.PatternArchive.as_view(), name="api-pattern-archive"),
    path(f"{configuration}restore/", patterns.PatternRestore.as_view(), name="api-pattern-restore"),
    *_both("events/", events.Events, "api-events"),
    path("events/<uuid:event_id>/", events.EventItem.as_view(), name="api-event"),
    path("deliveries/", events.Deliveries.as_view(), name="api-deliveries"),
    path(delivery, events.DeliveryItem.as_view(), name="api-delivery"),
    *_both(f"{delivery}redrive/", events.DeliveryRedrive, "api-delivery-redrive"),
]

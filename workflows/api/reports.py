"""Portability reports: of a version, of the current one, and of a document that is not published."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import get_language, gettext
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.rest import StrictSerializer, TenantAPIView, operation
from workflows.access import access_definition, access_version
from workflows.api.bodies import DOCUMENT_BODY, WholeBody, body_of
from workflows.domain.configurations import WORKFLOWS
from workflows.domain.patterns import LANGUAGES
from workflows.domain.plan import Plan
from workflows.models import PatternConfiguration
from workflows.patterns import pattern
from workflows.plans import plan_of_version
from workflows.platforms.configured import configuration_report_to_json
from workflows.platforms.contract import Source, Verdict
from workflows.platforms.registry import platforms
from workflows.platforms.reporting import report_to_json, reports
from workflows.selectors import current_version
from workflows.services.definitions import definition_check
from workflows.services.patterns import configuration_plans

VERDICTS = [verdict.value for verdict in Verdict]
SOURCES = [source.value for source in Source]


class PlatformLimitOutput(serializers.Serializer[Any]):
    """A figure of a platform."""

    code = serializers.CharField()
    title = serializers.CharField()
    value = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=["bytes", "seconds", "characters", "count"])
    found = serializers.FloatField(allow_null=True, help_text="What the plan has; null if only a run can tell.")
    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]  # a field, not Field.source


class ReportFindingOutput(serializers.Serializer[Any]):
    """One thing that was looked at."""

    code = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    title = serializers.CharField()
    construct = serializers.CharField(allow_blank=True, help_text="The platform's own word for it.")
    how = serializers.CharField(allow_blank=True, help_text="How it is emulated, or why it is refused.")
    limit = PlatformLimitOutput(allow_null=True)
    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]  # a field, not Field.source


class TaskReportOutput(serializers.Serializer[Any]):
    """A task on a platform."""

    pointer = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.CharField(help_text="The code of the finding that decided.")
    how = serializers.CharField(allow_blank=True)
    limit = PlatformLimitOutput(allow_null=True)
    findings = ReportFindingOutput(many=True)


class PlatformReportOutput(serializers.Serializer[Any]):
    """A plan on a platform."""

    platform = serializers.CharField()
    name = serializers.CharField()
    service = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS, help_text="The worst of its tasks and notes.")
    notes = ReportFindingOutput(many=True)
    tasks = TaskReportOutput(many=True)


class ReportOutput(serializers.Serializer[Any]):
    """What every platform makes of a definition."""

    namespace = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    platforms = PlatformReportOutput(many=True)


class ReportQuery(StrictSerializer):
    """Which platforms."""

    platform = serializers.ChoiceField(choices=list(platforms()), required=False, help_text="Only this one.")


class DefinitionReportOutput(serializers.Serializer[Any]):
    """What every platform makes of a definition of a pattern configuration."""

    definition = serializers.CharField(help_text="namespace/name@version; of a draft, what Start would publish.")
    platforms = PlatformReportOutput(many=True)


class PlatformVerdictOutput(serializers.Serializer[Any]):
    """A platform in one word."""

    platform = serializers.CharField()
    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS, help_text="The worst of its definitions or parts.")


class PartPlatformOutput(serializers.Serializer[Any]):
    """A part on a platform."""

    platform = serializers.CharField()
    service = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    how = serializers.CharField()
    limits = serializers.CharField()


class PartReportOutput(serializers.Serializer[Any]):
    """What every platform makes of a part that is no definition."""

    part = serializers.CharField()
    title = serializers.CharField()
    platforms = PartPlatformOutput(many=True)


class ConfigurationReportOutput(serializers.Serializer[Any]):
    """What every platform makes of a pattern configuration: definition by definition, or part by part."""

    platforms = PlatformVerdictOutput(many=True)
    definitions = DefinitionReportOutput(many=True, help_text="Of a workflow pattern, as `workflow report` tells it.")
    parts = PartReportOutput(many=True, help_text="Of a model router and an adapter.")


def configuration_report(row: PatternConfiguration, platform: str = "") -> dict[str, Any] | None:
    """The report in the language of the request; none while a part of a draft is missing."""
    plans = configuration_plans(row)
    if row.pattern in WORKFLOWS and not plans:
        return None
    language = (get_language() or LANGUAGES[0])[:2]
    return configuration_report_to_json(
        pattern(row.pattern),
        plans,
        platform=platform,
        translate=gettext,
        language=language if language in LANGUAGES else LANGUAGES[0],
    )


def _answer(plan: Plan, platform: str = "") -> Response:
    found = [report_to_json(one, gettext) for one in reports(plan, platform)]
    names = {"namespace": plan.namespace, "name": plan.name, "version": plan.version}
    return Response(ReportOutput(names | {"platforms": found}).data)


class DefinitionReport(TenantAPIView):
    """The current version."""

    actions: ClassVar[dict[str, str]] = {"get": "definition.read"}

    @operation("definition_report", "Say where the current version can run", query=ReportQuery, output=ReportOutput)
    def get(self, request: Request, definition_id: UUID) -> Response:
        version = current_version(access_definition(definition_id))
        return _answer(plan_of_version(version), **self.query(ReportQuery))


class DefinitionVersionReport(TenantAPIView):
    """One version."""

    actions: ClassVar[dict[str, str]] = {"get": "definition.read"}

    @operation("definition_version_report", "Say where a version can run", query=ReportQuery, output=ReportOutput)
    def get(self, request: Request, definition_id: UUID, number: int) -> Response:
        version = access_version(access_definition(definition_id), number)
        return _answer(plan_of_version(version), **self.query(ReportQuery))


class DocumentReport(TenantAPIView):
    """A document that is not published."""

    actions: ClassVar[dict[str, str]] = {"post": "definition.read"}
    parser_classes = [WholeBody]
    change_query = ReportQuery
    network = True  # nothing is read or written, so no transaction is opened

    @operation(
        "document_report",
        "Say where a document could run",
        body=DOCUMENT_BODY,
        query=ReportQuery,
        output=ReportOutput,
    )
    def post(self, request: Request) -> Response:
        plan = definition_check(body_of(request.data)).plan
        return _answer(plan, **self.query(ReportQuery))

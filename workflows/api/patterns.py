"""Pattern configurations: draft, change, start, stop."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.errors import Conflict
from tenants.rest import StrictSerializer, TenantAPIView, operation
from workflows import services
from workflows.access import access_configuration
from workflows.api.reports import ConfigurationReportOutput, ReportQuery, configuration_report
from workflows.domain.configurations import (
    MAX_HANDLE,
    MAX_NAME,
    MAX_PARTICIPANTS,
    ROLES,
    STRATEGIES,
    ConfigurationConfig,
    ConfigurationStatus,
    NewRoute,
    PatternSlug,
    PlatformSlug,
)
from workflows.models import PatternConfiguration
from workflows.selectors_patterns import configuration_list

PATTERNS = [one.value for one in PatternSlug]
PLATFORMS = [one.value for one in PlatformSlug]
STATUSES = [one.value for one in ConfigurationStatus]
PAYS = "Who pays for what is made and for requests sent from its page."
HANDLE = "What is made new is called that; left out, it is made of the name."
OPERATIONS = "The operations of the connector by their role: see the catalogue."
REPORT = "What each platform makes of it; null while a part of a draft is missing."
DEFINITIONS = "Existing definitions; without any, Start makes them of the pattern's starter."


class NewRouteField(StrictSerializer):
    """A route that Start makes."""

    strategy = serializers.ChoiceField(choices=STRATEGIES, default=STRATEGIES[0])
    deployment_ids = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=20)


class PatternConfigurationOutput(serializers.Serializer[Any]):
    """A configuration with the parts it points at, or will be made of."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    pattern = serializers.ChoiceField(choices=PATTERNS)
    platform = serializers.ChoiceField(choices=PLATFORMS, help_text="Where it is meant to run one day.")
    status = serializers.ChoiceField(choices=STATUSES)
    unit_id = serializers.UUIDField(help_text=PAYS)
    handle = serializers.CharField(allow_blank=True, help_text=HANDLE)
    made = serializers.BooleanField(help_text="Its route or definitions were made by Start, and stop with it.")
    route_id = serializers.UUIDField(allow_null=True)
    route = serializers.CharField(source="route.name", allow_null=True, default=None, help_text="Name of the route.")
    new_route = serializers.SerializerMethodField(help_text="The route that Start will make.")
    connector_id = serializers.UUIDField(allow_null=True)
    connector = serializers.CharField(source="connector.name", allow_null=True, default=None)
    operations = serializers.DictField(child=serializers.CharField(), help_text=OPERATIONS)
    definition_ids = serializers.SerializerMethodField()
    definitions = serializers.SerializerMethodField(help_text="namespace/name of each definition.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    changed_by = serializers.CharField()
    changed_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True, help_text="When it last went live.")

    def get_new_route(self, row: PatternConfiguration) -> dict[str, Any] | None:
        """What is stored of it; null when nothing will be made."""
        return row.making or None

    def get_definition_ids(self, row: PatternConfiguration) -> list[UUID]:
        """In their order."""
        return [one.definition_id for one in row.participants.all()]

    def get_definitions(self, row: PatternConfiguration) -> list[str]:
        """In their order."""
        return [str(one.definition) for one in row.participants.all()]


class PatternConfigurationDetail(PatternConfigurationOutput):
    """One configuration with its portability report."""

    report = serializers.SerializerMethodField(help_text=REPORT)

    @extend_schema_field(ConfigurationReportOutput(allow_null=True))
    def get_report(self, row: PatternConfiguration) -> dict[str, Any] | None:
        """For every platform."""
        return configuration_report(row)


def _answer(row: PatternConfiguration, status: int = 200) -> Response:
    shown = configuration_list(archived=True).get(pk=row.pk)
    return Response(PatternConfigurationDetail(shown).data, status=status)


def _config(data: Mapping[str, Any], base: ConfigurationConfig | None = None) -> ConfigurationConfig:
    """What was sent, over what is there."""
    given = dict(data)
    if given.get("new_route") is not None:
        new = given["new_route"]
        given["new_route"] = NewRoute(strategy=new["strategy"], deployment_ids=tuple(new["deployment_ids"]))
    if "definition_ids" in given:
        given["definition_ids"] = tuple(given["definition_ids"])
    return replace(base, **given) if base else ConfigurationConfig(**given)


class PatternParts(StrictSerializer):
    """What may change later."""

    name = serializers.CharField(max_length=MAX_NAME)
    unit_id = serializers.UUIDField(help_text=PAYS)
    platform = serializers.ChoiceField(choices=PLATFORMS, required=False)
    handle = serializers.CharField(max_length=MAX_HANDLE, allow_blank=True, required=False, help_text=HANDLE)
    route_id = serializers.UUIDField(required=False, allow_null=True)
    new_route = NewRouteField(required=False, allow_null=True)
    connector_id = serializers.UUIDField(required=False, allow_null=True)
    operations = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True), required=False, help_text=OPERATIONS
    )
    definition_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_PARTICIPANTS, help_text=DEFINITIONS
    )


class PatternConfigurations(TenantAPIView):
    """All configurations."""

    actions: ClassVar[dict[str, str]] = {"get": "pattern.read", "post": "pattern.change"}
    creates = True

    class Query(StrictSerializer):
        pattern = serializers.ChoiceField(choices=PATTERNS, required=False)
        status = serializers.ChoiceField(choices=STATUSES, required=False)
        archived = serializers.BooleanField(default=False, help_text="Also show archived ones.")

    class Input(PatternParts):
        pattern = serializers.ChoiceField(choices=PATTERNS)

    @operation("pattern_list", "List pattern configurations", query=Query, page=PatternConfigurationOutput)
    def get(self, request: Request) -> Response:
        return self.page(configuration_list(**self.query(self.Query)), PatternConfigurationOutput)

    @operation(
        "pattern_create", "Draft a pattern configuration", body=Input, output=PatternConfigurationDetail, status=201
    )
    def post(self, request: Request) -> Response:
        return _answer(services.configuration_create(_config(self.parsed(self.Input))), status=201)


class PatternConfigurationItem(TenantAPIView):
    """One configuration."""

    actions: ClassVar[dict[str, str]] = {"get": "pattern.read", "patch": "pattern.change"}

    @operation("pattern_read", "Read a pattern configuration", output=PatternConfigurationDetail)
    def get(self, request: Request, configuration_id: UUID) -> Response:
        return _answer(access_configuration(configuration_id))

    @operation("pattern_change", "Change a pattern configuration", body=PatternParts, output=PatternConfigurationDetail)
    def patch(self, request: Request, configuration_id: UUID) -> Response:
        given = self.parsed(PatternParts, partial=True)
        before = services.configuration_config(access_configuration(configuration_id, lock=True))
        return _answer(services.configuration_change(configuration_id, _config(given, before)))


class PatternReport(TenantAPIView):
    """Where it could run."""

    actions: ClassVar[dict[str, str]] = {"get": "pattern.read"}

    @operation(
        "pattern_report",
        "Say where a pattern configuration can run",
        query=ReportQuery,
        output=ConfigurationReportOutput,
    )
    def get(self, request: Request, configuration_id: UUID) -> Response:
        row = configuration_list(archived=True).get(pk=access_configuration(configuration_id).pk)
        found = configuration_report(row, **self.query(ReportQuery))
        if found is None:
            raise Conflict(_("A part of this draft is missing. Change the draft first, then ask again."))
        return Response(found)


class PatternStart(TenantAPIView):
    """Make what is missing, and go live."""

    actions: ClassVar[dict[str, str]] = {"post": "pattern.start"}

    @operation("pattern_start", "Take a pattern configuration live", output=PatternConfigurationDetail)
    def post(self, request: Request, configuration_id: UUID) -> Response:
        return _answer(services.configuration_start(configuration_id))


class PatternStop(TenantAPIView):
    """Out of service: what Start made is archived, everything else goes on."""

    actions: ClassVar[dict[str, str]] = {"post": "pattern.start"}

    @operation("pattern_stop", "Take a pattern configuration out of service", output=PatternConfigurationDetail)
    def post(self, request: Request, configuration_id: UUID) -> Response:
        return _answer(services.configuration_stop(configuration_id))


class PatternArchive(TenantAPIView):
    """Out of sight."""

    actions: ClassVar[dict[str, str]] = {"post": "pattern.change"}

    @operation("pattern_archive", "Archive a pattern configuration", output=PatternConfigurationDetail)
    def post(self, request: Request, configuration_id: UUID) -> Response:
        return _answer(services.configuration_archive(configuration_id))


class PatternRestore(TenantAPIView):
    """Back as a draft, or stopped."""

    actions: ClassVar[dict[str, str]] = {"post": "pattern.change"}

    @operation("pattern_restore", "Restore an archived pattern configuration", output=PatternConfigurationDetail)
    def post(self, request: Request, configuration_id: UUID) -> Response:
        return _answer(services.configuration_restore(configuration_id))


class PatternCatalogue(TenantAPIView):
    """What each pattern is made of."""

    actions: ClassVar[dict[str, str]] = {"get": "pattern.read"}

    class Output(serializers.Serializer[Any]):
        """The patterns with the roles of the operations that each calls, and the platforms."""

        class Pattern(serializers.Serializer[Any]):
            """One of the five."""

            pattern = serializers.ChoiceField(choices=PATTERNS)
            operations = serializers.ListField(child=serializers.CharField(), help_text="Roles of operations.")
            several_definitions = serializers.BooleanField()

        patterns = Pattern(many=True)
        platforms = serializers.ListField(child=serializers.CharField())
        strategies = serializers.ListField(child=serializers.CharField(), help_text="Of a route that Start makes.")

    @operation("pattern_catalog", "List the patterns and what each is made of", output=Output)
    def get(self, request: Request) -> Response:
        rows = [
            {
                "pattern": one,
                "operations": list(ROLES[one]),
                "several_definitions": one is PatternSlug.CHOREOGRAPHY,
            }
            for one in PatternSlug
        ]
        return Response(self.Output({"patterns": rows, "platforms": PLATFORMS, "strategies": STRATEGIES}).data)

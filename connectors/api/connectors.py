"""Connectors, and the kinds there are."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.access import access_connector
from connectors.api.fields import ConnectorOutput, InFlightOutput, SafetyInput
from connectors.registry import kinds
from connectors.selectors import connector_list, in_flight
from connectors.services import connector_change, connector_create, connector_start, connector_stop
from connectors.services.connectors import ConnectorConfig, Safety, connector_config
from tenants.rest import StrictSerializer, TenantAPIView, operation


class ConnectorKinds(TenantAPIView):
    """All kinds of connectors."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read"}

    class Output(serializers.Serializer[Any]):
        class Kind(serializers.Serializer[Any]):
            slug = serializers.CharField()
            title = serializers.CharField()
            summary = serializers.CharField()
            capabilities = serializers.ListField(child=serializers.CharField())

        results = Kind(many=True)

    @operation("connector_kind_list", "List kinds of connectors", output=Output)
    def get(self, request: Request) -> Response:
        found = [
            {"slug": one.slug, "title": one.title, "summary": one.summary, "capabilities": sorted(one.capabilities)}
            for one in kinds().values()
        ]
        return Response({"results": found})


class Connectors(TenantAPIView):
    """All connectors."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read", "post": "connector.change"}
    creates = True

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=60, help_text="How workflows call it.")
        kind = serializers.CharField(max_length=40)
        title = serializers.CharField(max_length=120, allow_blank=True, default="")
        config = serializers.DictField(help_text="What the kind needs, for example `base_url`.")
        credential_id = serializers.UUIDField(allow_null=True, default=None)
        safety = SafetyInput(default=dict)
        operations = serializers.ListField(child=serializers.DictField(), max_length=100)

    @operation("connector_list", "List connectors", page=ConnectorOutput)
    def get(self, request: Request) -> Response:
        return self.page(connector_list(), ConnectorOutput)

    @operation("connector_create", "Create a connector", body=Input, output=ConnectorOutput, status=201)
    def post(self, request: Request) -> Response:
        given = self.parsed(self.Input)
        connector = connector_create(ConnectorConfig(**{**given, "safety": Safety(**given["safety"])}))
        return Response(ConnectorOutput(connector).data, status=201)


class ConnectorDetail(TenantAPIView):
    """One connector."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read", "patch": "connector.change"}

    class Change(StrictSerializer):
        title = serializers.CharField(max_length=120, allow_blank=True)
        config = serializers.DictField()
        credential_id = serializers.UUIDField(allow_null=True)
        safety = SafetyInput(help_text="What is left out takes its default.")
        operations = serializers.ListField(
            child=serializers.DictField(), max_length=100, help_text="All of them: what is left out goes."
        )

    @operation("connector_read", "Read a connector", output=ConnectorOutput)
    def get(self, request: Request, connector_id: UUID) -> Response:
        return Response(ConnectorOutput(access_connector(connector_id)).data)

    @operation("connector_change", "Change a connector", body=Change, output=ConnectorOutput)
    def patch(self, request: Request, connector_id: UUID) -> Response:
        present = connector_config(access_connector(connector_id, lock=True))
        given = self.parsed(self.Change, partial=True)
        if "safety" in given:
            given["safety"] = Safety(**given["safety"])
        return Response(ConnectorOutput(connector_change(connector_id, replace(present, **given))).data)


class ConnectorStop(TenantAPIView):
    """The off switch."""

    actions: ClassVar[dict[str, str]] = {"post": "connector.change"}

    @operation("connector_stop", "Let no call start any more", output=ConnectorOutput)
    def post(self, request: Request, connector_id: UUID) -> Response:
        return Response(ConnectorOutput(connector_stop(connector_id)).data)


class ConnectorStart(TenantAPIView):
    """The off switch, back on."""

    actions: ClassVar[dict[str, str]] = {"post": "connector.change"}

    @operation("connector_start", "Let calls start again", output=ConnectorOutput)
    def post(self, request: Request, connector_id: UUID) -> Response:
        return Response(ConnectorOutput(connector_start(connector_id)).data)


class ConnectorInFlight(TenantAPIView):
    """The gauge of a core."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read"}

    @operation("connector_in_flight", "Read how many calls are in flight and waiting", output=InFlightOutput)
    def get(self, request: Request, connector_id: UUID) -> Response:
        return Response(InFlightOutput(in_flight(access_connector(connector_id))).data)

"""Routes and their versions. Changing a route publishes a version."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.access import access_route, access_route_version
from routing.api.fields import SpecField, parsing_spec
from routing.domain.control import RouteStatus
from routing.selectors.routes import RouteDetail, previous_version, route_detail, route_list, version_diff, version_list
from routing.services import route_archive, route_create, route_publish, route_rollback
from tenants.rest import StrictSerializer, TenantAPIView, operation

BASE_VERSION = "The version this was made from; 409 when another has been published since."


class RouteRowOutput(serializers.Serializer[Any]):
    """A route in a list."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="The model name that clients ask for.")
    status = serializers.ChoiceField(choices=[status.value for status in RouteStatus])
    current_version = serializers.IntegerField()
    strategy = serializers.CharField()
    published_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class VersionOutput(serializers.Serializer[Any]):
    """One published version; it never changes."""

    number = serializers.IntegerField()
    spec = SpecField()
    digest = serializers.CharField(help_text="SHA-256 of the canonical spec.")
    restored_from = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class RouteOutput(serializers.Serializer[Any]):
    """A route with its current version."""

    id = serializers.UUIDField(source="route.id")
    name = serializers.CharField(source="route.name", help_text="The model name that clients ask for.")
    status = serializers.ChoiceField(source="route.status", choices=[status.value for status in RouteStatus])
    current_version = serializers.IntegerField(source="route.current_version")
    created_at = serializers.DateTimeField(source="route.created_at")
    version = VersionOutput()


def _answer(detail: RouteDetail, status: int = 200) -> Response:
    return Response(RouteOutput(detail).data, status=status)


class Routes(TenantAPIView):
    """All routes."""

    actions: ClassVar[dict[str, str]] = {"get": "route.read", "post": "route.change"}
    creates = True

    class Query(StrictSerializer):
        archived = serializers.BooleanField(default=False, help_text="Also show archived routes.")

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=120)
        spec = SpecField()
        note = serializers.CharField(max_length=300, allow_blank=True, default="")

    @operation("route_list", "List routes", query=Query, page=RouteRowOutput)
    def get(self, request: Request) -> Response:
        return self.page(route_list(archived=self.query(self.Query)["archived"]), RouteRowOutput)

    @operation(
        "route_create", "Create a route and publish its first version", body=Input, output=RouteOutput, status=201
    )
    def post(self, request: Request) -> Response:
        data = self.parsed(self.Input)
        route = parsing_spec(lambda: route_create(**data))
        return _answer(route_detail(route.pk), status=201)


class RouteItem(TenantAPIView):
    """One route."""

    actions: ClassVar[dict[str, str]] = {"get": "route.read", "patch": "route.change"}

    class Change(StrictSerializer):
        spec = SpecField()
        base_version = serializers.IntegerField(min_value=1, allow_null=True, default=None, help_text=BASE_VERSION)
        note = serializers.CharField(max_length=300, allow_blank=True, default="")

    @operation("route_read", "Read a route with its current version", output=RouteOutput)
    def get(self, request: Request, route_id: UUID) -> Response:
        return _answer(route_detail(route_id))

    @operation("route_publish", "Publish a new version", body=Change, output=RouteOutput)
    def patch(self, request: Request, route_id: UUID) -> Response:
        data = self.parsed(self.Change)
        parsing_spec(lambda: route_publish(route_id, **data))
        return _answer(route_detail(route_id))


class RouteRollback(TenantAPIView):
    """Go back to an earlier version."""

    actions: ClassVar[dict[str, str]] = {"post": "route.change"}

    class Input(StrictSerializer):
        number = serializers.IntegerField(min_value=1, help_text="The version whose spec is published again.")
        base_version = serializers.IntegerField(min_value=1, allow_null=True, default=None, help_text=BASE_VERSION)
        note = serializers.CharField(max_length=300, allow_blank=True, default="")

    @operation("route_rollback", "Publish the spec of an earlier version again", body=Input, output=RouteOutput)
    def post(self, request: Request, route_id: UUID) -> Response:
        data = self.parsed(self.Input)
        parsing_spec(lambda: route_rollback(route_id, **data))
        return _answer(route_detail(route_id))


class RouteArchive(TenantAPIView):
    """Stop answering for a route."""

    actions: ClassVar[dict[str, str]] = {"post": "route.change"}

    @operation("route_archive", "Archive a route", output=RouteOutput)
    def post(self, request: Request, route_id: UUID) -> Response:
        return _answer(route_detail(route_archive(route_id).pk))


class RouteVersions(TenantAPIView):
    """All versions of a route."""

    actions: ClassVar[dict[str, str]] = {"get": "route.read"}

    @operation("route_version_list", "List the versions of a route", page=VersionOutput)
    def get(self, request: Request, route_id: UUID) -> Response:
        return self.page(version_list(access_route(route_id)), VersionOutput)


class ChangeOutput(serializers.Serializer[Any]):
    """One difference; candidates are named by their deployment."""

    path = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class RouteVersionItem(TenantAPIView):
    """One version of a route."""

    actions: ClassVar[dict[str, str]] = {"get": "route.read"}

    class Output(VersionOutput):
        changes = ChangeOutput(many=True, help_text="What this version changed against the one before.")

    @operation("route_version_read", "Read a version and what it changed", output=Output)
    def get(self, request: Request, route_id: UUID, number: int) -> Response:
        version = access_route_version(access_route(route_id), number)
        changes = version_diff(previous_version(version), version)
        data = VersionOutput(version).data | {"changes": ChangeOutput(changes, many=True).data}
        return Response(data)

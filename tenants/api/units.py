"""Units: departments, customers and projects, in a tree."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import access_unit
from tenants.domain import UnitKind
from tenants.rest import StrictSerializer, TenantAPIView, operation
from tenants.selectors import unit_list
from tenants.services import unit_archive, unit_change, unit_create

KINDS = [kind.value for kind in UnitKind]


class UnitOutput(serializers.Serializer[Any]):
    """A unit; `path` holds the ids from the root down to itself."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    parent_id = serializers.UUIDField(allow_null=True)
    path = serializers.ListField(child=serializers.UUIDField())
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class Units(TenantAPIView):
    """All units."""

    actions: ClassVar[dict[str, str]] = {"get": "unit.read", "post": "unit.change"}
    creates = True

    class Query(StrictSerializer):
        archived = serializers.BooleanField(default=False, help_text="Also show archived units.")

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=120)
        kind = serializers.ChoiceField(choices=KINDS)
        parent_id = serializers.UUIDField(required=False, allow_null=True, default=None)

    @operation("unit_list", "List units", query=Query, page=UnitOutput)
    def get(self, request: Request) -> Response:
        return self.page(unit_list(archived=self.query(self.Query)["archived"]), UnitOutput)

    @operation("unit_create", "Create a unit", body=Input, output=UnitOutput, status=201)
    def post(self, request: Request) -> Response:
        data = self.parsed(self.Input)
        unit = unit_create(name=data["name"], kind=UnitKind(data["kind"]), parent_id=data["parent_id"])
        return Response(UnitOutput(unit).data, status=201)


class UnitDetail(TenantAPIView):
    """One unit."""

    actions: ClassVar[dict[str, str]] = {"get": "unit.read", "patch": "unit.change"}

    class Change(StrictSerializer):
        name = serializers.CharField(max_length=120)
        kind = serializers.ChoiceField(choices=KINDS)

    @operation("unit_read", "Read a unit", output=UnitOutput)
    def get(self, request: Request, unit_id: UUID) -> Response:
        return Response(UnitOutput(access_unit(unit_id)).data)

    @operation("unit_change", "Change a unit", body=Change, output=UnitOutput)
    def patch(self, request: Request, unit_id: UUID) -> Response:
        unit = access_unit(unit_id, lock=True)
        wanted = {"name": unit.name, "kind": unit.kind} | self.parsed(self.Change, partial=True)
        unit = unit_change(unit_id, name=wanted["name"], kind=UnitKind(wanted["kind"]))
        return Response(UnitOutput(unit).data)


class UnitArchive(TenantAPIView):
    """Hide a unit from choices."""

    actions: ClassVar[dict[str, str]] = {"post": "unit.change"}

    @operation("unit_archive", "Archive a unit", output=UnitOutput)
    def post(self, request: Request, unit_id: UUID) -> Response:
        return Response(UnitOutput(unit_archive(unit_id, archived=True)).data)


class UnitRestore(TenantAPIView):
    """Bring an archived unit back."""

    actions: ClassVar[dict[str, str]] = {"post": "unit.change"}

    @operation("unit_restore", "Restore an archived unit", output=UnitOutput)
    def post(self, request: Request, unit_id: UUID) -> Response:
        return Response(UnitOutput(unit_archive(unit_id, archived=False)).data)

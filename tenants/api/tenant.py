"""The tenant of the token: its settings, and who is asking."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.domain import ACTIONS, TenantStatus, allowed
from tenants.rest import RolesField, StrictSerializer, TenantAPIView, operation
from tenants.scope import current_scope
from tenants.selectors import tenant_current
from tenants.services import tenant_change


class TenantOutput(serializers.Serializer[Any]):
    """A tenant."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    time_zone = serializers.CharField()
    cell_id = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in TenantStatus])
    created_at = serializers.DateTimeField()


class TenantSettings(TenantAPIView):
    """The tenant of the token."""

    actions: ClassVar[dict[str, str]] = {"get": "settings.read", "patch": "settings.change"}

    class Change(StrictSerializer):
        name = serializers.CharField(max_length=120)
        time_zone = serializers.CharField(max_length=64)

    @operation("tenant_read", "Read the tenant's settings", output=TenantOutput)
    def get(self, request: Request) -> Response:
        return Response(TenantOutput(tenant_current()).data)

    @operation("tenant_change", "Change the tenant's settings", body=Change, output=TenantOutput)
    def patch(self, request: Request) -> Response:
        tenant = tenant_current(lock=True)
        wanted = {"name": tenant.name, "time_zone": tenant.time_zone} | self.parsed(self.Change, partial=True)
        return Response(TenantOutput(tenant_change(current_scope(), **wanted)).data)


class Me(TenantAPIView):
    """Who the token is."""

    actions: ClassVar[dict[str, str]] = {"get": "home.read"}

    class Output(serializers.Serializer[Any]):
        """The actor behind the token, its tenant, and all it may do there."""

        kind = serializers.CharField()
        id = serializers.CharField()
        label = serializers.CharField()  # type: ignore[assignment]  # a field, not Serializer.label
        tenant = TenantOutput()
        roles = RolesField()
        permissions = serializers.ListField(child=serializers.CharField())

    @operation("me_read", "Who am I?", output=Output)
    def get(self, request: Request) -> Response:
        actor = current_scope().actor
        permissions = sorted(action for action in ACTIONS if allowed(actor.roles, action))
        answer = {"kind": actor.kind, "id": actor.id, "label": actor.label, "roles": actor.roles}
        return Response(self.Output({**answer, "tenant": tenant_current(), "permissions": permissions}).data)

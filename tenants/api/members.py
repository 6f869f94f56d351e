"""Members: people of the tenant and their roles. Inviting is in `invitations`."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import access_membership
from tenants.domain import Role
from tenants.rest import RolesField, StrictSerializer, TenantAPIView, operation
from tenants.selectors import membership_list
from tenants.services import member_change


class MemberOutput(serializers.Serializer[Any]):
    """A person in this tenant; `break_glass_reason` is set while platform staff has temporary access."""

    id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    roles = RolesField()
    active = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    break_glass_reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class Members(TenantAPIView):
    """All members."""

    actions: ClassVar[dict[str, str]] = {"get": "member.read"}

    @operation("member_list", "List members", page=MemberOutput)
    def get(self, request: Request) -> Response:
        return self.page(membership_list(), MemberOutput)


class MemberDetail(TenantAPIView):
    """One member."""

    actions: ClassVar[dict[str, str]] = {"get": "member.read", "patch": "member.change"}

    class Change(StrictSerializer):
        roles = RolesField()
        active = serializers.BooleanField()

    @operation("member_read", "Read a member", output=MemberOutput)
    def get(self, request: Request, membership_id: UUID) -> Response:
        return Response(MemberOutput(access_membership(membership_id)).data)

    @operation("member_change", "Change roles, or switch the membership off", body=Change, output=MemberOutput)
    def patch(self, request: Request, membership_id: UUID) -> Response:
        member = access_membership(membership_id, lock=True)
        present: dict[str, Any] = {"roles": [Role(role) for role in member.roles], "active": member.active}
        wanted = present | self.parsed(self.Change, partial=True)
        return Response(MemberOutput(member_change(membership_id, **wanted)).data)

"""Invitations: how people become members. The link goes out by mail and is never shown here."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import access_invitation
from tenants.links import invitation_url
from tenants.rest import RolesField, StrictSerializer, TenantAPIView, operation
from tenants.selectors import invitation_list
from tenants.services import invitation_revoke, member_invite


class InvitationOutput(serializers.Serializer[Any]):
    """An invitation."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    roles = RolesField()
    invited_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class Invitations(TenantAPIView):
    """All invitations."""

    actions: ClassVar[dict[str, str]] = {"get": "member.read", "post": "member.change"}
    creates = True

    class Query(StrictSerializer):
        open_only = serializers.BooleanField(default=True, help_text="Leave out accepted, revoked and expired ones.")

    class Input(StrictSerializer):
        email = serializers.EmailField(max_length=254)
        roles = RolesField()

    @operation("invitation_list", "List invitations", query=Query, page=InvitationOutput)
    def get(self, request: Request) -> Response:
        return self.page(invitation_list(open_only=self.query(self.Query)["open_only"]), InvitationOutput)

    @operation("invitation_create", "Invite a person by mail", body=Input, output=InvitationOutput, status=201)
    def post(self, request: Request) -> Response:
        data = self.parsed(self.Input)
        invitation = member_invite(email=data["email"], roles=data["roles"], accept_url=invitation_url())
        return Response(InvitationOutput(invitation).data, status=201)


class InvitationDetail(TenantAPIView):
    """One invitation."""

    actions: ClassVar[dict[str, str]] = {"get": "member.read"}

    @operation("invitation_read", "Read an invitation", output=InvitationOutput)
    def get(self, request: Request, invitation_id: UUID) -> Response:
        return Response(InvitationOutput(access_invitation(invitation_id)).data)


class InvitationRevoke(TenantAPIView):
    """Take an invitation back."""

    actions: ClassVar[dict[str, str]] = {"post": "member.change"}

    @operation("invitation_revoke", "Revoke an invitation", output=InvitationOutput)
    def post(self, request: Request, invitation_id: UUID) -> Response:
        return Response(InvitationOutput(invitation_revoke(invitation_id)).data)

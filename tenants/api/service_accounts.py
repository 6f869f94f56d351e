"""Service accounts: programs that use this API, and the tokens they use."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import access_api_token, access_service_account
from tenants.domain import Role
from tenants.rest import RolesField, StrictSerializer, TenantAPIView, operation
from tenants.selectors import api_token_list, service_account_list
from tenants.services import api_token_issue, api_token_revoke, service_account_change, service_account_create


class ServiceAccountOutput(serializers.Serializer[Any]):
    """A service account."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    roles = RolesField()
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ApiTokenOutput(serializers.Serializer[Any]):
    """A token of a service account; the secret itself is shown when it is issued and never again."""

    id = serializers.UUIDField()
    service_account_id = serializers.UUIDField()
    prefix = serializers.CharField()
    last4 = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class IssuedTokenOutput(ApiTokenOutput):
    """A fresh token with its secret."""

    secret = serializers.CharField(allow_null=True, help_text="Shown once; null when the answer is a replay.")


class ServiceAccounts(TenantAPIView):
    """All service accounts."""

    actions: ClassVar[dict[str, str]] = {"get": "service_account.read", "post": "service_account.change"}
    creates = True

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=120)
        roles = RolesField()

    @operation("service_account_list", "List service accounts", page=ServiceAccountOutput)
    def get(self, request: Request) -> Response:
        return self.page(service_account_list(), ServiceAccountOutput)

    @operation(
        "service_account_create", "Create a service account", body=Input, output=ServiceAccountOutput, status=201
    )
    def post(self, request: Request) -> Response:
        account = service_account_create(**self.parsed(self.Input))
        return Response(ServiceAccountOutput(account).data, status=201)


class ServiceAccountDetail(TenantAPIView):
    """One service account."""

    actions: ClassVar[dict[str, str]] = {"get": "service_account.read", "patch": "service_account.change"}

    class Change(StrictSerializer):
        name = serializers.CharField(max_length=120)
        roles = RolesField()
        active = serializers.BooleanField()

    @operation("service_account_read", "Read a service account", output=ServiceAccountOutput)
    def get(self, request: Request, account_id: UUID) -> Response:
        return Response(ServiceAccountOutput(access_service_account(account_id)).data)

    @operation("service_account_change", "Change a service account", body=Change, output=ServiceAccountOutput)
    def patch(self, request: Request, account_id: UUID) -> Response:
        account = access_service_account(account_id, lock=True)
        roles = [Role(role) for role in account.roles]
        present: dict[str, Any] = {"name": account.name, "roles": roles, "active": account.active}
        wanted = present | self.parsed(self.Change, partial=True)
        return Response(ServiceAccountOutput(service_account_change(account_id, **wanted)).data)


class ApiTokens(TenantAPIView):
    """All tokens of one service account."""

    actions: ClassVar[dict[str, str]] = {"get": "service_account.read", "post": "service_account.change"}
    creates = True

    class Input(StrictSerializer):
        days = serializers.IntegerField(
            min_value=1, max_value=3650, required=False, allow_null=True, default=None,
            help_text="How long it is valid; null = until it is revoked.",
        )  # fmt: skip

    @operation("api_token_list", "List the tokens of a service account", page=ApiTokenOutput)
    def get(self, request: Request, account_id: UUID) -> Response:
        return self.page(api_token_list(access_service_account(account_id)), ApiTokenOutput)

    @operation("api_token_issue", "Issue a token, shown once", body=Input, output=IssuedTokenOutput, status=201)
    def post(self, request: Request, account_id: UUID) -> Response:
        token, secret = api_token_issue(account_id, days=self.parsed(self.Input)["days"])
        return Response(ApiTokenOutput(token).data | {"secret": secret.secret}, status=201)


class ApiTokenDetail(TenantAPIView):
    """One token."""

    actions: ClassVar[dict[str, str]] = {"get": "service_account.read"}

    @operation("api_token_read", "Read a token", output=ApiTokenOutput)
    def get(self, request: Request, account_id: UUID, token_id: UUID) -> Response:
        return Response(ApiTokenOutput(access_api_token(account_id, token_id)).data)


class ApiTokenRevoke(TenantAPIView):
    """Revoke a token."""

    actions: ClassVar[dict[str, str]] = {"post": "service_account.change"}

    @operation("api_token_revoke", "Revoke a token", output=ApiTokenOutput)
    def post(self, request: Request, account_id: UUID, token_id: UUID) -> Response:
        token = access_api_token(account_id, token_id)
        return Response(ApiTokenOutput(api_token_revoke(token.id)).data)

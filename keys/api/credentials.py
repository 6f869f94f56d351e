"""Provider credentials. A secret goes in and never comes out."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from keys.access import access_credential
from keys.selectors import credential_list
from keys.services import credential_create, credential_delete, credential_rotate
from tenants.rest import StrictSerializer, TenantAPIView, operation


class CredentialOutput(serializers.Serializer[Any]):
    """A credential without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    last4 = serializers.CharField(help_text="Empty when the secret is too short to show a part of it.")
    created_at = serializers.DateTimeField()
    rotated_at = serializers.DateTimeField()


class SecretField(serializers.CharField):
    """A secret as sent; spaces are kept so that the service can refuse them by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=8192, trim_whitespace=False, write_only=True, **kwargs)


class Credentials(TenantAPIView):
    """All credentials."""

    actions: ClassVar[dict[str, str]] = {"get": "credential.read", "post": "credential.change"}
    creates = True

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=120)
        kind = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}\Z", help_text="Kind of provider, for example openai.")
        secret = SecretField()

    @operation("credential_list", "List provider credentials", page=CredentialOutput)
    def get(self, request: Request) -> Response:
        return self.page(credential_list(), CredentialOutput)

    @operation("credential_create", "Store a provider credential", body=Input, output=CredentialOutput, status=201)
    def post(self, request: Request) -> Response:
        return Response(CredentialOutput(credential_create(**self.parsed(self.Input))).data, status=201)


class CredentialDetail(TenantAPIView):
    """One credential."""

    actions: ClassVar[dict[str, str]] = {"get": "credential.read", "delete": "credential.change"}

    @operation("credential_read", "Read a provider credential, without its secret", output=CredentialOutput)
    def get(self, request: Request, credential_id: UUID) -> Response:
        return Response(CredentialOutput(access_credential(credential_id)).data)

    @operation("credential_delete", "Forget a credential that no provider uses", status=204)
    def delete(self, request: Request, credential_id: UUID) -> Response:
        credential_delete(credential_id)
        return Response(status=204)


class CredentialRotate(TenantAPIView):
    """Replace the secret of a credential."""

    actions: ClassVar[dict[str, str]] = {"post": "credential.change"}

    class Input(StrictSerializer):
        secret = SecretField()

    @operation("credential_rotate", "Replace the secret", body=Input, output=CredentialOutput)
    def post(self, request: Request, credential_id: UUID) -> Response:
        return Response(CredentialOutput(credential_rotate(credential_id, **self.parsed(self.Input))).data)

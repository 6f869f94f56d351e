"""Providers, and the kinds there are."""

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.access import access_provider
from routing.domain.control import ProviderConfig
from routing.domain.providers import KINDS, ProviderKind
from routing.selectors.configuration import provider_list
from routing.services import provider_archive, provider_change, provider_config, provider_create
from tenants.rest import StrictSerializer, TenantAPIView, operation

SLUGS = list(KINDS)


class ProviderOutput(serializers.Serializer[Any]):
    """A place where models are served. Its credential is never shown, only named."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=SLUGS)
    base_url = serializers.CharField(help_text="Empty: the public address of the kind.")
    api_version = serializers.CharField()
    credential_id = serializers.UUIDField(allow_null=True)
    region = serializers.CharField()
    residency = serializers.CharField()
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ProviderKindOutput(serializers.Serializer[Any]):
    """A kind of provider: what it needs and what it can do."""

    kind = serializers.CharField(source="slug")
    title = serializers.CharField()
    wire = serializers.CharField(help_text="`openai`: bytes pass through; `provider`: translated by us.")
    base_url = serializers.CharField(help_text="Public address; empty where there is none.")
    base_url_example = serializers.CharField()
    needs_base_url = serializers.BooleanField()
    needs_credential = serializers.BooleanField()
    takes_api_version = serializers.BooleanField()
    supports = serializers.SerializerMethodField()
    docs_url = serializers.CharField()

    def get_supports(self, kind: ProviderKind) -> list[str]:
        """What its API offers."""
        return sorted(kind.supports)


class ProviderKinds(TenantAPIView):
    """All kinds of providers."""

    actions: ClassVar[dict[str, str]] = {"get": "provider.read"}

    class Output(serializers.Serializer[Any]):
        results = ProviderKindOutput(many=True)

    @operation("provider_kind_list", "List kinds of providers", output=Output)
    def get(self, request: Request) -> Response:
        return Response({"results": ProviderKindOutput(list(KINDS.values()), many=True).data})


class Providers(TenantAPIView):
    """All providers."""

    actions: ClassVar[dict[str, str]] = {"get": "provider.read", "post": "provider.change"}
    creates = True

    class Query(StrictSerializer):
        archived = serializers.BooleanField(default=False, help_text="Also show archived providers.")

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=120)
        kind = serializers.ChoiceField(choices=SLUGS)
        base_url = serializers.CharField(max_length=300, allow_blank=True, default="")
        api_version = serializers.CharField(max_length=40, allow_blank=True, default="")
        credential_id = serializers.UUIDField(allow_null=True, default=None)
        region = serializers.CharField(max_length=60, allow_blank=True, default="")
        residency = serializers.CharField(max_length=60, allow_blank=True, default="")

    @operation("provider_list", "List providers", query=Query, page=ProviderOutput)
    def get(self, request: Request) -> Response:
        return self.page(provider_list(archived=self.query(self.Query)["archived"]), ProviderOutput)

    @operation("provider_create", "Create a provider", body=Input, output=ProviderOutput, status=201)
    def post(self, request: Request) -> Response:
        provider = provider_create(ProviderConfig(**self.parsed(self.Input)))
        return Response(ProviderOutput(provider).data, status=201)


class ProviderDetail(TenantAPIView):
    """One provider."""

    actions: ClassVar[dict[str, str]] = {"get": "provider.read", "patch": "provider.change"}

    class Change(StrictSerializer):
        name = serializers.CharField(max_length=120)
        base_url = serializers.CharField(max_length=300, allow_blank=True)
        api_version = serializers.CharField(max_length=40, allow_blank=True)
        credential_id = serializers.UUIDField(allow_null=True)
        region = serializers.CharField(max_length=60, allow_blank=True)
        residency = serializers.CharField(max_length=60, allow_blank=True)

    @operation("provider_read", "Read a provider", output=ProviderOutput)
    def get(self, request: Request, provider_id: UUID) -> Response:
        return Response(ProviderOutput(access_provider(provider_id)).data)

    @operation("provider_change", "Change a provider", body=Change, output=ProviderOutput)
    def patch(self, request: Request, provider_id: UUID) -> Response:
        present = provider_config(access_provider(provider_id, lock=True))
        wanted = asdict(present) | self.parsed(self.Change, partial=True)
        return Response(ProviderOutput(provider_change(provider_id, ProviderConfig(**wanted))).data)


class ProviderArchive(TenantAPIView):
    """Put a provider away."""

    actions: ClassVar[dict[str, str]] = {"post": "provider.change"}

    @operation("provider_archive", "Archive a provider that no deployment uses", output=ProviderOutput)
    def post(self, request: Request, provider_id: UUID) -> Response:
        return Response(ProviderOutput(provider_archive(provider_id)).data)

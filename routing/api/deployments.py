"""Deployments and how they have done lately."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.access import access_deployment
from routing.api.fields import PriceInput, PriceOutput, price_from
from routing.domain.control import DeploymentConfig, ModelTraits
from routing.models import Deployment
from routing.selectors.configuration import deployment_health, deployment_list
from routing.services import deployment_archive, deployment_change, deployment_config, deployment_create, price_of
from tenants.rest import StrictSerializer, TenantAPIView, operation

TRAITS = tuple(ModelTraits.__dataclass_fields__)
CATALOGUE = "Left out or null: taken from the price catalogue."


class DeploymentOutput(serializers.Serializer[Any]):
    """A model at a provider."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    provider_id = serializers.UUIDField()
    model = serializers.CharField()
    context_window = serializers.IntegerField(allow_null=True)
    max_output_tokens = serializers.IntegerField(allow_null=True)
    supports_tools = serializers.BooleanField()
    supports_json = serializers.BooleanField()
    supports_vision = serializers.BooleanField()
    supports_streaming = serializers.BooleanField()
    price = serializers.SerializerMethodField()
    priced = serializers.BooleanField(help_text="Hard budgets refuse deployments that are not priced.")
    price_source = serializers.CharField(help_text="`given`, or the file of the price catalogue.")
    quality = serializers.FloatField()
    enabled = serializers.BooleanField()
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_price(self, deployment: Deployment) -> PriceOutput:
        """Prices in USD for a million tokens."""
        return PriceOutput(price_of(deployment)).data  # type: ignore[return-value]  # the hint is for the schema


class TraitsInput(StrictSerializer):
    """What a model can do."""

    context_window = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    max_output_tokens = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    supports_tools = serializers.BooleanField(allow_null=True, default=None)
    supports_json = serializers.BooleanField(allow_null=True, default=None)
    supports_vision = serializers.BooleanField(allow_null=True, default=None)
    supports_streaming = serializers.BooleanField(allow_null=True, default=None)


class Deployments(TenantAPIView):
    """All deployments."""

    actions: ClassVar[dict[str, str]] = {"get": "deployment.read", "post": "deployment.change"}
    creates = True

    class Query(StrictSerializer):
        archived = serializers.BooleanField(default=False, help_text="Also show archived deployments.")

    class Input(TraitsInput):
        name = serializers.CharField(max_length=120)
        provider_id = serializers.UUIDField()
        model = serializers.CharField(max_length=200)
        price = PriceInput(allow_null=True, default=None, help_text=CATALOGUE)
        quality = serializers.FloatField(min_value=0, max_value=1, default=0.5)
        enabled = serializers.BooleanField(default=True)

    @operation("deployment_list", "List deployments", query=Query, page=DeploymentOutput)
    def get(self, request: Request) -> Response:
        return self.page(deployment_list(archived=self.query(self.Query)["archived"]), DeploymentOutput)

    @operation("deployment_create", "Create a deployment", body=Input, output=DeploymentOutput, status=201)
    def post(self, request: Request) -> Response:
        data = self.parsed(self.Input)
        traits = ModelTraits(**{name: data.pop(name) for name in TRAITS})
        price = data.pop("price")
        config = DeploymentConfig(**data, traits=traits, price=None if price is None else price_from(price))
        return Response(DeploymentOutput(deployment_create(config)).data, status=201)


class DeploymentDetail(TenantAPIView):
    """One deployment."""

    actions: ClassVar[dict[str, str]] = {"get": "deployment.read", "patch": "deployment.change"}

    class Change(TraitsInput):
        name = serializers.CharField(max_length=120)
        price = PriceInput(allow_null=True, help_text="Replaces all prices; null takes the price catalogue's again.")
        quality = serializers.FloatField(min_value=0, max_value=1)
        enabled = serializers.BooleanField()

    @operation("deployment_read", "Read a deployment", output=DeploymentOutput)
    def get(self, request: Request, deployment_id: UUID) -> Response:
        return Response(DeploymentOutput(access_deployment(deployment_id)).data)

    @operation("deployment_change", "Change a deployment", body=Change, output=DeploymentOutput)
    def patch(self, request: Request, deployment_id: UUID) -> Response:
        present = deployment_config(access_deployment(deployment_id, lock=True))
        data = self.parsed(self.Change, partial=True)
        traits = replace(present.traits, **{name: data.pop(name) for name in TRAITS if name in data})
        if data.get("price") is not None:
            data["price"] = price_from(data["price"])
        deployment = deployment_change(deployment_id, replace(present, traits=traits, **data))
        return Response(DeploymentOutput(deployment).data)


class DeploymentArchive(TenantAPIView):
    """Put a deployment away."""

    actions: ClassVar[dict[str, str]] = {"post": "deployment.change"}

    @operation("deployment_archive", "Archive a deployment that no route uses", output=DeploymentOutput)
    def post(self, request: Request, deployment_id: UUID) -> Response:
        return Response(DeploymentOutput(deployment_archive(deployment_id)).data)


class HealthOutput(serializers.Serializer[Any]):
    """The last quarter of an hour of one deployment."""

    deployment_id = serializers.UUIDField()
    tries = serializers.IntegerField()
    errors = serializers.IntegerField(help_text="Tries that failed by the provider's fault.")  # type: ignore[assignment]  # a field
    error_rate = serializers.FloatField(allow_null=True)
    p50_ms = serializers.IntegerField(allow_null=True)
    p95_ms = serializers.IntegerField(allow_null=True)


class DeploymentHealth(TenantAPIView):
    """Health of the deployments that were tried lately."""

    actions: ClassVar[dict[str, str]] = {"get": "deployment.read"}

    class Output(serializers.Serializer[Any]):
        results = HealthOutput(many=True)

    @operation("deployment_health", "Health of deployments in the last 15 minutes", output=Output)
    def get(self, request: Request) -> Response:
        found = deployment_health(now=timezone.now())
        rows = [
            {
                "deployment_id": key,
                "tries": health.tries,
                "errors": health.errors,
                "error_rate": health.error_rate,
                "p50_ms": health.p50_ms,
                "p95_ms": health.p95_ms,
            }
            for key, health in sorted(found.items())
        ]
        return Response({"results": HealthOutput(rows, many=True).data})

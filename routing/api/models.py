"""The price catalogue: models that are known at a kind of provider, with prices and traits."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api.fields import PriceOutput
from routing.domain.providers import KINDS
from routing.selectors.catalogue import model_list
from tenants.rest import StrictSerializer, TenantAPIView, operation


class ModelOutput(serializers.Serializer[Any]):
    """A model as the catalogue knows it; null where it is silent."""

    kind = serializers.ChoiceField(choices=list(KINDS))
    model = serializers.CharField(source="entry.model")
    mode = serializers.CharField(source="entry.mode")
    context_window = serializers.IntegerField(
        source="entry.context_window", allow_null=True, help_text="As far as the price is flat."
    )
    full_context_window = serializers.IntegerField(source="entry.full_context_window", allow_null=True)
    max_output_tokens = serializers.IntegerField(source="entry.max_output_tokens", allow_null=True)
    supports_tools = serializers.BooleanField(source="entry.supports_tools", allow_null=True)
    supports_json = serializers.BooleanField(source="entry.supports_json", allow_null=True)
    supports_vision = serializers.BooleanField(source="entry.supports_vision", allow_null=True)
    supports_streaming = serializers.BooleanField(source="entry.supports_streaming", allow_null=True)
    price = PriceOutput(source="entry.price")
    source = serializers.CharField(source="entry.source")  # type: ignore[assignment]  # a field


class Models(TenantAPIView):
    """Models of one kind of provider."""

    actions: ClassVar[dict[str, str]] = {"get": "deployment.read"}

    class Query(StrictSerializer):
        kind = serializers.ChoiceField(choices=list(KINDS))
        search = serializers.CharField(required=False, default="", max_length=200, help_text="Part of the name.")
        limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
        cursor = serializers.CharField(required=False, default="", max_length=200, help_text="`next_cursor` before.")

    class Output(serializers.Serializer[Any]):
        results = ModelOutput(many=True)
        next_cursor = serializers.CharField(allow_null=True)

    @operation("model_list", "Look up models and prices", query=Query, output=Output)
    def get(self, request: Request) -> Response:
        wanted = self.query(self.Query)
        found = [
            row
            for row in model_list(kind=wanted["kind"], search=wanted["search"])
            if row.entry.model > wanted["cursor"]
        ]
        shown = found[: wanted["limit"]]
        cursor = shown[-1].entry.model if len(found) > len(shown) else None
        return Response({"results": ModelOutput(shown, many=True).data, "next_cursor": cursor})

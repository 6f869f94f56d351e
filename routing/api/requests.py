"""Requests: the list, and one with its decision explained."""

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api.fields import DayField, NanoUsdField
from routing.domain.control import CacheUse, RequestStatus
from routing.selectors.filters import RequestFilter
from routing.selectors.requests import RequestDetail, request_detail, request_list
from tenants.rest import StrictSerializer, TenantAPIView, operation

STATUSES = [status.value for status in RequestStatus]


class RequestOutput(serializers.Serializer[Any]):
    """A request and what became of it; `cost` is null where no price was known."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=STATUSES)
    http_status = serializers.IntegerField(allow_null=True)
    error_code = serializers.CharField()
    virtual_key_id = serializers.UUIDField(allow_null=True)
    unit_id = serializers.UUIDField(allow_null=True)
    route_id = serializers.UUIDField(allow_null=True)
    route_version = serializers.IntegerField(allow_null=True)
    deployment_id = serializers.UUIDField(allow_null=True)
    model_asked = serializers.CharField()
    model_served = serializers.CharField()
    surface = serializers.CharField()
    stream = serializers.BooleanField()
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    usage_estimated = serializers.BooleanField()
    cost = NanoUsdField(allow_null=True)
    saved = NanoUsdField(help_text="What a cached answer would have cost, USD.")
    latency_ms = serializers.IntegerField(allow_null=True)
    first_token_ms = serializers.IntegerField(allow_null=True)
    overhead_ms = serializers.FloatField(allow_null=True)
    cache = serializers.ChoiceField(choices=[use.value for use in CacheUse])
    run_id = serializers.UUIDField(allow_null=True)


class CauseOutput(serializers.Serializer[Any]):
    """Why a candidate was dropped."""

    rule = serializers.CharField()
    text = serializers.CharField()


class PartOutput(serializers.Serializer[Any]):
    """One value that the strategy compared."""

    name = serializers.CharField()
    value = serializers.FloatField()


class CandidateOutput(serializers.Serializer[Any]):
    """One candidate of the route."""

    deployment_id = serializers.CharField()
    name = serializers.CharField()
    tier = serializers.CharField()
    fate = serializers.ChoiceField(choices=["chosen", "fallback", "dropped"])
    rung = serializers.IntegerField(allow_null=True, help_text="Place on the ladder; 1 is the chosen one.")
    causes = CauseOutput(many=True)
    cost_low = NanoUsdField(allow_null=True, help_text="Likely cost, USD.")
    cost_high = NanoUsdField(allow_null=True, help_text="Highest cost, USD.")
    latency_ms = serializers.IntegerField()
    latency_measured = serializers.BooleanField()
    parts = PartOutput(many=True)


class FeatureOutput(serializers.Serializer[Any]):
    """What one feature of the prompt added to its difficulty."""

    name = serializers.CharField()
    value = serializers.FloatField()
    contribution = serializers.FloatField()


class DifficultyOutput(serializers.Serializer[Any]):
    """How hard the prompt looked."""

    score = serializers.FloatField(allow_null=True)
    band = serializers.CharField()
    why_unsure = serializers.CharField()
    features = FeatureOutput(many=True)


class ExplanationOutput(serializers.Serializer[Any]):
    """The decision, for a reader."""

    route = serializers.CharField()
    version = serializers.IntegerField()
    strategy = serializers.CharField()
    reason = serializers.CharField()
    reason_text = serializers.CharField()
    candidates = CandidateOutput(many=True)
    ladder = serializers.ListField(child=serializers.CharField())
    runner_up = serializers.CharField(allow_null=True)
    margin_text = serializers.CharField()
    counterfactual_text = serializers.CharField()
    refusal_text = serializers.CharField()
    difficulty = DifficultyOutput(allow_null=True)
    request = serializers.DictField(help_text="What was known of the request; never its text.")


class AttemptOutput(serializers.Serializer[Any]):
    """One try at one deployment."""

    deployment_id = serializers.CharField()
    name = serializers.CharField()
    model = serializers.CharField()
    outcome = serializers.CharField()
    http_status = serializers.IntegerField(allow_null=True)
    milliseconds = serializers.IntegerField(allow_null=True)
    held = NanoUsdField(allow_null=True, help_text="What was reserved for it, USD.")
    hold_id = serializers.CharField()


class LedgerRowOutput(serializers.Serializer[Any]):
    """How one hold of the request ended."""

    hold_id = serializers.UUIDField()
    kind = serializers.CharField()
    amount = NanoUsdField(help_text="What was booked, USD.")
    held = NanoUsdField(help_text="What had been reserved, USD.")
    at = serializers.DateTimeField()


class RequestDetailOutput(RequestOutput):
    """A request with its story."""

    route = serializers.CharField()
    deployment = serializers.CharField()
    key = serializers.CharField()
    unit = serializers.CharField()
    usage_raw = serializers.JSONField(allow_null=True, help_text="The provider's own usage object.")
    decision = serializers.JSONField(allow_null=True, help_text="Complete and replayable.")
    explanation = ExplanationOutput(allow_null=True)
    attempts = AttemptOutput(many=True)
    ledger = LedgerRowOutput(many=True)


class Requests(TenantAPIView):
    """All requests."""

    actions: ClassVar[dict[str, str]] = {"get": "request.read"}

    class Query(StrictSerializer):
        since = DayField(required=False, help_text="First day in the reporting zone, included.")
        until = DayField(required=False, help_text="Last day, included.")
        status = serializers.ChoiceField(choices=STATUSES, required=False)
        model = serializers.CharField(required=False, max_length=200)
        route_id = serializers.UUIDField(required=False)
        deployment_id = serializers.UUIDField(required=False)
        virtual_key_id = serializers.UUIDField(required=False)
        unit_id = serializers.UUIDField(required=False, help_text="Includes the units below it.")
        run_id = serializers.UUIDField(required=False, help_text="Requests of this run of a workflow.")
        text = serializers.CharField(required=False, max_length=36, help_text="A request id or its beginning.")

    @operation("request_list", "List requests, newest first", query=Query, page=RequestOutput)
    def get(self, request: Request) -> Response:
        return self.page(request_list(RequestFilter(**self.query(self.Query))), RequestOutput)


class RequestItem(TenantAPIView):
    """One request."""

    actions: ClassVar[dict[str, str]] = {"get": "request.read"}

    @operation("request_read", "Read a request with its decision explained", output=RequestDetailOutput)
    def get(self, request: Request, request_id: UUID) -> Response:
        return Response(_story(request_detail(request_id)))


def _story(detail: RequestDetail) -> dict[str, Any]:
    names = {name: getattr(detail.row, name) for name in ("route", "deployment", "key", "unit")}
    explanation = ExplanationOutput(detail.explanation).data if detail.explanation else None
    return {
        **RequestOutput(detail.record).data,
        **names,
        "usage_raw": detail.record.usage_raw,
        "decision": detail.record.decision,
        "explanation": explanation,
        "attempts": AttemptOutput([asdict(attempt) for attempt in detail.attempts], many=True).data,
        "ledger": LedgerRowOutput(detail.ledger, many=True).data,
    }

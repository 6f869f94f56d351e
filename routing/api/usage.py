"""Usage: totals, by day, by what it belongs to, and as CSV. Days are days of the tenant's reporting zone."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api.fields import DayField, NanoUsdField
from routing.reconcile import usage_proof
from routing.selectors.filters import FIRST_DAY, UsageFilter, last_days, reporting_zone
from routing.selectors.usage import GROUPS, usage_by, usage_series, usage_series_by, usage_totals
from routing.selectors.usage_export import csv_text, usage_export
from tenants.errors import Invalid
from tenants.rest import StrictSerializer, TenantAPIView, operation

DEFAULT_DAYS = 30
MAX_DAYS = 732
BY = list(GROUPS)


class UsageQuery(StrictSerializer):
    """Which usage; the last 30 days when no day is named."""

    since = DayField(required=False, help_text="First day, included.")
    until = DayField(required=False, help_text="Last day, included.")
    model = serializers.CharField(required=False, max_length=200, help_text="Name of the model that served.")
    route_id = serializers.UUIDField(required=False)
    deployment_id = serializers.UUIDField(required=False)
    virtual_key_id = serializers.UUIDField(required=False)
    unit_id = serializers.UUIDField(required=False, help_text="Includes the units below it.")


class SeriesQuery(UsageQuery):
    """Which usage, and whether to split each day."""

    by = serializers.ChoiceField(choices=BY, required=False, help_text="Split each day by this.")


class TotalsOutput(serializers.Serializer[Any]):
    """Figures. Token buckets do not overlap; latencies are those of full answers that a provider gave."""

    calls = serializers.IntegerField()
    served = serializers.IntegerField(help_text="Answered in full by a provider.")
    cached = serializers.IntegerField(help_text="Answered from the cache.")
    refused = serializers.IntegerField(help_text="Refused before any provider was called.")
    errors = serializers.IntegerField(help_text="Failed, or cut off in mid-answer.")  # type: ignore[assignment]  # a field
    cancelled = serializers.IntegerField(help_text="Ended by the client.")
    error_rate = serializers.FloatField(allow_null=True)
    cache_rate = serializers.FloatField(allow_null=True)
    tokens = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    cost = NanoUsdField()
    saved = NanoUsdField(help_text="What cached answers would have cost, USD.")
    unpriced = serializers.IntegerField(help_text="Requests whose cost is not known and not in `cost`.")
    estimated = serializers.IntegerField(help_text="Requests charged at their upper bound.")
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    first_token_p50_ms = serializers.FloatField(allow_null=True)
    first_token_p95_ms = serializers.FloatField(allow_null=True)


class PeriodOutput(serializers.Serializer[Any]):
    """The days that were summed."""

    since = serializers.DateField()
    until = serializers.DateField()
    time_zone = serializers.CharField()


class DayOutput(serializers.Serializer[Any]):
    """One day, or one group on one day."""

    day = serializers.DateField()
    partial = serializers.BooleanField(required=False, help_text="The day is not over.")  # type: ignore[assignment]  # a field
    key = serializers.CharField(required=False, allow_null=True)
    label = serializers.CharField(required=False)  # type: ignore[assignment]  # a field
    totals = TotalsOutput()


class GroupOutput(serializers.Serializer[Any]):
    """One model, route, deployment, unit or key."""

    key = serializers.CharField(allow_null=True, help_text="Its id, or the name of a model; null for none.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    totals = TotalsOutput()


class UsageView(TenantAPIView):
    """What all usage endpoints share."""

    actions: ClassVar[dict[str, str]] = {"get": "usage.read"}

    def wanted(self, **given: Any) -> UsageFilter:
        """The filter of the query, the last days where none are named."""
        zone = reporting_zone()
        until = given.pop("until", None) or last_days(1, zone=zone, now=timezone.now()).until
        since = given.pop("since", None) or max(until - timedelta(days=DEFAULT_DAYS - 1), FIRST_DAY)
        if not timedelta(0) <= until - since < timedelta(days=MAX_DAYS):
            text = _("Name at most %(days)d days, the first one first.") % {"days": MAX_DAYS}
            raise Invalid(errors={"since": [text]})
        return UsageFilter(since=since, until=until, **given)

    def period(self, wanted: UsageFilter) -> dict[str, Any]:
        """The period as part of an answer."""
        return {"since": wanted.since, "until": wanted.until, "time_zone": str(reporting_zone())}


class UsageTotals(UsageView):
    """Everything together."""

    class Output(PeriodOutput):
        totals = TotalsOutput()

    @operation("usage_totals", "Usage in one sum", query=UsageQuery, output=Output)
    def get(self, request: Request) -> Response:
        wanted = self.wanted(**self.query(UsageQuery))
        return Response(self.Output(self.period(wanted) | {"totals": usage_totals(wanted)}).data)


class UsageSeries(UsageView):
    """Day by day."""

    class Output(PeriodOutput):
        results = DayOutput(many=True)

    @operation("usage_series", "Usage by day", query=SeriesQuery, output=Output)
    def get(self, request: Request) -> Response:
        query = self.query(SeriesQuery)
        by = query.pop("by", None)
        wanted = self.wanted(**query)
        rows: list[Any] = [*(usage_series_by(wanted, by) if by else usage_series(wanted, now=timezone.now()))]
        return Response(self.Output(self.period(wanted) | {"results": rows}).data)


class UsageBy(UsageView):
    """By model, route, deployment, unit or key."""

    class Output(PeriodOutput):
        results = GroupOutput(many=True)

    @extend_schema(parameters=[OpenApiParameter("by", OpenApiTypes.STR, OpenApiParameter.PATH, enum=BY)])
    @operation("usage_by", "Usage by what it belongs to, dearest first", query=UsageQuery, output=Output)
    def get(self, request: Request, by: Any) -> Response:
        wanted = self.wanted(**self.query(UsageQuery))
        return Response(self.Output(self.period(wanted) | {"results": usage_by(wanted, by)}).data)


class UsageCheck(UsageView):
    """The proof that usage and ledger agree."""

    class Query(StrictSerializer):
        since = DayField(required=False, help_text="First day, included.")
        until = DayField(required=False, help_text="Last day, included.")

    class Output(PeriodOutput):
        agrees = serializers.BooleanField(help_text="Every recorded request costs exactly what was booked for it.")
        requests = serializers.IntegerField()
        cost = NanoUsdField()
        booked = NanoUsdField(help_text="What the ledger booked for these requests, USD.")
        differing = serializers.ListField(child=serializers.UUIDField(), help_text="Requests that differ, at most 20.")
        unrecorded = serializers.IntegerField(help_text="Holds of calls whose record was lost; booked in full.")
        unrecorded_amount = NanoUsdField()

    @operation("usage_check", "Prove that usage and ledger agree", query=Query, output=Output)
    def get(self, request: Request) -> Response:
        wanted = self.wanted(**self.query(self.Query))
        proof = usage_proof(since=wanted.since, until=wanted.until)
        return Response(self.Output(self.period(wanted) | asdict(proof) | {"agrees": proof.agrees}).data)


class CsvRenderer(BaseRenderer):
    """Text as it is; a problem, which is no text, as JSON."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        """The bytes to send."""
        return (data if isinstance(data, str) else json.dumps(data)).encode()


class UsageExport(UsageView):
    """As CSV."""

    renderer_classes = [CsvRenderer, JSONRenderer]

    @extend_schema(
        operation_id="usage_export",
        summary="Usage as CSV, one row for each day and combination",
        parameters=[UsageQuery],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response:
        wanted = self.wanted(**self.query(UsageQuery))
        name = f"usage-{wanted.since}-{wanted.until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(csv_text(usage_export(wanted)), headers=headers, content_type="text/csv; charset=utf-8")

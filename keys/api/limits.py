"""Limits: budgets and quotas of keys, units and the tenant."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from keys.access import access_limit
from keys.api.fields import AmountField, read_amount, shown_amount
from keys.domain.limits import LimitScope, Meter, Window
from keys.selectors import limit_list
from keys.services import limit_change, limit_create, limit_deactivate
from tenants.rest import StrictSerializer, TenantAPIView, operation

METERS = [meter.value for meter in Meter]
WINDOWS = [window.value for window in Window]


class LimitOutput(serializers.Serializer[Any]):
    """A limit. Amounts are text: dollars for the meter `cost`, else a number of requests."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=[scope.value for scope in LimitScope])
    virtual_key_id = serializers.UUIDField(allow_null=True)
    unit_id = serializers.UUIDField(allow_null=True)
    meter = serializers.ChoiceField(choices=METERS)
    window = serializers.ChoiceField(choices=WINDOWS)
    amount = serializers.SerializerMethodField()
    hard = serializers.BooleanField()
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_amount(self, limit: Any) -> str:
        """Dollars or requests."""
        return shown_amount(limit.amount, limit.meter)


class CountedLimitOutput(LimitOutput):
    """A limit with its present period."""

    used = serializers.SerializerMethodField(help_text="Committed, held and overrun together.")
    held = serializers.SerializerMethodField(help_text="Reserved by calls in flight.")
    overrun = serializers.SerializerMethodField(help_text="Billed by providers above what was held.")
    resets_at = serializers.DateTimeField(allow_null=True, help_text="Null before the first call of a period.")

    def get_used(self, limit: Any) -> str:
        """Dollars or requests."""
        used = sum(getattr(limit, name) or 0 for name in ("committed", "held", "overrun"))
        return shown_amount(used, limit.meter)

    def get_held(self, limit: Any) -> str:
        """Dollars."""
        return shown_amount(limit.held or 0, limit.meter)

    def get_overrun(self, limit: Any) -> str:
        """Dollars."""
        return shown_amount(limit.overrun or 0, limit.meter)


class Limits(TenantAPIView):
    """All limits."""

    actions: ClassVar[dict[str, str]] = {"get": "limit.read", "post": "limit.change"}
    creates = True

    class Query(StrictSerializer):
        virtual_key_id = serializers.UUIDField(required=False)
        unit_id = serializers.UUIDField(required=False)
        active = serializers.BooleanField(required=False, allow_null=True, default=None)

    class Input(StrictSerializer):
        name = serializers.CharField(max_length=120)
        meter = serializers.ChoiceField(choices=METERS)
        window = serializers.ChoiceField(choices=WINDOWS)
        amount = AmountField(help_text="Dollars for the meter cost, else a number of requests.")
        hard = serializers.BooleanField(default=True, help_text="Refuse above it; else only count.")
        virtual_key_id = serializers.UUIDField(required=False, allow_null=True, default=None)
        unit_id = serializers.UUIDField(required=False, allow_null=True, default=None)

    @operation("limit_list", "List limits with what they have used", query=Query, page=CountedLimitOutput)
    def get(self, request: Request) -> Response:
        return self.page(limit_list(**self.query(self.Query)), CountedLimitOutput)

    @operation("limit_create", "Create a limit", body=Input, output=LimitOutput, status=201)
    def post(self, request: Request) -> Response:
        data = self.parsed(self.Input)
        data["amount"] = read_amount(data["amount"], data["meter"])
        data |= {"meter": Meter(data["meter"]), "window": Window(data["window"])}
        return Response(LimitOutput(limit_create(**data)).data, status=201)


class LimitDetail(TenantAPIView):
    """One limit."""

    actions: ClassVar[dict[str, str]] = {"get": "limit.read", "patch": "limit.change"}

    class Change(StrictSerializer):
        name = serializers.CharField(max_length=120)
        amount = AmountField()
        hard = serializers.BooleanField()
        reason = serializers.CharField(
            max_length=300, required=False, allow_blank=True, help_text="Needed to raise or soften it; is audited."
        )

    @operation("limit_read", "Read a limit with what it has used", output=CountedLimitOutput)
    def get(self, request: Request, limit_id: UUID) -> Response:
        found = access_limit(limit_id)
        return Response(CountedLimitOutput(limit_list(active=None).get(pk=found.pk)).data)

    @operation("limit_change", "Change a limit", body=Change, output=LimitOutput)
    def patch(self, request: Request, limit_id: UUID) -> Response:
        limit = access_limit(limit_id, lock=True)
        data = self.parsed(self.Change, partial=True)
        if isinstance(data.get("amount"), Decimal):
            data["amount"] = read_amount(data["amount"], limit.meter)
        present: dict[str, Any] = {"name": limit.name, "amount": limit.amount, "hard": limit.hard}
        return Response(LimitOutput(limit_change(limit_id, **present | data)).data)


class LimitDeactivate(TenantAPIView):
    """Stop enforcing a limit."""

    actions: ClassVar[dict[str, str]] = {"post": "limit.change"}

    class Input(StrictSerializer):
        reason = serializers.CharField(max_length=300, help_text="Is audited.")

    @operation("limit_deactivate", "Switch a limit off for good", body=Input, output=LimitOutput)
    def post(self, request: Request, limit_id: UUID) -> Response:
        return Response(LimitOutput(limit_deactivate(limit_id, **self.parsed(self.Input))).data)

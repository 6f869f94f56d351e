"""Virtual keys: what applications call the gateway with."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from keys.access import access_virtual_key
from keys.api.fields import shown_amount
from keys.domain.policy import OVERLAP_HOURS, KeyStatus
from keys.selectors import effective_limits, virtual_key_list
from keys.services import (
    IssuedKey,
    virtual_key_change,
    virtual_key_issue,
    virtual_key_revoke,
    virtual_key_rotate,
)
from tenants.rest import StrictSerializer, TenantAPIView, operation


class SecretOutput(serializers.Serializer[Any]):
    """One secret of a key; the secret itself is shown when it is issued and never again."""

    id = serializers.UUIDField()
    prefix = serializers.CharField()
    last4 = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


class VirtualKeyOutput(serializers.Serializer[Any]):
    """A virtual key."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    unit_id = serializers.UUIDField()
    unit = serializers.CharField(source="unit.name")
    allowed_models = serializers.ListField(child=serializers.CharField(), help_text="Empty = every route.")
    status = serializers.ChoiceField(choices=[status.value for status in KeyStatus])
    expires_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    secrets = SecretOutput(many=True)


class IssuedKeyOutput(VirtualKeyOutput):
    """A key with its fresh secret."""

    secret = serializers.CharField(allow_null=True, help_text="Shown once; null when the answer is a replay.")


class LimitStateOutput(serializers.Serializer[Any]):
    """A limit that calls of this key must fit into, in its present period."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    scope = serializers.CharField()
    meter = serializers.CharField()
    window = serializers.CharField()
    hard = serializers.BooleanField()
    amount = serializers.SerializerMethodField()
    used = serializers.SerializerMethodField(help_text="Committed, held and overrun together.")
    remaining = serializers.SerializerMethodField()
    resets_at = serializers.DateTimeField()

    def get_amount(self, state: Any) -> str:
        """Dollars or requests."""
        return shown_amount(state.amount, state.meter)

    def get_used(self, state: Any) -> str:
        """Dollars or requests."""
        return shown_amount(state.used, state.meter)

    def get_remaining(self, state: Any) -> str:
        """Dollars or requests."""
        return shown_amount(state.remaining, state.meter)


class KeyInput(StrictSerializer):
    """What can be said about a key."""

    name = serializers.CharField(max_length=120)
    allowed_models = serializers.ListField(
        child=serializers.CharField(max_length=120), required=False, default=list, max_length=200
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class VirtualKeys(TenantAPIView):
    """All keys."""

    actions: ClassVar[dict[str, str]] = {"get": "key.read", "post": "key.change"}
    creates = True

    class Query(StrictSerializer):
        unit_id = serializers.UUIDField(required=False)
        status = serializers.ChoiceField(choices=[status.value for status in KeyStatus], required=False)

    class Input(KeyInput):
        unit_id = serializers.UUIDField()

    @operation("virtual_key_list", "List virtual keys", query=Query, page=VirtualKeyOutput)
    def get(self, request: Request) -> Response:
        return self.page(virtual_key_list(**self.query(self.Query)), VirtualKeyOutput)

    @operation(
        "virtual_key_create", "Issue a key; its secret is shown once", body=Input, output=IssuedKeyOutput, status=201
    )
    def post(self, request: Request) -> Response:
        return _issued(virtual_key_issue(**self.parsed(self.Input)), 201)


class VirtualKeyDetail(TenantAPIView):
    """One key."""

    actions: ClassVar[dict[str, str]] = {"get": "key.read", "patch": "key.change"}

    class Change(KeyInput):
        pass

    @operation("virtual_key_read", "Read a virtual key", output=VirtualKeyOutput)
    def get(self, request: Request, key_id: UUID) -> Response:
        return Response(VirtualKeyOutput(access_virtual_key(key_id)).data)

    @operation("virtual_key_change", "Change name, models or expiry", body=Change, output=VirtualKeyOutput)
    def patch(self, request: Request, key_id: UUID) -> Response:
        key = access_virtual_key(key_id, lock=True)
        present = {"name": key.name, "allowed_models": key.allowed_models, "expires_at": key.expires_at}
        wanted = present | self.parsed(self.Change, partial=True)
        return Response(VirtualKeyOutput(virtual_key_change(key_id, **wanted)).data)


class VirtualKeyLimits(TenantAPIView):
    """The limits on the path of a key."""

    actions: ClassVar[dict[str, str]] = {"get": "limit.read"}

    class Output(serializers.Serializer[Any]):
        """All matching limits; a call must fit into each. `tightest` is the one that will refuse first."""

        limits = LimitStateOutput(many=True, source="states")
        tightest = LimitStateOutput(allow_null=True)

    @operation("virtual_key_limits", "Read the effective limits of a key", output=Output)
    def get(self, request: Request, key_id: UUID) -> Response:
        return Response(self.Output(effective_limits(access_virtual_key(key_id))).data)


class VirtualKeyRotate(TenantAPIView):
    """Give a key a new secret."""

    actions: ClassVar[dict[str, str]] = {"post": "key.change"}
    creates = True

    class Input(StrictSerializer):
        overlap_hours = serializers.ChoiceField(choices=OVERLAP_HOURS, help_text="How long the old secret still works.")

    @operation("virtual_key_rotate", "Rotate a key; its new secret is shown once", body=Input, output=IssuedKeyOutput)
    def post(self, request: Request, key_id: UUID) -> Response:
        return _issued(virtual_key_rotate(key_id, **self.parsed(self.Input)), 200)


class VirtualKeyRevoke(TenantAPIView):
    """Refuse a key for ever."""

    actions: ClassVar[dict[str, str]] = {"post": "key.change"}

    class Input(StrictSerializer):
        reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    @operation("virtual_key_revoke", "Revoke a key", body=Input, output=VirtualKeyOutput)
    def post(self, request: Request, key_id: UUID) -> Response:
        return Response(VirtualKeyOutput(virtual_key_revoke(key_id, **self.parsed(self.Input))).data)


def _issued(issued: IssuedKey, status: int) -> Response:
    return Response(VirtualKeyOutput(issued.key).data | {"secret": issued.secret}, status=status)

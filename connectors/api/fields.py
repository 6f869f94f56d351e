"""Serializers that several addresses of connectors share."""

from typing import Any

from rest_framework import serializers

from connectors.contract import Outcome
from connectors.selectors import calls_of
from tenants.rest import StrictSerializer


class SafetyInput(StrictSerializer):
    """What the core was promised."""

    max_in_flight = serializers.IntegerField(default=5, help_text="Most calls at once, over all workers.")
    max_server_seconds = serializers.FloatField(default=30.0, help_text="How long the core may work on one call.")
    max_wait_seconds = serializers.FloatField(default=30.0, help_text="How long a call waits for its turn.")


class SafetyOutput(serializers.Serializer[Any]):
    """What the core was promised."""

    max_in_flight = serializers.IntegerField(source="pool.max_in_flight")
    max_server_seconds = serializers.FloatField(source="pool.max_server_seconds")
    max_wait_seconds = serializers.FloatField()


class ConnectorOutput(serializers.Serializer[Any]):
    """A connector. Its credential is named, never shown."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    config = serializers.JSONField()
    credential_id = serializers.UUIDField(allow_null=True)
    safety = SafetyOutput(source="*")
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)


class OperationOutput(serializers.Serializer[Any]):
    """A declared operation with schemas, mapping and error table."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    summary = serializers.CharField()
    effect = serializers.CharField()
    document = serializers.JSONField()


class CoreErrorOutput(serializers.Serializer[Any]):
    """Why a call was not confirmed."""

    code = serializers.CharField(help_text="A `core.*` code of ours or of the connector's error table.")
    detail = serializers.CharField()
    retriable = serializers.BooleanField()
    retry_after_seconds = serializers.FloatField(allow_null=True)


class OutcomeOutput(serializers.Serializer[Any]):
    """How a call ended."""

    outcome = serializers.SerializerMethodField(help_text="confirmed, rejected or unknown.")
    output = serializers.JSONField(allow_null=True)
    error = CoreErrorOutput(allow_null=True)
    repeatable = serializers.BooleanField(help_text="The same call with the same key has no second effect.")
    replayed = serializers.BooleanField(help_text="Known from before; the core was not asked to do it now.")
    call_id = serializers.UUIDField(allow_null=True)

    def get_outcome(self, outcome: Outcome) -> str:
        """The word for it."""
        return str(outcome.kind)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """An outcome without a call has no id."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {"call_id": instance.call_id or None}


class InFlightOutput(serializers.Serializer[Any]):
    """Permits of a core at this moment."""

    max_in_flight = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Calls under way.")
    abandoned = serializers.IntegerField(help_text="Calls without a caller that the core may still be working on.")
    waiting = serializers.IntegerField(help_text="Calls in line.")
    oldest_wait_since = serializers.DateTimeField(allow_null=True)


class CallPage(serializers.ListSerializer[Any]):
    """A page of calls from the entries that started them, with their ends in one query."""

    def to_representation(self, data: Any) -> list[Any]:
        """Entries to calls."""
        return super().to_representation(calls_of(list(data)))


class CallOutput(serializers.Serializer[Any]):
    """One call. Personal and secret fields are masked."""

    class Meta:
        list_serializer_class = CallPage

    id = serializers.UUIDField()
    operation = serializers.CharField(source="started.operation")
    effect = serializers.CharField(source="started.effect")
    idempotency_key = serializers.CharField(source="started.idempotency_key")
    number = serializers.IntegerField(source="started.number", help_text="Which try with this key it was.")
    actor = serializers.CharField(source="started.actor")
    started_at = serializers.DateTimeField(source="started.at")
    sent = serializers.JSONField(source="started.sent", allow_null=True)
    outcome = serializers.SerializerMethodField(help_text="Empty while it is not known.")
    code = serializers.SerializerMethodField()
    detail = serializers.SerializerMethodField()
    duration_ms = serializers.SerializerMethodField()
    received = serializers.SerializerMethodField()
    settled_by_lookup = serializers.SerializerMethodField()

    def get_outcome(self, call: Any) -> str:
        """What is known about its end."""
        return call.last.outcome if call.last else ""

    def get_code(self, call: Any) -> str:
        """The error code, if there is one."""
        return call.last.code if call.last else ""

    def get_detail(self, call: Any) -> str:
        """More about the error."""
        return call.last.detail if call.last else ""

    def get_duration_ms(self, call: Any) -> int | None:
        """How long the call took."""
        return call.ended.duration_ms if call.ended else None

    def get_received(self, call: Any) -> Any:
        """The answer in both vocabularies."""
        return call.ended.received if call.ended else None

    def get_settled_by_lookup(self, call: Any) -> bool:
        """Whether its end was found out later."""
        return call.settled is not None

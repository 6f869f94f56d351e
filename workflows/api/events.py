"""Events (CloudEvents 1.0) and their deliveries."""

from typing import Any, ClassVar, Final
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.parsing import parse_object
from tenants.rest import StrictSerializer, TenantAPIView, operation
from workflows.access import access_delivery, access_event
from workflows.api.bodies import EVENT_BODY, WholeBody, body_of
from workflows.events.cloudevents import CloudEvent, is_binary
from workflows.selectors import delivery_list, event_list
from workflows.services import delivery_redrive, event_publish
from workflows.services.events import event_from, event_read
from workflows.statuses import DeliveryStatus

STATUSES: Final = [status.value for status in DeliveryStatus]


class EventOutput(serializers.Serializer[Any]):
    """A stored event. `attributes` holds all context attributes as text."""

    id = serializers.UUIDField(help_text="Ours; the event's own id is in `attributes`.")
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not Field.source
    type = serializers.CharField()
    attributes = serializers.JSONField()
    data = serializers.JSONField(allow_null=True)  # type: ignore[assignment]  # a field, not Serializer.data
    data_base64 = serializers.CharField(allow_blank=True, help_text="Data that is not JSON.")
    run_id = serializers.UUIDField(allow_null=True, help_text="The run that emitted it.")
    received_at = serializers.DateTimeField()


class PublishedOutput(serializers.Serializer[Any]):
    """A published event."""

    id = serializers.UUIDField()
    new = serializers.BooleanField(help_text="False: source and id were known already, nothing was done.")


class DeliveryOutput(serializers.Serializer[Any]):
    """One event for one definition or run that asks for it."""

    id = serializers.UUIDField()
    event_id = serializers.UUIDField()
    definition_id = serializers.UUIDField(allow_null=True)
    run_id = serializers.UUIDField(allow_null=True)
    started_run_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    last_error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class Events(TenantAPIView):
    """All events."""

    actions: ClassVar[dict[str, str]] = {"get": "event.read", "post": "event.publish"}
    parser_classes = [WholeBody]

    class Query(StrictSerializer):
        type = serializers.CharField(max_length=300, required=False)
        source = serializers.CharField(max_length=300, required=False)  # type: ignore[assignment]  # a field, not Field.source
        run_id = serializers.UUIDField(required=False, help_text="Events that this run emitted.")

    @operation("event_list", "List events", query=Query, page=EventOutput)
    def get(self, request: Request) -> Response:
        return self.page(event_list(**self.query(self.Query)), EventOutput)

    @operation(
        "event_publish",
        "Publish a CloudEvent, structured or binary",
        body=EVENT_BODY,
        output=PublishedOutput,
        status=202,
    )
    def post(self, request: Request) -> Response:
        event, new = event_publish(_event(request))
        return Response(PublishedOutput({"id": event.pk, "new": new}).data, status=202)


class EventItem(TenantAPIView):
    """One event."""

    actions: ClassVar[dict[str, str]] = {"get": "event.read"}

    @operation("event_read", "Read an event", output=EventOutput)
    def get(self, request: Request, event_id: UUID) -> Response:
        return Response(EventOutput(access_event(event_id)).data)


class Deliveries(TenantAPIView):
    """What became of events; `status=dead` is the dead letters."""

    actions: ClassVar[dict[str, str]] = {"get": "event.read"}

    class Query(StrictSerializer):
        status = serializers.ChoiceField(choices=STATUSES, required=False)
        event_id = serializers.UUIDField(required=False)
        run_id = serializers.UUIDField(required=False)
        definition_id = serializers.UUIDField(required=False)

    @operation("delivery_list", "List deliveries of events", query=Query, page=DeliveryOutput)
    def get(self, request: Request) -> Response:
        return self.page(delivery_list(**self.query(self.Query)), DeliveryOutput)


class DeliveryItem(TenantAPIView):
    """One delivery."""

    actions: ClassVar[dict[str, str]] = {"get": "event.read"}

    @operation("delivery_read", "Read a delivery", output=DeliveryOutput)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        return Response(DeliveryOutput(access_delivery(delivery_id)).data)


class DeliveryRedrive(TenantAPIView):
    """Try a dead delivery again."""

    actions: ClassVar[dict[str, str]] = {"post": "event.redrive"}

    @operation("delivery_redrive", "Try a dead delivery again", output=DeliveryOutput)
    def post(self, request: Request, delivery_id: UUID) -> Response:
        return Response(DeliveryOutput(delivery_redrive(delivery_id)).data)


def _event(request: Request) -> CloudEvent:
    """The event of a request in either form."""
    headers = dict(request.headers.items())
    body = body_of(request.data)
    if is_binary(headers):
        return event_read(headers=headers, body=body)
    return event_from(parse_object(body))

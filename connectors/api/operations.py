"""Operations of a connector, the test call, and the log of calls."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.access import access_connector, access_operation
from connectors.api.fields import CallOutput, OperationOutput, OutcomeOutput
from connectors.selectors import call_list, operation_list
from connectors.services import operation_call, operation_reconcile
from tenants.rest import StrictSerializer, TenantAPIView, operation
from tenants.scope import tenant_tx


class Operations(TenantAPIView):
    """All operations of a connector."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read"}

    @operation("operation_list", "List operations", page=OperationOutput)
    def get(self, request: Request, connector_id: UUID) -> Response:
        return self.page(operation_list(access_connector(connector_id)), OperationOutput)


class OperationDetail(TenantAPIView):
    """One operation."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read"}

    @operation("operation_read", "Read an operation", output=OperationOutput)
    def get(self, request: Request, connector_id: UUID, operation_id: UUID) -> Response:
        return Response(OperationOutput(access_operation(connector_id, operation_id)).data)


class CallInput(StrictSerializer):
    """A call by hand."""

    input = serializers.DictField()
    idempotency_key = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Needed for a write; the same key has one effect."
    )
    deadline_seconds = serializers.FloatField(min_value=0.1, max_value=60, default=20)


class OperationCall(TenantAPIView):
    """Calls an operation by the very code that workflows use."""

    actions: ClassVar[dict[str, str]] = {"post": "connector.call"}
    network = True

    @operation("operation_call", "Call an operation", body=CallInput, output=OutcomeOutput)
    def post(self, request: Request, connector_id: UUID, operation_id: UUID) -> Response:
        return Response(OutcomeOutput(operation_call(*_names(connector_id, operation_id), **_given(self))).data)


class OperationReconcile(TenantAPIView):
    """Finds out what became of a write without sending it."""

    actions: ClassVar[dict[str, str]] = {"post": "connector.call"}
    network = True

    @operation("operation_reconcile", "Find out what became of a write", body=CallInput, output=OutcomeOutput)
    def post(self, request: Request, connector_id: UUID, operation_id: UUID) -> Response:
        return Response(OutcomeOutput(operation_reconcile(*_names(connector_id, operation_id), **_given(self))).data)


class Calls(TenantAPIView):
    """The log of calls of a connector."""

    actions: ClassVar[dict[str, str]] = {"get": "connector.read"}

    class Query(StrictSerializer):
        operation = serializers.CharField(required=False, max_length=60, help_text="Only this operation.")
        idempotency_key = serializers.CharField(required=False, max_length=200, help_text="Only this key.")

    @operation("call_list", "List calls", query=Query, page=CallOutput)
    def get(self, request: Request, connector_id: UUID) -> Response:
        wanted = self.query(self.Query)
        started = call_list(
            access_connector(connector_id),
            operation=wanted.get("operation", ""),
            key=wanted.get("idempotency_key", ""),
        )
        return self.page(started, CallOutput)


def _names(connector_id: UUID, operation_id: UUID) -> tuple[str, str]:
    with tenant_tx():
        found = access_operation(connector_id, operation_id)
        return found.connector.name, found.name


def _given(view: TenantAPIView) -> dict[str, Any]:
    return view.parsed(CallInput)

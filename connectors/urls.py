"""Addresses of connectors under /api/v1/."""

from django.urls import path

from connectors.api import connectors, operations

connector = "connectors/<uuid:connector_id>/"
operation = f"{connector}operations/<uuid:operation_id>/"

urlpatterns = [
    path("connector-kinds/", connectors.ConnectorKinds.as_view(), name="api-connector-kinds"),
    path("connectors/", connectors.Connectors.as_view(), name="api-connectors"),
    path(connector, connectors.ConnectorDetail.as_view(), name="api-connector"),
    path(f"{connector}stop/", connectors.ConnectorStop.as_view(), name="api-connector-stop"),
    path(f"{connector}start/", connectors.ConnectorStart.as_view(), name="api-connector-start"),
    path(f"{connector}in-flight/", connectors.ConnectorInFlight.as_view(), name="api-connector-in-flight"),
    path(f"{connector}calls/", operations.Calls.as_view(), name="api-connector-calls"),
    path(f"{connector}operations/", operations.Operations.as_view(), name="api-operations"),
    path(operation, operations.OperationDetail.as_view(), name="api-operation"),
    path(f"{operation}call/", operations.OperationCall.as_view(), name="api-operation-call"),
    path(f"{operation}reconcile/", operations.OperationReconcile.as_view(), name="api-operation-reconcile"),
]

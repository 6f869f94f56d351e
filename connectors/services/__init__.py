"""Writes and calls of connectors."""

from connectors.services.calls import operation_call, operation_reconcile
from connectors.services.connectors import connector_change, connector_create, connector_start, connector_stop

__all__ = [
    "connector_change",
    "connector_create",
    "connector_start",
    "connector_stop",
    "operation_call",
    "operation_reconcile",
]

"""Guarded reads of connectors: permission first, then fetching through the tenant."""

from uuid import UUID

from connectors.models import Connector, Operation
from tenants.access import fetch, require
from tenants.errors import NotFound


def access_connector(connector_id: UUID | str, *, lock: bool = False) -> Connector:
    """Return a connector of this tenant."""
    require("connector.read")
    return fetch(Connector, connector_id, lock=lock)


def access_operation(connector_id: UUID | str, operation_id: UUID | str) -> Operation:
    """Return one operation of a connector of this tenant."""
    require("connector.read")
    return fetch(Operation, operation_id, connector_id=access_connector(connector_id).id)


def access_for_call(connector: str, operation: str) -> Operation:
    """Return an operation by the names that a workflow uses; an id of the connector is understood too."""
    require("connector.call")
    named = Operation.objects.select_related("connector__credential", "connector__pool").filter(name=operation)
    found: Operation | None = named.filter(connector__name=connector).first()
    if found is None and len(connector) == 36:
        found = named.filter(connector=fetch(Connector, connector)).first()
    if found is None:
        raise NotFound()
    return found

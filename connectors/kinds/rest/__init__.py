"""Kind `rest`: JSON over HTTP with declared operations."""

from connectors.contract import Capability, Spec
from connectors.kinds.rest.config import check, check_operation
from connectors.kinds.rest.connector import open_connector

SPEC = Spec(
    slug="rest",
    title="REST",
    summary="JSON over HTTP: declared operations with method, path and mapping.",
    capabilities=frozenset(Capability),
    check=check,
    check_operation=check_operation,
    open=open_connector,
)

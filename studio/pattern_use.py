"""Using a live configuration from its page: the form that fits its pattern, filled with something that works."""

from typing import Any
from uuid import uuid4

from connectors.access import access_operation
from connectors.models import Operation
from connectors.selectors import operation_list
from studio.forms_documents import CallForm
from studio.forms_patterns import EventForm, PromptForm
from studio.forms_workflows import StartForm
from studio.rows_connectors import sample_input
from tenants.access import may
from tenants.errors import NotFound
from workflows.domain.configurations import PatternSlug
from workflows.domain.hearing import entries, event_schema
from workflows.models import Definition, PatternConfiguration
from workflows.selectors_patterns import plans_of

# what somebody must be allowed to do to use each pattern
NEEDED = {
    PatternSlug.MODEL_ROUTER: "route.try",
    PatternSlug.ADAPTER: "connector.call",
    PatternSlug.ORCHESTRATOR: "run.start",
    PatternSlug.SAGA: "run.start",
    PatternSlug.CHOREOGRAPHY: "event.publish",
}


def use_context(row: PatternConfiguration) -> dict[str, Any]:
    """The box that uses it, for those who may."""
    pattern = PatternSlug(row.pattern)
    if not may(NEEDED[pattern]):
        return {}
    return {"use": pattern.replace("-", "_"), **use_form(row)}


def use_form(row: PatternConfiguration, data: Any = None) -> dict[str, Any]:
    """The form of one pattern, and what it is about."""
    match PatternSlug(row.pattern):
        case PatternSlug.MODEL_ROUTER:
            return {"use_form": PromptForm(data)}
        case PatternSlug.ADAPTER:
            return _call_form(row, data)
        case PatternSlug.CHOREOGRAPHY:
            return {"use_form": event_form(row, data)}
    definition = definitions_of(row)[0]
    schema = plans_of([definition])[0].input.schema
    sample = sample_input(schema) if isinstance(schema, dict) else "{}"
    return {"use_form": StartForm(data, initial={"input": sample}), "definition": definition}


def definitions_of(row: PatternConfiguration) -> list[Definition]:
    """The definitions of a configuration in their order."""
    return [one.definition for one in row.participants.select_related("definition").order_by("position")]


def event_form(row: PatternConfiguration, data: Any = None) -> EventForm:
    """The events that set all participants going, with data that fits."""
    plans = plans_of(definitions_of(row))
    types = entries(plans)
    sample = sample_input(event_schema(plans, types[0])) if types else "{}"
    return EventForm(data, types=types, initial={"content": sample})


def operation_of(row: PatternConfiguration) -> Operation:
    """The operation of an adapter; NotFound once the connector has none of that name."""
    assert row.connector is not None
    found = operation_list(row.connector).filter(name=row.operations.get("call", "")).first()
    if found is None:
        raise NotFound()
    return access_operation(row.connector_id or "", found.id)


def _call_form(row: PatternConfiguration, data: Any) -> dict[str, Any]:
    try:
        operation = operation_of(row)
    except NotFound:
        return {"use_form": None}
    initial = {
        "input": sample_input(operation.document.get("input_schema", {})),
        "idempotency_key": f"test-{uuid4()}",
    }
    form = CallForm(data, is_write=operation.effect == "write", initial=initial)
    return {"use_form": form, "operation": operation}

"""Connectors: the core systems workflows reach, what may be asked of them, and how they are protected."""

import json
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connectors import services
from connectors.access import access_connector, access_operation
from connectors.models import Connector, Operation
from connectors.selectors import call_list, calls_of, connector_list, in_flight, operation_list
from connectors.services.connectors import ConnectorConfig, connector_config
from studio import rows_connectors as rows
from studio.forms_documents import CallForm, ConnectorForm
from studio.htmx import is_partial
from studio.paging import page_of
from studio.submit import posted, submitted
from tenants.access import may
from tenants.errors import Invalid
from tenants.scope import tenant_tx
from tenants.web import ConsoleRequest, tenant_view

CALLS_SHOWN = 20
CALL_SECONDS = 20.0
EXAMPLE = """name: my_core
kind: rest
title: My core
config:
  base_url: https://core.example.com/api
safety:
  max_in_flight: 3
  max_server_seconds: 5
  max_wait_seconds: 20
operations:
  - name: account_read
    summary: Balance of an account
    effect: read
    request: {method: GET, path: "/accounts/{ACC_NO}"}
    input_schema:
      type: object
      properties: {account: {type: string}}
      required: [account]
    output_schema:
      type: object
      properties: {balance: {type: string}}
      required: [balance]
    mapping:
      request:
        - {to: path.ACC_NO, from: account, via: ["pad_left:10:0"], class: personal}
      response:
        - {to: balance, from: BAL_MINOR, via: ["major_units:2"]}
"""


@require_safe
@tenant_view("connector.read")
def connector_index(request: ConsoleRequest) -> HttpResponse:
    """All connectors."""
    context = {
        "connectors": [rows.connector_line(one) for one in connector_list()],
        "columns": rows.connector_columns(),
        "may_change": may("connector.change"),
    }
    return render(request, "studio/connectors/list.html", context)


@require_safe
@tenant_view("connector.read")
def connector_show(request: ConsoleRequest, connector_id: UUID) -> HttpResponse:
    """One connector: its operations, the calls in flight against the cap, the last calls."""
    connector = access_connector(connector_id)
    context: dict[str, Any] = {"connector": connector, "gauge": in_flight(connector)}
    if is_partial(request, "gauge"):
        return render(request, "studio/connectors/_gauge.html", context)
    operations = list(operation_list(connector))
    context |= {
        "line": rows.connector_line(connector),
        "operations": [rows.operation_line(one) for one in operations],
        "operation_columns": rows.operation_columns(),
        "may_change": may("connector.change"),
        **_calls(request, connector, operations),
    }
    return render(request, "studio/connectors/show.html", context)


@tenant_view("connector.change")
def connector_new(request: ConsoleRequest) -> HttpResponse:
    """Create a connector from its document."""
    form = ConnectorForm(posted(request), initial={"document": EXAMPLE})
    made = submitted(request, form, lambda _data: services.connector_create(_wanted(form)))
    if made is None:
        return render(request, "studio/connectors/form.html", _form_context(form, None))
    messages.success(request, _("Workflows can call its operations now."))
    return redirect("connector-show", request.tenant.slug, made.id)


@tenant_view("connector.change")
def connector_edit(request: ConsoleRequest, connector_id: UUID) -> HttpResponse:
    """Change a connector by its document."""
    connector = access_connector(connector_id)
    form = ConnectorForm(posted(request), initial={"document": _document(connector_config(connector))})
    changed = submitted(request, form, lambda _data: services.connector_change(connector.id, _wanted(form)))
    if changed is None:
        return render(request, "studio/connectors/form.html", _form_context(form, connector))
    messages.success(request, _("Saved. Calls that begin from now on obey it."))
    return redirect("connector-show", request.tenant.slug, connector.id)


@require_POST
@tenant_view("connector.change")
def connector_stop(request: ConsoleRequest, connector_id: UUID) -> HttpResponse:
    """Let no call start."""
    services.connector_stop(connector_id)
    messages.success(request, _("Stopped. Calls in flight end by themselves; no new one starts."))
    return redirect("connector-show", request.tenant.slug, connector_id)


@require_POST
@tenant_view("connector.change")
def connector_start(request: ConsoleRequest, connector_id: UUID) -> HttpResponse:
    """Let calls start again."""
    services.connector_start(connector_id)
    messages.success(request, _("Calls may start again."))
    return redirect("connector-show", request.tenant.slug, connector_id)


@require_safe
@tenant_view("connector.read")
def operation_show(request: ConsoleRequest, connector_id: UUID, operation_id: UUID) -> HttpResponse:
    """One operation: both mappings, its error table, its schemas, its calls, and a box to try it."""
    operation = access_operation(connector_id, operation_id)
    connector, document = operation.connector, operation.document
    mapping = document.get("mapping", {})
    context = {
        "operation": operation,
        "line": rows.operation_line(operation),
        "connector": connector,
        "to_core": list(rows.rule_lines(mapping.get("request"))),
        "from_core": list(rows.rule_lines(mapping.get("response"))),
        "to_columns": rows.rule_columns(to_core=True),
        "from_columns": rows.rule_columns(to_core=False),
        "errors": rows.error_lines(document),
        "error_columns": rows.error_columns(),
        "input_schema": rows.pretty(document.get("input_schema")),
        "output_schema": rows.pretty(document.get("output_schema")),
        "call_form": _call_form(operation) if may("connector.call") else None,
        **_calls(request, connector, [operation], operation.name),
    }
    return render(request, "studio/connectors/operation.html", context)


@require_POST
@tenant_view("connector.call", tx=False)
def operation_call(request: ConsoleRequest, connector_id: UUID, operation_id: UUID) -> HttpResponse:
    """Call an operation as workflows do and show its answer; without script, on a page of its own."""
    with tenant_tx():
        operation = access_operation(connector_id, operation_id)
        connector = operation.connector
    form = CallForm(request.POST, is_write=operation.effect == "write")
    context: dict[str, Any] = {"operation": operation, "connector": connector, "call_form": form}
    if form.is_valid():
        context |= called(connector, operation, form)
    template = "_call.html" if is_partial(request) else "call.html"
    return render(request, f"studio/connectors/{template}", context)


def called(connector: Connector, operation: Operation, form: CallForm) -> dict[str, Any]:
    """The answer, and what went over the line as the log keeps it: masked."""
    data = form.cleaned_data
    try:
        outcome = services.operation_call(
            connector.name,
            operation.name,
            input=data["input"],
            idempotency_key=data.get("idempotency_key", ""),
            deadline_seconds=CALL_SECONDS,
        )
    except Invalid as error:
        form.take(error)
        return {}
    status = "doubt" if outcome.kind == "unknown" else str(outcome.kind)
    with tenant_tx():
        started = list(call_list(connector).filter(call_id=outcome.call_id)) if outcome.call_id else []
        lines = [rows.call_line(one, now(), {}) for one in calls_of(started)]
    return {
        "outcome": outcome,
        "status": status,
        "output": rows.pretty(outcome.output),
        "call": lines[0] if lines else None,
    }


def _call_form(operation: Operation) -> CallForm:
    initial = {
        "input": rows.sample_input(operation.document.get("input_schema", {})),
        "idempotency_key": f"test-{uuid4()}",
    }
    return CallForm(is_write=operation.effect == "write", initial=initial)


def _calls(
    request: ConsoleRequest, connector: Connector, operations: list[Operation], operation: str = ""
) -> dict[str, Any]:
    """The last calls, and the one that `?call=` asks for."""
    log = call_list(connector, operation=operation)
    page = page_of(request, log.order_by("-id"), size=CALLS_SHOWN)
    ids = {one.name: one.id for one in operations}
    lines = [rows.call_line(call, now(), ids) for call in calls_of(page.rows)]
    asked = request.GET.get("call", "")
    chosen = next((line for line in lines if str(line.id) == asked), None)
    return {"calls": lines, "call": chosen, "call_columns": rows.call_columns(), "page": page}


def _wanted(form: ConnectorForm) -> ConnectorConfig:
    assert form.read is not None  # a valid form has read its document
    return form.read.config


def _document(config: ConnectorConfig) -> str:
    safety = config.safety
    shown = {
        "name": config.name,
        "kind": config.kind,
        "title": config.title,
        "config": dict(config.config),
        "credential_id": str(config.credential_id) if config.credential_id else None,
        "safety": {
            "max_in_flight": safety.max_in_flight,
            "max_server_seconds": safety.max_server_seconds,
            "max_wait_seconds": safety.max_wait_seconds,
        },
        "operations": config.operations,
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _form_context(form: ConnectorForm, connector: Connector | None) -> dict[str, Any]:
    return {"form": form, "connector": connector, "fault_columns": rows.fault_columns()}

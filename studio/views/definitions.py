"""Definitions: workflows as documents, their immutable versions, and starting one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio import rows_definitions as rows
from studio import rows_reports
from studio.forms_start import StartFieldsForm
from studio.forms_workflows import PublishForm, StartForm
from studio.paging import page_of
from studio.rows_connectors import fault_columns, sample_input
from studio.samples import samples_for
from studio.start_inputs import Asked, asked_for
from studio.submit import posted, submitted
from studio.units import unit_choices
from tenants.access import may
from tenants.web import ConsoleRequest, tenant_view
from workflows import services
from workflows.access import access_definition, access_version
from workflows.models import Definition, DefinitionVersion
from workflows.selectors import current_version, definition_list, version_list

VERSIONS_SHOWN = 20
EXAMPLE = """document:
  dsl: 1.0.3
  namespace: examples
  name: hello
  version: 1.0.0
  title: Say hello
do:
  - pause:
      wait: {seconds: 1}
  - greet:
      set:
        greeting: ${ "Hello " + ($workflow.input.name // "you") }
"""


@require_safe
@tenant_view("definition.read")
def definition_index(request: ConsoleRequest) -> HttpResponse:
    """All definitions; `?all=1` also shows archived ones."""
    every = request.GET.get("all") == "1"
    page = page_of(request, definition_list(archived=every))
    context = {
        "definitions": [rows.definition_line(one) for one in page.rows],
        "page": page,
        "columns": rows.definition_columns(),
        "every": every,
        "may_change": may("definition.change"),
    }
    return render(request, "studio/definitions/list.html", context)


@require_safe
@tenant_view("definition.read")
def definition_show(request: ConsoleRequest, definition_id: UUID) -> HttpResponse:
    """One definition: its current version as diagram, in words and as text, and its versions."""
    definition = access_definition(definition_id)
    version = current_version(definition)
    active = definition.status == "active"
    context = {
        **_drawn(request, definition, version),
        "versions": list(version_list(definition)[:VERSIONS_SHOWN]),
        "version_columns": rows.definition_version_columns(),
        "may_start": active and may("run.start"),
        "may_change": may("definition.change"),
        "may_archive": active and may("definition.change"),
    }
    return render(request, "studio/definitions/show.html", context)


@require_safe
@tenant_view("definition.read")
def definition_version(request: ConsoleRequest, definition_id: UUID, number: int) -> HttpResponse:
    """One version, as it was published."""
    definition = access_definition(definition_id)
    version = access_version(definition, number)
    return render(request, "studio/definitions/version.html", _drawn(request, definition, version))


@require_safe
@tenant_view("definition.read")
def definition_report(request: ConsoleRequest, definition_id: UUID) -> HttpResponse:
    """Where the current version can run; `?platform=` shows one platform."""
    definition = access_definition(definition_id)
    return _report(request, definition, current_version(definition), "definition-show", definition.id)


@require_safe
@tenant_view("definition.read")
def definition_version_report(request: ConsoleRequest, definition_id: UUID, number: int) -> HttpResponse:
    """Where one version can run."""
    definition = access_definition(definition_id)
    version = access_version(definition, number)
    return _report(request, definition, version, "definition-version", definition.id, version.number)


def _report(
    request: ConsoleRequest, definition: Definition, version: DefinitionVersion, back: str, *place: Any
) -> HttpResponse:
    wanted = request.GET.get("platform", "")
    chosen, meant = rows_reports.chosen_platform(wanted)
    plan = rows.plan_of(version)
    context = {
        "definition": definition,
        "version": version,
        "report": rows_reports.report_view(plan, chosen) if plan else None,
        "tabs": rows_reports.platform_tabs(chosen),
        "wanted": wanted,
        "meant": meant,
        "back_url": reverse(back, args=[request.tenant.slug, *place]),
    }
    return render(request, "studio/definitions/report.html", context)


@tenant_view("definition.change")
def definition_new(request: ConsoleRequest) -> HttpResponse:
    """Publish a document."""
    return _publish(request, None, {"document": EXAMPLE})


@tenant_view("definition.change")
def definition_edit(request: ConsoleRequest, definition_id: UUID) -> HttpResponse:
    """Publish another version, beginning with the text of the current one."""
    definition = access_definition(definition_id)
    unit = str(definition.unit_id or "")
    return _publish(request, definition, {"document": current_version(definition).source, "unit": unit})


@require_POST
@tenant_view("definition.change")
def definition_archive(request: ConsoleRequest, definition_id: UUID) -> HttpResponse:
    """Start no more runs."""
    services.definition_archive(definition_id)
    messages.success(request, _("Archived. Runs that have begun go on; publish a version to use it again."))
    return redirect("definition-show", request.tenant.slug, definition_id)


@tenant_view("run.start")
def run_new(request: ConsoleRequest, definition_id: UUID) -> HttpResponse:
    """Start a run of the current version."""
    definition = access_definition(definition_id)
    version = current_version(definition)
    plan = rows.plan_of(version)
    schema = plan.input.schema if plan else None
    asked = () if _wants_json(request) else asked_for(schema)
    form = _start_form(request, str(definition), schema, asked)
    run = submitted(request, form, lambda data: services.run_start(definition=str(definition), input=data["input"]))
    if run is None:
        context = {
            "definition": definition,
            "version": version,
            "start_form": form,
            "as_fields": bool(asked),
            "may_be_fields": bool(asked_for(schema)),
        }
        return render(request, "studio/definitions/start.html", context)
    return redirect("run-show", request.tenant.slug, run.id)


def _publish(request: ConsoleRequest, definition: Definition | None, initial: dict[str, str]) -> HttpResponse:
    form = PublishForm(posted(request), initial=initial, units=unit_choices())
    version = submitted(
        request,
        form,
        lambda data: services.definition_publish(data["document"], unit_id=data["unit"] or None),
    )
    if version is None:
        context = {"form": form, "definition": definition, "fault_columns": fault_columns()}
        return render(request, "studio/definitions/form.html", context)
    messages.success(request, _("Version %(version)s is live. Runs that have begun keep theirs.") % {
        "version": version.version
    })  # fmt: skip
    return redirect("definition-show", request.tenant.slug, version.definition_id)


def _drawn(request: ConsoleRequest, definition: Definition, version: DefinitionVersion) -> dict[str, Any]:
    plan = rows.plan_of(version)
    lines = rows.task_lines(plan) if plan else []
    fold = rows.fold_of(lines, every=request.GET.get("all") == "1")
    return {
        "definition": definition,
        "version": version,
        "plan": plan,
        "tasks": lines,
        "task_columns": rows.task_columns(),
        "fold": fold,
        "diagram": mark_safe(rows.diagram(lines, fold=fold)) if lines else "",  # noqa: S308  # our own builder escapes
        "starts_on": rows.starts_on(plan) if plan else [],
        "report": rows_reports.report_view(plan, tasks=False) if plan else None,
    }


def _wants_json(request: ConsoleRequest) -> bool:
    return request.GET.get("as") == "json" or "input" in request.POST


def _start_form(
    request: ConsoleRequest, definition: str, schema: object, asked: Sequence[Asked]
) -> StartForm | StartFieldsForm:
    if asked:
        files = request.FILES if request.method == "POST" else None
        return StartFieldsForm(posted(request), files, asked=asked, samples=samples_for(definition))
    sample = sample_input(schema) if isinstance(schema, dict) else "{}"
    return StartForm(posted(request), initial={"input": sample})

"""Pattern configurations: the list, the one-screen form, the page of one, start and stop."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connectors.selectors import operation_list
from studio import rows_patterns as rows
from studio.forms_patterns import NamesForm, PatternForm
from studio.paging import page_of
from studio.pattern_options import first_choice, initial_of, missing_parts, options_for
from studio.pattern_use import use_context
from studio.rows_pattern_view import (
    service_columns,
    service_lines,
    traffic_columns,
    traffic_lines,
    verdict_columns,
    verdict_lines,
)
from studio.rows_reports import report_view
from studio.submit import posted, submitted
from studio.terms import PATTERN_NAMES, PATTERN_SENTENCES
from tenants.access import may
from tenants.errors import Conflict, Invalid, OrchestrationError
from tenants.web import ConsoleRequest, tenant_view
from workflows import services
from workflows.access import access_configuration
from workflows.domain.configurations import WORKFLOWS, ConfigurationStatus, PatternSlug, PlatformSlug
from workflows.models import PatternConfiguration
from workflows.patterns import pattern as pattern_of
from workflows.selectors_patterns import configuration_list
from workflows.selectors_traffic import configuration_view


@require_safe
@tenant_view("pattern.read")
def pattern_index(request: ConsoleRequest) -> HttpResponse:
    """All configurations; `?all=1` also shows archived ones."""
    every = request.GET.get("all") == "1"
    page = page_of(request, configuration_list(archived=every))
    context = {
        "configurations": [rows.configuration_line(one) for one in page.rows],
        "page": page,
        "columns": rows.configuration_columns(),
        "every": every,
        "may_change": may("pattern.change"),
        "studio_url": studio_url(request),
    }
    return render(request, "studio/patterns/list.html", context)


@require_safe
@tenant_view("pattern.read")
def pattern_show(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """One configuration: its parts, a box to use it, and what stopping it means."""
    access_configuration(configuration_id)
    row = configuration_list(archived=True).get(pk=configuration_id)
    live = row.status == ConfigurationStatus.LIVE
    context = {
        **_shown(request, row),
        **(use_context(row) if live else {}),
        "may_change": may("pattern.change"),
        "may_start": may("pattern.start"),
        "stop_text": rows.stop_text(row),
        **_platform(request, row),
        **(_traffic(row) if live else {}),
        "studio_url": studio_url(request, row.pattern, row.platform, row),
    }
    return render(request, "studio/patterns/show.html", context)


@tenant_view("pattern.change")
def pattern_new(request: ConsoleRequest) -> HttpResponse:
    """Draft a configuration of the pattern in the address, with everything chosen already."""
    asked = request.GET.get("pattern", "")
    if asked not in set(PatternSlug):
        return render(request, "studio/patterns/choose.html", {"asked": asked, "patterns": _choices(request)})
    pattern, platform = PatternSlug(asked), request.GET.get("platform", "")
    platform = platform if platform in set(PlatformSlug) else PlatformSlug.CLOUDFLARE
    options = options_for(pattern)
    first = first_choice(pattern, options, platform)
    form = PatternForm(posted(request), initial=first, pattern=pattern, options=options)
    made = submitted(request, form, lambda _data: services.configuration_create(form.config()))
    if made is None:
        missing = [reverse(one, args=[request.tenant.slug]) for one in missing_parts(pattern, options)]
        return render(request, "studio/patterns/form.html", _form(request, form, pattern) | {"missing": missing})
    messages.success(request, _("Drafted. Nothing is made yet: look at it, then start it."))
    return redirect("pattern-show", request.tenant.slug, made.id)


@tenant_view("pattern.change")
def pattern_edit(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """Change a configuration; of a live one only its name and platform."""
    access_configuration(configuration_id)
    row = configuration_list(archived=True).get(pk=configuration_id)
    pattern, before = PatternSlug(row.pattern), services.configuration_config(row)
    if row.status == ConfigurationStatus.ARCHIVED:
        messages.error(request, _("This configuration is archived. Restore it first."))
        return redirect("pattern-show", request.tenant.slug, row.id)
    form: PatternForm | NamesForm
    if row.status == ConfigurationStatus.LIVE:
        form = NamesForm(posted(request), initial={"name": row.name, "platform": row.platform})
    else:
        options = options_for(pattern, row)
        form = PatternForm(posted(request), initial=initial_of(before), pattern=pattern, options=options)
    changed = submitted(request, form, lambda _data: services.configuration_change(row.id, form.config(before)))
    if changed is None:
        return render(request, "studio/patterns/form.html", _form(request, form, pattern) | {"configuration": row})
    messages.success(request, _("Saved."))
    return redirect("pattern-show", request.tenant.slug, row.id)


@require_POST
@tenant_view("pattern.start")
def pattern_start(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """Take a configuration live."""
    return _done(request, configuration_id, services.configuration_start, _("It is live."))


@require_POST
@tenant_view("pattern.start")
def pattern_stop(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """Take a configuration out of service."""
    return _done(request, configuration_id, services.configuration_stop, _("Stopped. Runs that have begun go on."))


@require_POST
@tenant_view("pattern.change")
def pattern_archive(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """Put a configuration out of sight."""
    return _done(request, configuration_id, services.configuration_archive, _("Archived. Its name is free."))


@require_POST
@tenant_view("pattern.change")
def pattern_restore(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """Bring a configuration back."""
    return _done(request, configuration_id, services.configuration_restore, _("Restored."))


def studio_url(
    request: ConsoleRequest, pattern: str = "", platform: str = "", row: PatternConfiguration | None = None
) -> str:
    """Where the pattern is drawn; with a configuration, under its own names."""
    try:
        address = reverse("studio", args=[request.tenant.slug])
    except NoReverseMatch:
        return ""
    query = {"pattern": pattern, "platform": platform, "configuration": str(row.id) if row else ""}
    given = "&".join(f"{name}={value}" for name, value in query.items() if value)
    return f"{address}?{given}" if given else address


def _done(
    request: ConsoleRequest, configuration_id: UUID, act: Callable[[UUID], PatternConfiguration], text: str
) -> HttpResponse:
    """Do it, or say why not and what to change; what was begun by a refused start is undone."""
    access_configuration(configuration_id)
    try:
        with transaction.atomic():
            act(configuration_id)
    except (Invalid, Conflict) as error:
        for said in _said(error):
            messages.error(request, said)
    else:
        messages.success(request, text)
    return redirect("pattern-show", request.tenant.slug, configuration_id)


def _said(error: OrchestrationError) -> list[str]:
    if isinstance(error, Invalid) and error.errors:
        return [text for texts in error.errors.values() for text in texts]
    return [error.message]


def _shown(request: ConsoleRequest, row: PatternConfiguration) -> dict[str, Any]:
    """The configuration in words."""
    slug = request.tenant.slug
    ids = {one.name: one.id for one in operation_list(row.connector)} if row.connector else {}
    return {
        "configuration": row,
        "line": rows.configuration_line(row),
        "parts": rows.part_lines(row, lambda view, *args: reverse(view, args=[slug, *args]), ids),
        "about": PATTERN_SENTENCES[row.pattern],
    }


def _platform(request: ConsoleRequest, row: PatternConfiguration) -> dict[str, Any]:
    """What the target platform makes of it: task by task of a definition, part by part of anything else."""
    if row.pattern not in WORKFLOWS:
        return {"services": service_lines(pattern_of(row.pattern), row.platform), "service_columns": service_columns()}
    plans = services.configuration_plans(row)
    if len(plans) == 1:
        return {"report": report_view(plans[0], row.platform)}
    query = f"?platform={row.platform}"
    urls = {
        str(one.definition): reverse("definition-report", args=[request.tenant.slug, one.definition_id]) + query
        for one in row.participants.all()
    }
    return {"verdicts": verdict_lines(plans, row.platform, urls), "verdict_columns": verdict_columns()}


def _traffic(row: PatternConfiguration) -> dict[str, Any]:
    return {"traffic": traffic_lines(configuration_view(row)), "traffic_columns": traffic_columns()}


def _form(request: ConsoleRequest, form: Any, pattern: PatternSlug) -> dict[str, Any]:
    return {
        "form": form,
        "pattern_name": PATTERN_NAMES[pattern],
        "about": PATTERN_SENTENCES[pattern],
        "studio_url": studio_url(request, pattern),
        "is_router": pattern is PatternSlug.MODEL_ROUTER,
    }


def _choices(request: ConsoleRequest) -> list[dict[str, Any]]:
    address = reverse("pattern-new", args=[request.tenant.slug])
    return [
        {"label": PATTERN_NAMES[one], "text": PATTERN_SENTENCES[one], "url": f"{address}?pattern={one}"}
        for one in PatternSlug
    ]

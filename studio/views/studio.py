"""The Studio: the five patterns drawn, told and played; for members of a tenant and for everybody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio import pattern_pictures, rows_reports, rows_studio
from studio.diagrams.patterns import Layout, View
from studio.opened import Opened, configuration_asked, opened
from studio.snippets import Addresses
from studio.views.simulator import simulator_context, simulator_part
from studio.viewstate import DIAGRAM, LIST, Correction, ViewState, view_state
from tenants.access import may
from tenants.identity import tenants_of
from tenants.web import ConsoleRequest, tenant_view
from workflows.access import access_configuration
from workflows.domain.configurations import ConfigurationStatus, handle_of
from workflows.domain.plan import Plan
from workflows.domain.starters import starter_plans
from workflows.patterns import pattern as pattern_of
from workflows.patterns import patterns
from workflows.services.patterns import configuration_plans

FRAGMENT_SECONDS = 300
ADDRESS = re.compile(r'href="\?[^"]*"')
BETWEEN = re.compile(r"\s*\n\s*")
CODE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)  # its lines are its meaning
MOST_ID_LETTERS = 40
PANEL = "simulator"  # the id of the element that holds the simulator's panel
ADDRESSES = Addresses(settings.GATEWAY_URL, settings.PUBLIC_URL)
FILE_ENDINGS = {"svg": "svg", "mermaid": "mmd", "yaml": "yaml"}


@require_safe
def public_studio(request: HttpRequest) -> HttpResponse:
    """For visitors; what makes a configuration leads to signing in first."""
    return visitors_page(request, "studio/studio/public.html")


def visitors_page(request: HttpRequest, template: str, more: Mapping[str, Any] = MappingProxyType({})) -> HttpResponse:
    """A page with the Studio of a visitor in it: its own, or the public one."""
    state, corrections = view_state(request.GET, patterns())
    if part := simulator_part(request, PANEL, keep=_kept(state)):
        return part
    context = page_context(request, state, corrections)
    context["use_url"] = _with_choice(reverse("studio-use"), state)
    return render(request, template, {**context, **more})


@require_safe
@tenant_view("studio.read")
def studio(request: ConsoleRequest) -> HttpResponse:
    """For members; patterns lead to configurations of the tenant."""
    asked = request.GET.get("configuration", "")[:MOST_ID_LETTERS]
    state, corrections = view_state(request.GET, patterns())
    if may("route.read") and (part := simulator_part(request, PANEL, keep=_kept(replace(state, configuration=asked)))):
        return part
    row = configuration_asked(asked) if asked else None
    own = opened(row) if row and row.pattern == state.pattern else None
    context = page_context(request, replace(state, configuration=asked) if own else state, corrections, own=own)
    if asked and row is None:
        context["corrections"].append(_("That configuration is not here. This is the pattern by itself."))
    if own:
        address = reverse("configuration-export", args=[request.tenant.slug, own.configuration.id])
        context["export_url"] = f"{address}?{_exported(state)}"
    if own and own.traffic:
        context["traffic_url"] = f"{reverse('studio-traffic', args=[request.tenant.slug])}?configuration={asked}"
        context["read_at"] = _now()
    if own is None and may("pattern.change"):
        context["use_url"] = _with_choice(reverse("pattern-new", args=[request.tenant.slug]), state)
    return render(request, "studio/studio/page.html", context)


@require_safe
@tenant_view("pattern.read")
def studio_traffic(request: ConsoleRequest) -> HttpResponse:
    """The figures on the lines of a configuration, for the page that has it open; none where nothing is live."""
    row = configuration_asked(request.GET.get("configuration", "")[:MOST_ID_LETTERS])
    live = row is not None and row.status == ConfigurationStatus.LIVE
    figures = dict(opened(row).traffic) if row and live else {}
    return JsonResponse({"live": live, "figures": figures, "read_at": _now()}, headers={"Cache-Control": "no-store"})


def _now() -> str:
    """The time of day in the tenant's zone, to say how old figures are."""
    return date_format(timezone.localtime(), "H:i:s")


@require_safe
@login_required
def studio_use(request: HttpRequest) -> HttpResponse:
    """From the public page to the form of a configuration, in the tenant of whoever has signed in by then."""
    state, _corrections = view_state(request.GET, patterns())
    tenants = tenants_of(request.user)  # type: ignore[arg-type]  # signed in
    if len(tenants) == 1:
        return redirect(_with_choice(reverse("pattern-new", args=[tenants[0].slug]), state))
    choices = [(one.name, _with_choice(reverse("pattern-new", args=[one.slug]), state)) for one in tenants]
    return render(request, "studio/studio/use.html", {"choices": choices})


def _with_choice(address: str, state: ViewState) -> str:
    return f"{address}?{urlencode({'pattern': state.pattern, 'platform': state.platform})}"


@require_safe
def studio_patterns(request: HttpRequest) -> HttpResponse:
    """The other patterns in their first state, for a page that exchanges them in place. Nothing of a tenant is in it.

    `but` is the one the page has already, `layout` the one drawing that fits its window.
    """
    layout: Layout = "narrow" if request.GET.get("layout") == "narrow" else "wide"
    slugs = tuple(one.slug for one in patterns() if one.slug != request.GET.get("but"))
    return _fragment(_packs(get_language() or "en", slugs, layout))


@require_safe
def studio_part(request: HttpRequest) -> HttpResponse:
    """What of a pattern is wanted only by who looks closer: its drawers and its list."""
    state = _first(view_state(request.GET, patterns())[0].pattern)
    return _fragment(_part(get_language() or "en", state.pattern))


def _fragment(text: str) -> HttpResponse:
    response = HttpResponse(text)
    patch_cache_control(response, private=True, max_age=FRAGMENT_SECONDS)
    return response


@lru_cache(maxsize=32)
def _packs(_language: str, slugs: tuple[str, ...], layout: Layout) -> str:
    packs = [_shown(_first(slug), layouts=(layout,)) for slug in slugs]
    return tight(render_to_string("studio/studio/packs.html", {"packs": packs}))


@lru_cache(maxsize=32)
def _part(_language: str, slug: str) -> str:
    return tight(render_to_string("studio/studio/part.html", _shown(_first(slug), layouts=())))


@require_safe
def studio_export(request: HttpRequest) -> HttpResponse:
    """The drawing as a file: an SVG that stands alone, mermaid text, or the pattern itself as it is written (YAML)."""
    state, _corrections = view_state(request.GET, patterns())
    return _file(request, state, pattern_pictures.view_of(state), state.pattern)


@require_safe
@tenant_view("pattern.read")
def configuration_export(request: ConsoleRequest, configuration_id: UUID) -> HttpResponse:
    """The drawing of a configuration as a file: its own names on the nodes and its figures, as the page shows them."""
    row = access_configuration(configuration_id)
    own = opened(row)
    state, _corrections = view_state({**request.GET.dict(), "pattern": row.pattern}, patterns())
    view = pattern_pictures.view_of(state, own.names, own.traffic)
    response = _file(request, state, view, handle_of(row.name, row.pattern))
    patch_cache_control(response, private=True, no_store=True)
    return response


def _file(request: HttpRequest, state: ViewState, view: View, title: str) -> HttpResponse:
    asked = request.GET.get("format", "")
    kind = asked if asked in FILE_ENDINGS else "svg"
    text, media_type = pattern_pictures.as_file(pattern_of(state.pattern), view, kind)
    name = f"{title}-{state.platform}.{FILE_ENDINGS[kind]}"
    return HttpResponse(
        text, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def tight(html: str) -> str:
    """HTML without what only makes a template readable, and without addresses: whoever takes it in writes its own."""
    parts = [one if one.startswith("<pre") else BETWEEN.sub(" ", one) for one in CODE.split(html)]
    return ADDRESS.sub('href="?"', "".join(parts))


def _first(slug: str) -> ViewState:
    return view_state({"pattern": slug}, patterns())[0]


def _shown(
    state: ViewState, own: Opened | None = None, layouts: Sequence[Layout] = ("wide", "narrow")
) -> dict[str, Any]:
    """What `_pattern.html` needs of a state."""
    pattern = pattern_of(state.pattern)
    view = pattern_pictures.view_of(state, own.names, own.traffic) if own else pattern_pictures.view_of(state)
    shown = rows_studio.pattern_view(pattern, state, view, addresses=ADDRESSES)
    return {
        "pattern": shown,
        "report": rows_reports.switched(_plans(state.pattern, own), shown.platform),
        "drawing": pattern_pictures.pictures(pattern, state, view, layouts),
        "diagram_url": "?" + state.query(view=DIAGRAM),
        "list_url": "?" + state.query(view=LIST),
        "previous_url": "?" + state.query(beat=max(state.beat - 1, 0)),
        "next_url": "?" + state.query(beat=state.beat + 1 if state.beat < len(shown.story.beats) else 1),
        "embed_url": reverse("studio-embed"),
        "export_url": f"{reverse('studio-export')}?{_exported(state)}",
    }


def _exported(state: ViewState) -> str:
    return state.query(node="", view="", configuration="")


def _plans(slug: str, own: Opened | None) -> Sequence[Plan]:
    """The workflow behind a pattern: of the configuration that is open, else of the pattern's starter."""
    return configuration_plans(own.configuration) if own else _starter(slug)


@lru_cache(maxsize=8)
def _starter(slug: str) -> tuple[Plan, ...]:
    return tuple(starter_plans(slug))


def page_context(
    request: HttpRequest, state: ViewState, corrections: Sequence[Correction] = (), *, own: Opened | None = None
) -> dict[str, Any]:
    """Everything the page needs, on whichever page it stands; `own` is the configuration that is open.

    While the simulator stands open, its outcome is what is lit, whatever the address said.
    """
    member = getattr(request, "tenant_scope", None) is not None
    may_simulate = not member or may("route.read")
    opens = state.node and state.node == pattern_of(state.pattern).router
    simulator = simulator_context(request, keep=_kept(state)) if opens and may_simulate else None
    if simulator and not state.beat:
        won = simulator["result"]["won"][state.pattern] if simulator["result"] else ""
        state = replace(state, won=won)
    shown = _shown(state, own)
    view: rows_studio.PatternView = shown["pattern"]
    node = next((one for one in view.nodes if one.id == state.node), None)
    return {
        **shown,
        "configuration": own.configuration if own else None,
        "state": state,
        "corrections": rows_studio.correction_words(corrections, view),
        "patterns": rows_studio.pattern_choices(patterns(), state),
        "platforms": rows_studio.platform_choices(state),
        "node": node,
        "may_simulate": may_simulate,
        "simulator": simulator,
        "close_url": "?" + state.query(node=""),
        "packs_url": f"{reverse('studio-patterns')}?language={get_language()}",
        "part_url": f"{reverse('studio-part')}?language={get_language()}",
        "words": {"states": pattern_pictures.state_looks(), **rows_studio.move_words()},
    }


def _kept(state: ViewState) -> dict[str, str]:
    """What of the address the simulator's form sends along: the state with its node open, its outcome to be seen."""
    return dict(parse_qsl(state.query(node=pattern_of(state.pattern).router, beat=0)))

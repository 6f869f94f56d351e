"""The Studio: the five patterns drawn, told and played; for members of a tenant and for everybody."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from studio import pattern_pictures, rows_studio
from studio.viewstate import DIAGRAM, LIST, ViewState, view_state
from tenants.web import ConsoleRequest, tenant_view
from workflows.patterns import pattern as pattern_of
from workflows.patterns import patterns

PACKS_SECONDS = 300
FILE_ENDINGS = {"svg": "svg", "mermaid": "mmd"}


@require_safe
def public_studio(request: HttpRequest) -> HttpResponse:
    """For visitors; what makes a configuration leads to signing in first."""
    context = _page(request)
    here = f"{request.path}?{context['state'].query()}"
    context["use_url"] = f"{reverse('account_login')}?{urlencode({'next': here})}"
    return render(request, "studio/studio/public.html", context)


@require_safe
@tenant_view("studio.read")
def studio(request: ConsoleRequest) -> HttpResponse:
    """For members; patterns lead to configurations of the tenant."""
    return render(request, "studio/studio/page.html", _page(request))


@require_safe
def studio_patterns(request: HttpRequest) -> HttpResponse:
    """All five in their first state, for a page that exchanges them in place. Nothing of a tenant is in it."""
    response = HttpResponse(_packs(get_language() or "en"))
    patch_cache_control(response, private=True, max_age=PACKS_SECONDS)
    return response


@require_safe
def studio_export(request: HttpRequest) -> HttpResponse:
    """The drawing as a file: an SVG that stands alone, or mermaid text."""
    state, _corrections = view_state(request.GET, patterns())
    kind = "mermaid" if request.GET.get("format") == "mermaid" else "svg"
    text, media_type = pattern_pictures.as_file(pattern_of(state.pattern), pattern_pictures.view_of(state), kind)
    name = f"{state.pattern}-{state.platform}.{FILE_ENDINGS[kind]}"
    return HttpResponse(
        text, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@lru_cache(maxsize=4)
def _packs(_language: str) -> str:
    states = [_first(one.slug) for one in patterns()]
    return render_to_string("studio/studio/packs.html", {"packs": [_shown(state) for state in states]})


def _first(slug: str) -> ViewState:
    return view_state({"pattern": slug}, patterns())[0]


def _shown(state: ViewState) -> dict[str, Any]:
    """What `_pattern.html` needs of a state."""
    pattern = pattern_of(state.pattern)
    view = pattern_pictures.view_of(state)
    shown = rows_studio.pattern_view(pattern, state, view)
    return {
        "pattern": shown,
        "drawing": pattern_pictures.pictures(pattern, state, view),
        "diagram_url": "?" + state.query(view=DIAGRAM),
        "list_url": "?" + state.query(view=LIST),
        "previous_url": "?" + state.query(beat=max(state.beat - 1, 0)),
        "next_url": "?" + state.query(beat=state.beat + 1 if state.beat < len(shown.story.beats) else 1),
        "export_url": f"{reverse('studio-export')}?{state.query(node='', view='')}",
    }


def _page(request: HttpRequest) -> dict[str, Any]:
    state, corrections = view_state(request.GET, patterns())
    shown = _shown(state)
    view: rows_studio.PatternView = shown["pattern"]
    return {
        **shown,
        "state": state,
        "corrections": rows_studio.correction_words(corrections, view),
        "patterns": rows_studio.pattern_choices(patterns(), state),
        "platforms": rows_studio.platform_choices(state),
        "node": next((one for one in view.nodes if one.id == state.node), None),
        "close_url": "?" + state.query(node=""),
        "packs_url": f"{reverse('studio-patterns')}?language={get_language()}",
        "state_looks": pattern_pictures.state_looks(),
    }

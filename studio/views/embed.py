"""A pattern to stand in another page: the drawing of one state, what happens in it, and the way to the Studio.

It is read only, knows nobody and is the one page that other sites may frame. Everything else refuses to be framed.
"""

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from studio import pattern_pictures, rows_studio
from studio.viewstate import view_state
from workflows.patterns import pattern as pattern_of
from workflows.patterns import patterns


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def studio_embed(request: HttpRequest) -> HttpResponse:
    """`language` is the one to show; without it the reader's. Values not known are replaced in silence."""
    asked = request.GET.get("language", "")
    known = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(known):
        state, _corrections = view_state(request.GET, patterns())
        pattern = pattern_of(state.pattern)
        view = pattern_pictures.view_of(state)
        context = {
            "pattern": rows_studio.pattern_view(pattern, state, view),
            "drawing": pattern_pictures.unlinked(pattern, view),
            "studio_url": request.build_absolute_uri(f"{reverse('public-studio')}?{state.query()}"),
        }
        return render(request, "studio/studio/embed.html", context)

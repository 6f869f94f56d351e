"""The public face: what the product is, and the request for an architecture review."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from studio import landing
from studio.forms_public import ReviewForm, stamp
from studio.htmx import is_partial
from studio.submit import posted, submitted
from studio.views.members import origin_of
from studio.views.studio import visitors_page
from tenants.errors import RateLimited
from tenants.services import ReviewWanted, review_request_create
from tenants.throttle import OVERALL, Rate, neighbourhood, seconds_to_wait
from workflows.domain.patterns import Pattern
from workflows.patterns import patterns

PER_ADDRESS = Rate("review", 8, seconds=3600)
FROM_ALL = Rate("review", 200, seconds=86_400)


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Everything about the product on one page, for whoever is signed in or not.

    An address with a state of the Studio, from a link without script or a shared one, leads to the Studio's own page.
    """
    if "pattern" in request.GET and not is_partial(request):
        return redirect(f"{reverse('public-studio')}?{request.GET.urlencode()}")
    return visitors_page(request, "studio/public/welcome.html", _page(_fresh()))


def review(request: HttpRequest) -> HttpResponse:
    """The form by itself; POST stores the request and leads to the thanks."""
    if request.method == "POST":
        _count(PER_ADDRESS, neighbourhood(request.META.get("REMOTE_ADDR") or ""))
    form = ReviewForm(posted(request)) if request.method == "POST" else _fresh()
    if form.is_trapped:
        return redirect("review-sent")
    done = submitted(request, form, lambda data: _store(request, data))
    return redirect("review-sent") if done else render(request, "studio/public/review.html", {"form": form})


@require_safe
def review_sent(request: HttpRequest) -> HttpResponse:
    """Thanks, and what happens now."""
    return render(request, "studio/public/review_sent.html")


def _count(rate: Rate, who: str) -> None:
    """One more request; RateLimited with the seconds to wait when it is one too many."""
    if wait := seconds_to_wait(rate, who):
        raise RateLimited(retry_after_seconds=wait)


def _fresh() -> ReviewForm:
    return ReviewForm(initial={"shown": stamp()})


def _page(form: ReviewForm) -> dict[str, Any]:
    return {
        "form": form,
        "pattern_rows": [_pattern(one, _language()) for one in patterns()],
        "promises": landing.PROMISES,
        "contrasts": landing.CONTRASTS,
        "capabilities": landing.CAPABILITIES,
        "places": landing.PLATFORMS,
    }


def _pattern(one: Pattern, language: str) -> dict[str, Any]:
    return {
        "number": one.number,
        "title": one.title[language],
        "summary": one.summary[language],
        "cloudflare": one.captions["cloudflare"][language],
        "portable": one.captions["portable"][language],
        "slug": one.slug,
    }


def _store(request: HttpRequest, data: dict[str, Any]) -> object:
    """Only what was stored counts among all: machines that were caught use up nobody's room. One too many is undone."""
    wanted = ReviewWanted(**{name: data[name] for name in ("name", "email", "company", "core", "message")})
    ip, notify = origin_of(request).ip, settings.OPERATOR_EMAIL
    stored = review_request_create(wanted, language=_language(), ip=ip, notify=notify)
    _count(FROM_ALL, OVERALL)
    return stored


def _language() -> str:
    return (get_language() or "en")[:2]

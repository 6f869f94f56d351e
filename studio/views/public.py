"""The public face: what the product is, and the request for an architecture review."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from studio import landing
from studio.forms_public import ReviewForm, stamp
from studio.submit import posted, submitted
from studio.throttle import throttle
from studio.views.members import origin_of
from tenants.services import ReviewWanted, review_request_create
from workflows.domain.patterns import Pattern
from workflows.patterns import patterns


@require_safe
@gzip_page
def welcome(request: HttpRequest) -> HttpResponse:
    """Everything about the product on one page, for whoever is signed in or not."""
    return render(request, "studio/public/welcome.html", _page(_fresh()))


def review(request: HttpRequest) -> HttpResponse:
    """The form by itself; POST stores the request and leads to the thanks."""
    if request.method == "POST":
        throttle(request, "review", per_address="8/hour", overall="200/day")
    form = ReviewForm(posted(request)) if request.method == "POST" else _fresh()
    if form.is_trapped:
        return redirect("review-sent")
    done = submitted(request, form, lambda data: _store(request, data))
    return redirect("review-sent") if done else render(request, "studio/public/review.html", {"form": form})


@require_safe
def review_sent(request: HttpRequest) -> HttpResponse:
    """Thanks, and what happens now."""
    return render(request, "studio/public/review_sent.html")


def _fresh() -> ReviewForm:
    return ReviewForm(initial={"shown": stamp()})


def _page(form: ReviewForm) -> dict[str, Any]:
    return {
        "form": form,
        "patterns": [_pattern(one, _language()) for one in patterns()],
        "promises": landing.PROMISES,
        "contrasts": landing.CONTRASTS,
        "capabilities": landing.CAPABILITIES,
        "platforms": landing.PLATFORMS,
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
    wanted = ReviewWanted(**{name: data[name] for name in ("name", "email", "company", "core", "message")})
    return review_request_create(wanted, language=_language(), ip=origin_of(request).ip, notify=settings.OPERATOR_EMAIL)


def _language() -> str:
    return (get_language() or "en")[:2]

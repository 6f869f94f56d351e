"""Error pages in the console's look; under /api/ the same verdicts as RFC 9457 problems."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from tenants.errors import Invalid, NotFound, OrchestrationError, PermissionDenied
from tenants.problems import CONTENT_TYPE, from_ours


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: malformed request, forbidden host, too many fields."""
    return _problem(request, Invalid("The request cannot be read.")) or render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: known and not allowed."""
    return _problem(request, PermissionDenied()) or render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: absent and forbidden alike."""
    return _problem(request, NotFound()) or render(request, "errors/404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form whose token is missing or too old; the reason is for the log, which Django writes."""
    return render(request, "errors/403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: without context processors, so that it shows while database and cache are down."""
    problem = _problem(request, OrchestrationError())
    if problem is not None:
        return problem
    page = loader.get_template("errors/500.html").render({"request": request})
    return HttpResponse(page, status=500)


def _problem(request: HttpRequest, error: OrchestrationError) -> JsonResponse | None:
    if not request.path.startswith("/api/"):
        return None
    origin = getattr(request, "origin", None)
    detail = from_ours(error) | {"instance": request.path, "request_id": origin.request_id if origin else ""}
    return JsonResponse(detail, status=error.status, content_type=CONTENT_TYPE)

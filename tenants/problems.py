"""Problem details (RFC 9457) for the REST API: one shape for every error, with a documented `code`."""

from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from tenants.errors import Invalid, NotFound, OrchestrationError, PermissionDenied

CONTENT_TYPE = "application/problem+json"
_FRAMEWORK_CODES = {
    exceptions.ParseError: "malformed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.Throttled: "rate_limited",
    exceptions.NotAuthenticated: "unauthenticated",
    exceptions.AuthenticationFailed: "unauthenticated",
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: translate every expected exception to a problem, roll back; anything else becomes a 500 page."""
    problem = _problem(error)
    if problem is None:
        return None
    set_rollback()
    request = context.get("request")
    origin = getattr(request, "origin", None)
    problem["instance"] = request.path if request is not None else ""
    problem["request_id"] = origin.request_id if origin else ""
    response = Response(problem, status=problem["status"], content_type=CONTENT_TYPE)
    if problem["status"] == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    wait = getattr(error, "wait", None)
    if wait:
        response["Retry-After"] = str(int(wait))
    return response


def not_found(request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
    """Problem for an address under /api/ that does not exist."""
    problem = from_ours(NotFound("There is no such address in the API. See /api/docs/."))
    return JsonResponse(problem | {"instance": request.path}, status=404, content_type=CONTENT_TYPE)


def from_ours(error: OrchestrationError) -> dict[str, Any]:
    """Problem object of one of our errors."""
    problem: dict[str, Any] = {
        "type": f"/api/docs/errors/#{error.code}",
        "title": str(error.public_message),
        "status": error.status,
        "code": error.code,
        "detail": error.message if error.status < 500 or error.retryable else error.public_message,
        "retryable": error.retryable,
    }
    if isinstance(error, Invalid):
        problem["errors"] = error.errors
    return problem | ({"data": error.data} if error.data else {})


def _problem(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, OrchestrationError):
        return from_ours(error)
    if isinstance(error, exceptions.ValidationError):
        return from_ours(Invalid(errors=_flatten(error.detail)))
    if isinstance(error, Http404):
        return from_ours(NotFound())
    if isinstance(error, DjangoPermissionDenied | exceptions.PermissionDenied):
        return from_ours(PermissionDenied())
    if isinstance(error, exceptions.APIException):
        code = _FRAMEWORK_CODES.get(type(error), "invalid")
        title = str(error.default_detail)
        return {
            "type": f"/api/docs/errors/#{code}",
            "title": title,
            "status": error.status_code,
            "code": code,
            "detail": str(error.detail),
            "retryable": error.status_code in {429, 503},
        }
    return None


def _flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Turn DRF's nested details into {"outer.inner": [text, …]}."""
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for name, inner in detail.items():
            path = f"{prefix}.{name}" if prefix else str(name)
            flat.update(_flatten(inner, path))
        return flat
    if isinstance(detail, list) and any(isinstance(item, dict) for item in detail):
        flat = {}
        for index, inner in enumerate(detail):
            flat.update(_flatten(inner, f"{prefix}[{index}]"))
        return flat
    texts = detail if isinstance(detail, list) else [detail]
    return {prefix or "body": [str(text) for text in texts]}

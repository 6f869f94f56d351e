"""Problem details (RFC 9457) for everything under /api/: one shape for every error, with a documented `code`."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from tenants.errors import Invalid, NotFound, OrchestrationError, PermissionDenied, Unavailable

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
_FRAMEWORK_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's hook: translate every exception to a problem; one that nobody expected is logged and tells nothing."""
    problem = _problem(error)
    if problem["status"] == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("unexpected error in the API", exc_info=error)
    request = context["request"]
    response = Response(problem | _where(request), status=problem["status"], content_type=CONTENT_TYPE)
    if problem["status"] == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if wait := getattr(error, "data", {}).get("retry_after_seconds"):
        response["Retry-After"] = str(int(wait))
    return response


@csrf_exempt
def not_found(request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
    """Problem for an address under /api/ that does not exist."""
    return answer(request, NotFound(_("There is no such address in the API; addresses end in '/'. See /api/docs/.")))


def error_codes(request: HttpRequest) -> HttpResponse:
    """Page of all error codes, where the `type` of every problem points."""
    return render(request, "errors/codes.html", {"codes": catalogue()})


def catalogue() -> list[tuple[str, str, int]]:
    """Code, title and status of every error, ours and the framework's, by status."""
    framework = [(code, str(cls.default_detail), cls.status_code) for cls, code in _FRAMEWORK_CODES.items()]
    ours = {(one.code, _(one.public_message), one.status) for one in _tree(OrchestrationError)}
    return sorted([*framework, *ours], key=lambda row: (row[2], row[0]))


def _tree(root: type[OrchestrationError]) -> Iterator[type[OrchestrationError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def answer(request: HttpRequest, error: OrchestrationError) -> JsonResponse:
    """Problem outside DRF."""
    problem = from_ours(error) | _where(request)
    return JsonResponse(problem, status=error.status, content_type=CONTENT_TYPE)


def from_ours(error: OrchestrationError) -> dict[str, Any]:
    """Problem object of one of our errors; faults of ours keep their message to themselves."""
    is_public = error.status < HTTPStatus.INTERNAL_SERVER_ERROR or error.retryable
    problem: dict[str, Any] = {
        "type": _type(error.code),
        "title": _(error.public_message),
        "status": error.status,
        "code": error.code,
        "detail": _(error.message if is_public else error.public_message),
        "retryable": error.retryable,
    }
    if isinstance(error, Invalid):
        problem["errors"] = error.errors
    return problem | ({"data": error.data} if error.data else {})


def _problem(error: Exception) -> dict[str, Any]:
    if isinstance(error, exceptions.APIException) and not isinstance(error, _OURS_INSTEAD):
        return _from_framework(error)
    return from_ours(_translated(error))


_OURS_INSTEAD = (exceptions.ValidationError, exceptions.PermissionDenied, exceptions.NotFound)


def _translated(error: Exception) -> OrchestrationError:
    """The one of our errors that says what a foreign exception means."""
    match error:
        case OrchestrationError():
            return error
        case exceptions.ValidationError():
            return Invalid(errors=_flatten(error.detail))
        case Http404() | exceptions.NotFound():
            return NotFound()
        case DjangoPermissionDenied() | exceptions.PermissionDenied():
            return PermissionDenied()
        case OperationalError() | InterfaceError():
            return Unavailable()
        case _:
            return OrchestrationError()


def _from_framework(error: exceptions.APIException) -> dict[str, Any]:
    code = _FRAMEWORK_CODES.get(type(error), "internal_error")
    return {
        "type": _type(code),
        "title": str(error.default_detail),
        "status": error.status_code,
        "code": code,
        "detail": str(error.detail),
        "retryable": False,
    }


def _type(code: str) -> str:
    return f"/api/docs/errors/#{code}"


def _where(request: HttpRequest) -> dict[str, str]:
    origin = getattr(request, "origin", None)
    return {"instance": request.path, "request_id": origin.request_id if origin else ""}


def _flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Turn DRF's nested details into {"outer.inner": [text, …]}."""
    flat: dict[str, list[str]] = {}
    if isinstance(detail, dict):
        for name, inner in detail.items():
            flat.update(_flatten(inner, f"{prefix}.{name}" if prefix else str(name)))
        return flat
    if isinstance(detail, list) and any(isinstance(item, dict) for item in detail):
        for index, inner in enumerate(detail):
            flat.update(_flatten(inner, f"{prefix}[{index}]"))
        return flat
    texts = detail if isinstance(detail, list) else [detail]
    return {prefix or "body": [str(text) for text in texts]}

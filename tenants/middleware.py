"""Request identity: an id for every request, and the address it came from. Answers leave compressed."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from tenants.identity import Origin
from tenants.ids import uuid7

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class OriginMiddleware:
    """Sets `request.origin` and answers with `X-Request-ID`; a well-formed id of the caller is kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _SAFE_ID.match(given) else str(uuid7())
        request.origin = Origin(request_id=request_id, ip=request.META.get("REMOTE_ADDR") or "")  # type: ignore[attr-defined]  # set here for all that follows
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages and API answers, never streams, whose messages would wait in the compressor.

    That lengths tell of contents is met by Django with padding of random length and a masked CSRF token; secrets that
    are shown stand in answers that come once.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave streams alone."""
        return response if response.streaming else super().process_response(request, response)

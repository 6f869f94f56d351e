"""Bodies that are not one JSON object: a document as such, and events in the forms of the CloudEvents HTTP binding."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.parsers import BaseParser

from tenants.errors import PayloadTooLarge
from tenants.parsing import MAX_BODY_BYTES

DOCUMENT_BODY: Any = {
    "application/yaml": OpenApiTypes.STR,
    "application/json": {"type": "object", "description": "The document itself."},
}
EVENT_BODY: Any = {
    "application/cloudevents+json": {"type": "object", "description": "A CloudEvent in structured form."},
    "application/json": {"type": "object", "description": "The data of an event whose attributes are ce- headers."},
}


class WholeBody(BaseParser):
    """Takes any body as it is, up to the size every body may have; what it means is found out by its reader."""

    media_type = "*/*"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """Return {"body", "media_type"}; bytes that are no UTF-8 survive."""
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLarge(_("The body is larger than %(bytes)d bytes.") % {"bytes": MAX_BODY_BYTES})
        return {"body": body.decode("utf-8", "surrogateescape"), "media_type": media_type or ""}


def body_of(data: Any) -> bytes:
    """The bytes that `WholeBody` read; none for a request without a body."""
    return str(data["body"]).encode("utf-8", "surrogateescape") if "body" in data else b""

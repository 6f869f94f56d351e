"""Request bodies of the REST API: one JSON object in UTF-8, of bounded size, without traps for the database."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from tenants.errors import Invalid, PayloadTooLarge

MAX_BODY_BYTES = 1_000_000
MAX_DEPTH = 64


class JsonObjectParser(BaseParser):
    """Accepts `application/json` with a JSON object in it; everything else is refused with the reason."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object; ParseError, PayloadTooLarge or Invalid say what is wrong."""
        _refuse_other_charsets(media_type or "")
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLarge(_("The body is larger than %(bytes)d bytes.") % {"bytes": MAX_BODY_BYTES})
        return parse_object(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse one JSON object (RFC 8259: UTF-8; no NaN, no repeated names, nothing PostgreSQL cannot store)."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        _refuse_unstorable(value, 0)
    except UnicodeDecodeError as error:
        raise ParseError(_("The body is not UTF-8.")) from error
    except RecursionError as error:
        raise ParseError(_("The body is nested too deeply.")) from error
    except ValueError as error:
        raise ParseError(_("The body is not valid JSON: %(reason)s") % {"reason": error}) from error
    if not isinstance(value, dict):
        raise Invalid(errors={"body": [_("Send a JSON object.")]})
    return value


def _refuse_other_charsets(media_type: str) -> None:
    charset = media_type.partition("charset=")[2].split(";")[0].strip(' "').lower()
    if charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType(media_type)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return names


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_unstorable(value: Any, depth: int) -> None:
    """PostgreSQL stores neither U+0000 nor lone surrogates."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, str) and ("\0" in value or (not value.isascii() and _has_surrogate(value))):
        raise ValueError("a text holds a character that cannot be stored")
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_unstorable(name, depth)
            _refuse_unstorable(item, depth + 1)
    if isinstance(value, list):
        for item in value:
            _refuse_unstorable(item, depth + 1)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)

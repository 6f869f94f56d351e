"""CloudEvents 1.0 as they come over HTTP: structured (one JSON object) and binary (attributes in `ce-` headers).
Pure.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from workflows.changes import storable

REQUIRED: Final = ("specversion", "id", "source", "type")
MOST_CHARACTERS: Final = {"id": 200, "source": 300, "type": 300}
OTHER_CHARACTERS: Final = 1000
_NAME: Final = re.compile(r"[a-z0-9]{1,40}\Z")
_JSON_TYPE: Final = re.compile(r"(application|text)/([\w.+-]+\+)?json\Z")


def _(text: str) -> str:
    """Mark for translation; the service that shows it translates."""
    return text


class EventFault(ValueError):
    """An event that is none; `faults` names each field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """A valid event; `data_base64` holds data that is not JSON."""

    attributes: Mapping[str, str]
    data: Any = None
    data_base64: str = ""

    def stored(self) -> dict[str, Any]:
        """The form that is stored."""
        return {"attributes": dict(self.attributes), "data": self.data, "data_base64": self.data_base64}


def parse_structured(event: Mapping[str, Any]) -> CloudEvent:
    """An event in JSON form; EventFault says what is wrong with it."""
    if "data" in event and "data_base64" in event:
        raise EventFault({"data_base64": _("Send data or data_base64, not both.")})
    attributes = {name: value for name, value in event.items() if name not in {"data", "data_base64"}}
    encoded = event.get("data_base64", "")
    if not isinstance(encoded, str) or not _is_base64(encoded):
        raise EventFault({"data_base64": _("This is not base64.")})
    return CloudEvent(_checked(attributes), event.get("data"), encoded)


def parse_binary(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """An event in binary form; headers in any case."""
    lowered = {name.lower(): value for name, value in headers.items()}
    attributes: dict[str, Any] = {
        name.removeprefix("ce-"): unquote(value) for name, value in lowered.items() if name.startswith("ce-")
    }
    content_type = lowered.get("content-type", "")
    if content_type:
        attributes["datacontenttype"] = content_type
    checked = _checked(attributes)
    if not body:
        return CloudEvent(checked)
    if not content_type or _JSON_TYPE.match(content_type.partition(";")[0].strip().lower()):
        return CloudEvent(checked, _json(body))
    return CloudEvent(checked, None, base64.b64encode(body).decode())


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether a request carries an event in binary form."""
    return any(name.lower() == "ce-specversion" for name in headers)


def _checked(attributes: Mapping[str, Any]) -> dict[str, str]:
    faults = {name: _("This attribute is required.") for name in REQUIRED if not attributes.get(name)}
    if attributes.get("specversion") not in {None, "", "1.0"}:
        faults["specversion"] = _("Only 1.0 is known.")
    for name, value in attributes.items():
        if fault := _fault(name, value):
            faults.setdefault(name, fault)
    if faults:
        raise EventFault(faults)
    return {name: _text(value) for name, value in attributes.items() if value is not None}


def _fault(name: str, value: Any) -> str:
    if not _NAME.match(name):
        return _("Use lower-case letters and digits, at most 40.")
    if value is not None and not isinstance(value, str | int | bool):
        return _("An attribute is a text, a whole number or a truth value.")
    most = MOST_CHARACTERS.get(name, OTHER_CHARACTERS)
    text = _text(value)
    if len(text) > most:
        return _("This is too long.")
    return "" if text.isprintable() else _("Control characters are not allowed.")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _json(body: bytes) -> Any:
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise EventFault({"body": _("This is not JSON in UTF-8.")}) from error
    if storable(found) != found:
        raise EventFault({"body": _("A text holds a character that cannot be stored.")})
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True

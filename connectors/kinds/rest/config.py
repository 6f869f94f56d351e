"""What a connector of kind `rest` is configured with, read into frozen values; faults are named by their path."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.domain.texts import _

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AUTH = ("none", "bearer", "basic", "header")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_TEMPLATE = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\{[A-Za-z_]\w{0,59}\})*)+", re.ASCII)
_PARAMETER = re.compile(r"\{(\w+)\}")
_RESERVED = frozenset({"host", "connection", "content-length", "transfer-encoding", "authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class RestConfig:
    """Where the core is and how it is told who calls; the secret comes from the vault."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: str = "none"
    auth_header: str = ""


@dataclass(frozen=True, slots=True)
class RestOperation:
    """How one operation looks on the wire. `success` are the statuses that mean it was done."""

    method: str
    path: str
    success: tuple[int, ...] = (200, 201, 202, 204)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the path template."""
        return tuple(_PARAMETER.findall(self.path))


def parse_config(value: Mapping[str, Any]) -> RestConfig:
    """Read a configuration that `check` found no fault in."""
    auth = value.get("auth", {})
    return RestConfig(
        base_url=value["base_url"].rstrip("/"),
        headers=dict(value.get("headers", {})),
        auth=auth.get("type", "none"),
        auth_header=auth.get("header", ""),
    )


def parse_operation(value: Mapping[str, Any]) -> RestOperation:
    """Read the `request` part of an operation that `check_operation` found no fault in."""
    return RestOperation(value["method"], value["path"], tuple(value.get("success", (200, 201, 202, 204))))


def check(value: Mapping[str, Any]) -> dict[str, str]:
    """Faults of a configuration by path. Where the address may lead is asked of the transport, not here."""
    faults: dict[str, str] = dict.fromkeys(
        sorted(set(value) - _CONFIG_FIELDS), _("Unknown field. Known: %(known)s.", known="auth, base_url, headers")
    )
    base_url = value.get("base_url")
    if not isinstance(base_url, str) or not re.fullmatch(r"https?://[^\s?#]{1,280}", base_url):
        faults["base_url"] = _("Must be an address such as https://core.example.com/api.")
    headers = value.get("headers", {})
    if not isinstance(headers, dict):
        return faults | {"headers": _("Must be an object of texts.")}
    faults |= {f"headers.{name}": text for name, one in headers.items() if (text := _header_fault(name, one))}
    return faults | _auth_faults(value.get("auth", {"type": "none"}))


def check_operation(value: Mapping[str, Any]) -> dict[str, str]:
    """Faults of the `request` part of an operation by path."""
    faults: dict[str, str] = dict.fromkeys(
        sorted(set(value) - _OPERATION_FIELDS), _("Unknown field. Known: %(known)s.", known="method, path, success")
    )
    if value.get("method") not in METHODS:
        faults["method"] = _("Must be one of %(known)s.", known=", ".join(METHODS))
    path = value.get("path")
    if not isinstance(path, str) or len(path) > 300 or not _TEMPLATE.fullmatch(path) or "/../" in f"{path}/":
        faults["path"] = _("Must start with / and hold names in braces, for example /accounts/{number}.")
    success = value.get("success", [200])
    if (
        not isinstance(success, list)
        or not success
        or not all(type(one) is int and 200 <= one <= 299 for one in success)
    ):
        faults["success"] = _("Must be a list of statuses from 200 to 299.")
    return faults


_CONFIG_FIELDS = {"base_url", "headers", "auth"}
_OPERATION_FIELDS = {"method", "path", "success"}


def _header_fault(name: str, value: Any) -> str:
    if not _HEADER.fullmatch(name) or name.lower() in _RESERVED:
        return _("Not a header that may be set here.")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > 500:
        return _("Must be printable ASCII text.")
    return ""


def _auth_faults(auth: Any) -> dict[str, str]:
    if not isinstance(auth, dict) or auth.get("type") not in AUTH:
        return {"auth.type": _("Must be one of %(known)s.", known=", ".join(AUTH))}
    wanted = {"type", "header"} if auth["type"] == "header" else {"type"}
    if set(auth) != wanted:
        return {"auth": _("%(name)s needs exactly %(wanted)s.", name=auth["type"], wanted=", ".join(sorted(wanted)))}
    if auth["type"] == "header" and (not _HEADER.fullmatch(str(auth["header"])) or auth["header"].lower() in _RESERVED):
        return {"auth.header": _("Must be the name of a header.")}
    return {}

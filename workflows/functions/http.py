"""`call: http`: one request through the guarded transport.

    with: {method, endpoint: address or {uri, authentication}, headers, query, body, output: content|response|raw,
    redirect}

An answer of 2xx succeeds (3xx too, where `redirect` is true: it is given as it is, never followed). 4xx and 5xx are
errors of type `communication` with that status. No answer after a method that changes something is `Unknown`; it is
repeated only with GET, HEAD, PUT, DELETE, which may be, or where the other side is known to obey the Idempotency-Key
header because the task names its own key.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from connectors.contract import HttpRequest, HttpResponse, NotPerformed, Unanswered
from connectors.ports import CallTime, transport
from workflows.domain.failures import TYPES, WorkflowError, standard
from workflows.domain.signals import Failed, Outcome, Succeeded, Unknown
from workflows.functions.contract import Invocation

VERSIONS: Final = ("1.0.0",)
NETWORK: Final = True
REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
METHODS: Final = REPEATABLE | {"POST", "PATCH"}
MAX_SHOWN: Final = 1000
_PLACE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


class _Faulty(Exception):
    """The arguments make no request."""


def perform(invocation: Invocation) -> Outcome:
    """Send the request that the arguments describe."""
    try:
        request = request_of(invocation)
    except _Faulty as error:
        return Failed(error=standard("configuration", str(error)), retriable=False)
    repeatable = request.method in REPEATABLE
    if invocation.recovered and not repeatable:
        title = "The worker died during this request; whether it was carried out is not known."
        return Unknown(error=standard("communication", title), retriable=False)
    return _send(request, invocation, repeatable=repeatable)


def _send(request: HttpRequest, invocation: Invocation, *, repeatable: bool) -> Outcome:
    ends_at = transport().now() + invocation.deadline_seconds
    try:
        response = transport().send(request, CallTime(ends_at, may_start=lambda: True))
    except NotPerformed as fault:
        kind: Any = "configuration" if fault.error.code == "core.egress_refused" else "communication"
        return Failed(error=standard(kind, _said(fault)), retriable=fault.error.retriable)
    except Unanswered as fault:
        error = standard("communication", _said(fault))
        return Failed(error=error) if repeatable else Unknown(error=error, retriable=False)
    return _outcome(request, response, invocation.arguments)


def _said(fault: NotPerformed | Unanswered) -> str:
    return fault.error.detail or fault.error.code


def request_of(invocation: Invocation) -> HttpRequest:
    """The request; _Faulty says why there is none."""
    given = invocation.arguments
    if not isinstance(given, Mapping):
        raise _Faulty("The arguments of http are a mapping.")
    method = str(given.get("method") or "get").upper()
    if method not in METHODS:
        raise _Faulty(f"There is no method {method}.")
    endpoint = given.get("endpoint")
    parts = _address(endpoint, invocation.input)
    headers = {str(name).lower(): _header(value) for name, value in (given.get("headers") or {}).items()}
    headers.setdefault("accept", "application/json")
    headers.setdefault("idempotency-key", invocation.idempotency_key)
    headers |= _authorization(endpoint)
    return HttpRequest(
        method=method,
        base_url=urlunsplit((parts.scheme, parts.netloc, "", "", "")),
        path=quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._"),
        query="&".join(filter(None, (quote(parts.query, safe="=&%/:@!$'()*+,;~-._?"), _query(given.get("query"))))),
        headers=headers,
        body=_body(given.get("body"), headers),
    )


def _address(endpoint: Any, values: Any) -> Any:
    """The address with each `{name}` replaced by that part of the task's input."""
    uri = endpoint.get("uri") if isinstance(endpoint, Mapping) else endpoint
    if isinstance(uri, str) and isinstance(values, Mapping):
        uri = _PLACE.sub(lambda found: quote(_plain(values.get(found[1])), safe=""), uri)
    if not isinstance(uri, str) or not uri.startswith(("http://", "https://")):
        raise _Faulty("The endpoint is not an http address.")
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise _Faulty("The endpoint is not an http address.") from error


def _plain(value: Any) -> str:
    return "" if value is None else _header(value)


def _authorization(endpoint: Any) -> dict[str, str]:
    """Basic and bearer; the compiler has put named authentications in their place."""
    given = endpoint.get("authentication") if isinstance(endpoint, Mapping) else None
    if not given:
        return {}
    if basic := given.get("basic"):
        pair = f"{basic.get('username', '')}:{basic.get('password', '')}".encode()
        return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    if bearer := given.get("bearer"):
        return {"authorization": f"Bearer {bearer.get('token', '')}"}
    raise _Faulty("Only basic and bearer authentication are supported.")


def _header(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _query(given: Any) -> str:
    if not given:
        return ""
    return urlencode({name: _header(value) for name, value in given.items()}, quote_via=quote)


def _body(given: Any, headers: dict[str, str]) -> bytes:
    """Text is sent as it is where a content type says so; all else is JSON."""
    if given is None:
        return b""
    content_type = headers.setdefault("content-type", "application/json")
    if isinstance(given, str) and "json" not in content_type:
        return given.encode()
    return json.dumps(given, ensure_ascii=False).encode()


def _outcome(request: HttpRequest, response: HttpResponse, given: Mapping[str, Any]) -> Outcome:
    top = 400 if given.get("redirect") else 300
    if not 200 <= response.status < top:
        return Failed(error=_refusal(response), retriable=response.status in {408, 425, 429} or response.status >= 500)
    match given.get("output", "content"):
        case "raw":
            return Succeeded(output=base64.b64encode(response.body).decode())
        case "response":
            asked = {"method": request.method, "uri": f"{request.base_url}{request.path}", "headers": {}}
            content = _content(response)
            return Succeeded(
                output={
                    "request": asked,
                    "statusCode": response.status,
                    "headers": dict(response.headers),
                    "content": content,
                }
            )
    return Succeeded(output=_content(response))


def _refusal(response: HttpResponse) -> WorkflowError:
    shown = response.body[:MAX_SHOWN].decode("utf-8", "replace")
    title = f"The server answered {response.status}."
    return WorkflowError(type=f"{TYPES}communication", status=response.status, title=title, detail=shown)


def _content(response: HttpResponse) -> Any:
    """JSON where it is JSON, else text, else base64."""
    if not response.body:
        return None
    try:
        text = response.body.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(response.body).decode()
    if "json" not in response.headers.get("content-type", "json"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text

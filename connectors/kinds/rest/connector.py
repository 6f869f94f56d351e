"""The REST connector: builds the request from mapped fields, sends it, reads the answer by the error table.

A mapped document has up to four parts: `path`, `query`, `header`, `body`. An answer is judged in this order: rows of
the operation's error table, what HTTP itself says about a refusal (RFC 9110, RFC 6585), success with a JSON document.
Everything else is `core.unclassified`.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from connectors.contract import (
    CoreAnswer,
    CoreCall,
    CoreError,
    HttpRequest,
    HttpResponse,
    Json,
    NotPerformed,
    Performed,
    Send,
    Unanswered,
)
from connectors.domain.document import ErrorRow, OperationDocument, parse_operation
from connectors.kinds.rest import config as rest
from connectors.kinds.rest.config import RestConfig, RestOperation

MAX_RETRY_AFTER_SECONDS = 3600
PARTS = {"path", "query", "header", "body"}
# refusals that HTTP defines as made before anything was done
_BEFORE = (
    ErrorRow("core.credentials_refused", "rejected", status=(401, 403)),
    ErrorRow("core.rate_limited", "retriable", status=(429,)),
)


def open_connector(config: Mapping[str, Json], operations: Mapping[str, Mapping[str, Json]]) -> "RestConnector":
    """A connector from its stored parts."""
    return RestConnector(rest.parse_config(config), {name: parse_operation(one) for name, one in operations.items()})


@dataclass(frozen=True, slots=True)
class RestConnector:
    """Speaks to one core over HTTP."""

    config: RestConfig
    operations: Mapping[str, OperationDocument]

    def perform(self, call: CoreCall, send: Send) -> CoreAnswer:
        """Make one call and read its answer."""
        operation = self.operations[call.operation]
        response = send(self._request(operation, call))
        return judge(operation, response)

    def _request(self, operation: OperationDocument, call: CoreCall) -> HttpRequest:
        wire = rest.parse_operation(operation.request)
        unknown = set(call.target) - PARTS
        if unknown:
            raise NotPerformed(
                "core.invalid_input", f"a rule writes to {sorted(unknown)[0]}, not to path, query, header, body"
            )
        headers = {**self.config.headers, **_texts(call.target.get("header", {})), **self._credentials(call.secret)}
        if operation.idempotency.header and call.idempotency_key:
            headers[operation.idempotency.header] = call.idempotency_key
        body = b""
        if "body" in call.target:
            headers["content-type"] = "application/json"
            body = json.dumps(call.target["body"], ensure_ascii=False, allow_nan=False).encode()
        return HttpRequest(
            method=wire.method,
            base_url=self.config.base_url,
            path=urlsplit(self.config.base_url).path + filled(wire, call.target.get("path", {})),
            query=urlencode(_texts(call.target.get("query", {})), quote_via=quote),
            headers={"accept": "application/json"} | headers,
            body=body,
        )

    def _credentials(self, secret: str) -> dict[str, str]:
        match self.config.auth:
            case "bearer":
                return {"authorization": f"Bearer {secret}"}
            case "basic":
                return {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
            case "header":
                return {self.config.auth_header: secret}
        return {}


def filled(wire: RestOperation, values: Mapping[str, Json]) -> str:
    """The path with its names filled in. A value stays inside its segment: no slash, no dots that lead elsewhere."""
    texts, path = _texts(values), wire.path
    for name in wire.parameters:
        text = texts.get(name, "")
        if not text or text in {".", ".."}:
            raise NotPerformed("core.invalid_input", f"the path needs {name}")
        path = path.replace(f"{{{name}}}", quote(text, safe=""))
    return path


def judge(operation: OperationDocument, response: HttpResponse) -> CoreAnswer:
    """What an answer means; total."""
    document, readable = _document(response)
    for row in (*operation.errors, *_BEFORE):
        if row.fits(response.status, document):
            return _refused(row, response)
    wire = rest.parse_operation(operation.request)
    if response.status in wire.success and readable:
        return CoreAnswer(document=document)
    if response.status in wire.success:
        raise Unanswered("core.bad_answer", "the core says it is done, but its answer is not a JSON document")
    error = CoreError("core.unclassified", f"HTTP {response.status}, which the error table does not name")
    return CoreAnswer(error=error, performed=Performed.PERHAPS)


def _refused(row: ErrorRow, response: HttpResponse) -> CoreAnswer:
    error = CoreError(
        code=row.code,
        detail=f"HTTP {response.status}",
        retriable=row.verdict == "retriable",
        retry_after_seconds=_retry_after(response),
    )
    if row.verdict == "unknown":
        return CoreAnswer(error=error, performed=Performed.PERHAPS)
    return CoreAnswer(error=error, performed=Performed.NEVER if row.settles else Performed.NO)


def _document(response: HttpResponse) -> tuple[Json, bool]:
    """The answer as JSON with exact numbers; an empty body is an empty document."""
    if not response.body.strip():
        return {}, True
    try:
        return json.loads(response.body, parse_float=Decimal, parse_constant=_refuse), True
    except (ValueError, RecursionError):
        return {}, False


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _retry_after(response: HttpResponse) -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if not text.isascii() or not text.isdecimal():
        return None
    return float(min(int(text[:9]), MAX_RETRY_AFTER_SECONDS))


def _texts(values: Any) -> dict[str, str]:
    """Path, query and header values as texts; whole numbers and booleans in the JSON way."""
    if not isinstance(values, Mapping):
        raise NotPerformed("core.invalid_input", "path, query and header hold named texts")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}

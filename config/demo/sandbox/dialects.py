"""The small differences between vendors of the OpenAI wire: who must log in how, and what their chunks carry."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .exchange import Exchange, WireError

BAD_KEY: Final = "bad-key"
ErrorBody = Callable[[WireError], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor's version of the OpenAI wire."""

    slug: str
    authenticate: Callable[[Exchange], None]
    error_body: ErrorBody
    usage_null: bool = True
    usage_always: bool = False
    filter_chunk_first: bool = False
    log_header: str = ""


def error_type(status: int) -> str:
    """OpenAI's `error.type` for a status."""
    types = {401: "invalid_request_error", 403: "permission_error", 429: "requests", 402: "insufficient_quota"}
    return types.get(status, "server_error" if status >= 500 else "invalid_request_error")


def _check(key: str) -> None:
    if not key:
        raise WireError(401, "You didn't provide an API key.", code="invalid_api_key")
    if key == BAD_KEY:
        raise WireError(401, "Incorrect API key provided: bad-key.", code="invalid_api_key")


def bearer(exchange: Exchange, header: str = "authorization") -> str:
    """The token of a `Bearer` header, or nothing."""
    scheme, _, token = exchange.headers.get(header, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _needs_bearer(exchange: Exchange) -> None:
    _check(bearer(exchange))


def _needs_api_key(exchange: Exchange) -> None:
    _check(exchange.headers.get("api-key", ""))


def _needs_either(exchange: Exchange) -> None:
    """Cloudflare's gateway takes a provider key, its own token, or both; each that is sent must be right."""
    keys = [key for key in (bearer(exchange), bearer(exchange, "cf-aig-authorization")) if key]
    for key in keys or [""]:
        _check(key)


def _needs_no_key(exchange: Exchange) -> None:
    if bearer(exchange) == BAD_KEY:
        _check(BAD_KEY)


def _ignores_keys(exchange: Exchange) -> None:
    del exchange


def openai_error(error: WireError) -> dict[str, Any]:
    """OpenAI's error object."""
    return {"error": {"message": error.message, "type": error_type(error.status), "param": error.param,
                      "code": error.code}}  # fmt: skip


def _azure_error(error: WireError) -> dict[str, Any]:
    if error.status in (401, 404):
        return {"error": {"code": error.code if error.status == 404 else "401", "message": error.message}}
    return openai_error(error)


def _workers_ai_error(error: WireError) -> dict[str, Any]:
    number = {401: 10000, 404: 5007, 429: 3040}.get(error.status, 5004 if error.status < 500 else 8004)
    return {"success": False, "errors": [{"code": number, "message": error.message}], "messages": [], "result": None}


def _ai_gateway_error(error: WireError) -> dict[str, Any]:
    if error.status == 401:
        return {"success": False, "result": [], "messages": [], "error": [{"code": 2009, "message": "Unauthorized"}]}
    return openai_error(error)


def _vllm_error(error: WireError) -> dict[str, Any]:
    kind = {401: "Unauthorized", 404: "NotFoundError"}.get(error.status, "BadRequestError")
    kind = "InternalServerError" if error.status >= 500 else kind
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.status}}


def _ollama_error(error: WireError) -> dict[str, Any]:
    return {"error": {"message": error.message, "type": "api_error", "param": None, "code": None}}


OPENAI: Final = Dialect(slug="openai", authenticate=_needs_bearer, error_body=openai_error)
AZURE: Final = Dialect(
    slug="azure_openai", authenticate=_needs_api_key, error_body=_azure_error, filter_chunk_first=True
)
WORKERS_AI: Final = Dialect(
    slug="cloudflare_workers_ai",
    authenticate=_needs_bearer,
    error_body=_workers_ai_error,
    usage_null=False,
    usage_always=True,
)
AI_GATEWAY: Final = Dialect(
    slug="cloudflare_ai_gateway", authenticate=_needs_either, error_body=_ai_gateway_error, log_header="cf-aig-log-id"
)
VLLM: Final = Dialect(slug="vllm", authenticate=_needs_no_key, error_body=_vllm_error, usage_null=False)
OLLAMA: Final = Dialect(slug="ollama", authenticate=_ignores_keys, error_body=_ollama_error, usage_null=False)


def sse(payload: Mapping[str, Any], *, event: str | None = None) -> bytes:
    """One server-sent event."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()

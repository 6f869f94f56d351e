"""Errors as clients of the OpenAI API see them.

    WireError
     ├─ 400 invalid_request_error      malformed body, unsupported request, context overflow
     ├─ 401 / 403                      key unknown, expired, revoked; route not allowed
     ├─ 404 / 405 / 413 / 415          path, model, method, size, media type
     ├─ 429 insufficient_quota         a budget is exhausted (not retried by clients)
     ├─ 429 requests                   a request quota is exhausted (Retry-After)
     └─ 500 .. 504 server_error        providers failed, accounting store away, shutting down

`code` is stable and documented; `extra` fields stand beside the four that OpenAI defines.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from keys.domain.limits import LimitScope, LimitState, Meter
from keys.domain.money import usd_text
from keys.ports import Refusal
from routing.gateway.rate_headers import rate_limit_headers, seconds_header

Header = tuple[bytes, bytes]

NO_RETRY: Final[Header] = (b"x-should-retry", b"false")
NEAR_SECONDS: Final = 60

_encode = msgspec.json.Encoder().encode


class WireError(Exception):
    """An answer that is an error in the caller's protocol."""

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        headers: tuple[Header, ...] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.kind = kind
        self.param = param
        self.headers = headers
        self.extra = dict(extra or {})

    def body(self) -> bytes:
        """The JSON body."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return _encode({"error": error | self.extra})

    def event(self) -> bytes:
        """The same as an event inside a stream."""
        return b"data: " + self.body() + b"\n\n"


def invalid_request(message: str, *, param: str | None = None, code: str | None = None) -> WireError:
    """The request cannot be understood or served as it is."""
    return WireError(400, code, message, param=param)


def _unauthorized(code: str, message: str) -> WireError:
    return WireError(401, code, message, headers=(NO_RETRY, (b"www-authenticate", b"Bearer")))


def missing_key() -> WireError:
    """No key came with the request."""
    return _unauthorized("invalid_api_key", "No API key was provided. Send it as 'Authorization: Bearer <key>'.")


def invalid_key() -> WireError:
    """The key is unknown."""
    return _unauthorized("invalid_api_key", "Incorrect API key provided.")


def refused_key(reason: str) -> WireError:
    """The key was known once: `key_expired`, `key_revoked`, `key_unknown` or `tenant_suspended`."""
    if reason == "key_expired":
        return _unauthorized("key_expired", "This API key has expired.")
    if reason == "key_revoked":
        return _unauthorized("key_revoked", "This API key has been revoked.")
    if reason == "tenant_suspended":
        return WireError(403, "tenant_suspended", "This account is suspended.", headers=(NO_RETRY,))
    return invalid_key()


def model_not_allowed(model: str) -> WireError:
    """The key may not call this route."""
    return WireError(403, "model_not_allowed", f"This API key may not use the model '{model}'.", param="model")


def model_not_found(model: str) -> WireError:
    """There is no such route."""
    return WireError(404, "model_not_found", f"The model '{model}' does not exist.", param="model")


def unknown_path(path: str) -> WireError:
    """There is no such operation."""
    return WireError(404, "unknown_url", f"Unknown request URL: {path}.")


def method_not_allowed(method: str, allowed: str) -> WireError:
    """The operation has another method."""
    return WireError(
        405,
        "method_not_allowed",
        f"Not allowed to {method} here. Use {allowed}.",
        headers=((b"allow", allowed.encode()),),
    )


def body_too_large(limit: int) -> WireError:
    """The body exceeds what one request may have."""
    return WireError(413, "request_too_large", f"The request body is larger than {limit} bytes.")


def unsupported_media_type() -> WireError:
    """The body is not declared as JSON."""
    return WireError(415, "unsupported_media_type", "The request body must be application/json.")


def body_timeout() -> WireError:
    """The body did not arrive in time."""
    return WireError(408, "request_timeout", "The request body did not arrive in time.")


def context_overflow(limit: int | None, needed: int | None) -> WireError:
    """The request does not fit the context window of any candidate; clients match the wording."""
    window = (
        f"This model's maximum context length is {limit} tokens."
        if limit
        else "The maximum context length is exceeded."
    )
    need = f" Your request needs about {needed} tokens." if needed else ""
    return WireError(400, "context_length_exceeded", f"{window}{need} Shorten the messages.", param="messages")


def upstream_failed(*, retry_after: float | None = None, status: int = 502, code: str = "upstream_error") -> WireError:
    """Every provider that could be tried has failed."""
    headers = () if retry_after is None else seconds_header(retry_after)
    return WireError(status, code, "The model provider failed to answer.", kind="server_error", headers=headers)


def upstream_timeout() -> WireError:
    """The last provider did not answer in time."""
    return WireError(504, "upstream_timeout", "The model provider did not answer in time.", kind="server_error")


def upstream_credentials() -> WireError:
    """The provider refuses our credentials; the caller cannot mend that."""
    message = "The model provider refused the configured credentials."
    return WireError(502, "upstream_credentials_invalid", message, kind="server_error")


def model_unavailable() -> WireError:
    """The route has no deployment that is switched on."""
    return WireError(503, "model_unavailable", "No deployment of this model is available.", kind="server_error")


def accounting_unavailable() -> WireError:
    """Admission cannot be decided now, so nothing is let through."""
    message = "The accounting store does not answer; the request was not sent to a model. Try again shortly."
    return WireError(503, "accounting_unavailable", message, kind="server_error", headers=seconds_header(1.0))


def configuration_unavailable() -> WireError:
    """The key cannot be checked now."""
    message = "The API key cannot be checked at the moment. Try again shortly."
    return WireError(503, "configuration_unavailable", message, kind="server_error", headers=seconds_header(1.0))


def shutting_down() -> WireError:
    """This process stops; another one serves the retry."""
    return WireError(
        503, "shutting_down", "The gateway is restarting.", kind="server_error", headers=seconds_header(1.0)
    )


def internal_error() -> WireError:
    """A fault of ours."""
    return WireError(500, "internal_error", "The gateway failed to handle the request.", kind="server_error")


def refused_by_ledger(refusal: Refusal, *, now: datetime) -> WireError:
    """An admission that was refused, as its reason demands."""
    limit = refusal.limit
    if refusal.reason == "unpriced":
        return not_priced()
    if refusal.reason != "limit" or limit is None:
        return refused_key(refusal.reason)
    return rate_limited(limit, now=now) if limit.meter is Meter.REQUESTS else budget_exhausted(limit, now=now)


def not_priced() -> WireError:
    """A hard budget cannot hold the cost of a model without a price."""
    message = "The model has no price, and a hard budget applies to this key. An administrator must set its price."
    return WireError(403, "model_not_priced", message, param="model", headers=(NO_RETRY,))


def rate_limited(limit: LimitState, *, now: datetime) -> WireError:
    """A request quota is used up."""
    seconds = max((limit.resets_at - now).total_seconds(), 0.001)
    message = f"Rate limit reached for requests: limit {limit.amount} per {limit.window}, used {limit.used}."
    headers = (*rate_limit_headers((limit,), now=now), *seconds_header(seconds))
    return WireError(
        429,
        "rate_limit_exceeded",
        message,
        kind="requests",
        headers=headers,
        extra=_limit_fields(limit, spent=limit.used),
    )


def budget_exhausted(limit: LimitState, *, now: datetime) -> WireError:
    """A budget cannot pay for the worst case of this call."""
    scope = "organization" if limit.scope is LimitScope.TENANT else "project"
    message = f"The spend limit '{limit.name}' does not cover this request; it resets at {limit.resets_at.isoformat()}."
    seconds = (limit.resets_at - now).total_seconds()
    headers = (NO_RETRY, *(seconds_header(seconds) if seconds <= NEAR_SECONDS else ()))
    return WireError(
        429,
        f"{scope}_spend_limit_exceeded",
        message,
        kind="insufficient_quota",
        headers=headers,
        extra=_limit_fields(limit, spent=usd_text(limit.used)) | {"limit": usd_text(limit.amount), "currency": "USD"},
    )


def _limit_fields(limit: LimitState, *, spent: int | str) -> dict[str, Any]:
    return {
        "limit_id": str(limit.id),
        "limit_name": limit.name,
        "scope": str(limit.scope),
        "spent": spent,
        "limit": limit.amount,
        "resets_at": limit.resets_at.isoformat(),
    }

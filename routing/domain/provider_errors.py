"""What an error of the provider library means on the OpenAI wire. The library's classes are named, not imported.

The status also tells the gateway whether the provider may have billed the call: nobody knows with 502 and 504; with any
other the provider itself answered with an error, or (503) was never called.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call as the caller sees it."""

    status: int
    type: str
    code: str
    retry: bool
    message: str = ""
    retry_after: str = ""

    def body(self) -> dict[str, Any]:
        """The error in OpenAI's shape."""
        return {"error": {"message": self.message, "type": self.type, "param": None, "code": self.code}}

    def headers(self) -> dict[str, str]:
        """The retry verdict, and when to retry."""
        headers = {"x-should-retry": "true" if self.retry else "false"}
        if self.retry_after:
            headers["retry-after"] = self.retry_after
        return headers


def _invalid(code: str, status: int = 400) -> Failure:
    return Failure(status, "invalid_request_error", code, retry=False)


def _server(status: int, code: str, *, retry: bool = True) -> Failure:
    return Failure(status, "server_error", code, retry=retry)


TABLE: Final[Mapping[str, Failure]] = MappingProxyType(
    {
        # answered by the provider
        "AuthenticationError": _invalid("invalid_api_key", 401),
        "PaymentRequiredError": Failure(402, "insufficient_quota", "insufficient_quota", retry=False),
        "PermissionDeniedError": _invalid("permission_denied", 403),
        "NotFoundError": _invalid("model_not_found", 404),
        "BadRequestError": _invalid("invalid_request"),
        "InvalidRequestError": _invalid("invalid_request"),
        "RejectedRequestError": _invalid("invalid_request"),
        "UnprocessableEntityError": _invalid("invalid_request", 422),
        "ContextWindowExceededError": _invalid("context_length_exceeded"),
        "ContentPolicyViolationError": _invalid("content_policy_violation"),
        "RateLimitError": Failure(429, "requests", "rate_limit_exceeded", retry=True),
        "InternalServerError": _server(500, "upstream_error"),
        "BadGatewayError": _server(502, "upstream_error"),
        "ServiceUnavailableError": _server(503, "upstream_unavailable"),
        "APIError": _server(502, "upstream_error"),
        "MockException": _server(502, "upstream_error"),
        # on the way to it
        "Timeout": _server(504, "upstream_timeout"),
        "APIConnectionError": _server(502, "upstream_connection_failed"),
        "MidStreamFallbackError": _server(502, "upstream_stream_broken"),
        "APIResponseValidationError": _server(502, "upstream_invalid_answer", retry=False),
        "JSONSchemaValidationError": _server(502, "upstream_invalid_answer", retry=False),
        # refused by the library
        "UnsupportedParamsError": _invalid("unsupported_parameter"),
        "ImageFetchError": _invalid("invalid_image_url"),
        "VectorStoreSearchError": _invalid("invalid_request"),
        "LiteLLMUnknownProvider": _invalid("unknown_provider"),
        "ModelNotMappedError": _invalid("model_not_found", 404),
        "OpenAIError": _server(502, "provider_process_error", retry=False),
        # features of the library that are never switched on
        "BudgetExceededError": _server(502, "provider_process_error", retry=False),
        "GuardrailRaisedException": _server(502, "provider_process_error", retry=False),
        "BlockedPiiEntityError": _server(502, "provider_process_error", retry=False),
        "ModifyResponseException": _server(502, "provider_process_error", retry=False),
        "SensitiveDataRouteException": _server(502, "provider_process_error", retry=False),
    }
)
UNKNOWN: Final = replace(_server(502, "provider_process_error", retry=False), message="The provider process failed.")
_UNREACHABLE: Final = replace(_server(503, "upstream_unreachable"), message="The provider cannot be reached.")
_FORBIDDEN: Final = replace(
    _server(503, "upstream_forbidden", retry=False), message="The provider's address may not be called from here."
)
_BROKEN: Final = replace(
    _server(502, "upstream_answer_broken"), message="The provider's answer broke off or cannot be read."
)
_NOT_SENT: Final[Mapping[str, Failure]] = MappingProxyType(
    {
        "UpstreamForbidden": _FORBIDDEN,
        "ConnectError": _UNREACHABLE,
        "ClientConnectorError": _UNREACHABLE,
        "ConnectionRefusedError": _UNREACHABLE,
    }
)
_BY_VENDOR_TYPE: Final[Mapping[str, Failure]] = MappingProxyType(
    {
        "overloaded_error": _server(529, "upstream_overloaded"),
        "request_too_large": _invalid("request_too_large", 413),
        "timeout_error": _server(504, "upstream_timeout"),
    }
)


def translate(error: BaseException) -> Failure:
    """The failure that an exception stands for: by its most specific class, refined by the vendor's own words."""
    causes = {type(cause).__name__ for cause in _chain(error)}
    for name, not_sent in _NOT_SENT.items():
        if name in causes:
            return not_sent
    failure = next((TABLE[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in TABLE), None)
    if failure is None:
        return UNKNOWN
    kind, message = _vendor_words(str(error))
    if failure.status == 500 and not message:
        return _BROKEN
    failure = _BY_VENDOR_TYPE.get(kind, failure)
    return replace(
        failure,
        message=_worded(failure, message or _plain(str(error))),
        retry_after=_retry_after(error) if failure.retry else "",
    )


def cut_short() -> Failure:
    """The failure of a stream that ended without the provider having finished."""
    return replace(
        TABLE["MidStreamFallbackError"], message="The provider ended the stream before its answer was complete."
    )


def _worded(failure: Failure, message: str) -> str:
    """Clients recognise a context overflow by these words, whatever the vendor's are."""
    if failure.code == "context_length_exceeded" and "maximum context length" not in message:
        return f"This model's maximum context length was exceeded: {message}"
    return message


def _chain(error: BaseException) -> Iterable[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = getattr(current, "original_exception", None) or current.__cause__ or current.__context__


def _vendor_words(text: str) -> tuple[str, str]:
    """Type and message of the vendor's error object, which the library puts into its own message."""
    start = text.find("{")
    if start < 0:
        return "", ""
    try:
        found = json.JSONDecoder().raw_decode(text, start)[0]
    except ValueError:
        return "", ""
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("type", "")), str(error.get("message", ""))


def _plain(text: str) -> str:
    """The library's message without its class names and advice, which say nothing to the caller."""
    first = re.split(r"\.? (?:Original exception|Handle with|LiteLLM Retried)\b", text, maxsplit=1)[0]
    return re.sub(r"^(?:litellm\.\w+:\s*|\w+(?:Exception|Error)(?: \w+)? - )+", "", first)


def _retry_after(error: BaseException) -> str:
    for headers in (getattr(error, "litellm_response_headers", None), getattr(error, "headers", None)):
        value = headers.get("retry-after") if headers is not None else None
        if isinstance(value, str) and value:
            return value
    return ""

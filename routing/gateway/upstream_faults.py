"""What a provider's error answer means, in one form whatever the provider's wording.

Context overflow comes in many phrases and several statuses; clients recognise one. Messages of providers reach the
client only where the client is at fault: others may name accounts, hosts or keys.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from routing.domain.retry import AttemptOutcome, Breakdown, RetryDecision
from routing.gateway.errors import WireError, context_overflow, upstream_credentials, upstream_failed, upstream_timeout

MAX_MESSAGE: Final = 1000

_OVERFLOW: Final = re.compile(
    r"maximum context length|context[_ ]length[_ ]exceeded|context window|prompt is too long|too many tokens"
    r"|input (?:is )?too long|exceeds? the (?:available )?context|max_prompt_tokens|reduce the length of the",
    re.IGNORECASE,
)
_FILTERED: Final = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamFault:
    """One failed attempt: what the retry rules need, and the provider's own words."""

    outcome: AttemptOutcome
    message: str = ""
    param: str | None = None


def broken(breakdown: Breakdown) -> UpstreamFault:
    """An attempt that ended without an answer."""
    return UpstreamFault(outcome=AttemptOutcome(breakdown=breakdown))


def misconfigured(why: str) -> UpstreamFault:
    """A deployment that cannot be called as it is configured; nothing was sent, trying again changes nothing."""
    return UpstreamFault(outcome=AttemptOutcome(error_code="model_not_found"), message=why)


def read_fault(status: int, headers: Mapping[str, str], body: bytes, *, now_seconds: float) -> UpstreamFault:
    """An answer with an error status."""
    error = _error_object(body)
    message = _text(error.get("message"))[:MAX_MESSAGE]
    code = _text(error.get("code")) or _text(error.get("type"))
    if 400 <= status < 500 and status not in (401, 403, 429) and _OVERFLOW.search(f"{code} {message}"):
        code = "context_length_exceeded"
    elif code in _FILTERED:
        code = "content_policy_violation"
    return UpstreamFault(
        outcome=AttemptOutcome(status=status, error_code=code, retry_after_ms=_retry_after(headers, now_seconds)),
        message=message,
        param=_text(error.get("param")) or None,
    )


def _error_object(body: bytes) -> dict[str, Any]:
    try:
        data = _decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    if isinstance(data, list) and data:
        data = data[0]
    error = data.get("error", data.get("errors", data)) if isinstance(data, dict) else None
    if isinstance(error, list):  # Cloudflare's own envelope
        error = error[0] if error else None
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _retry_after(headers: Mapping[str, str], now_seconds: float) -> int | None:
    """Milliseconds to wait: `retry-after-ms`, else `retry-after` as seconds or as a date."""
    exact, seconds = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if exact is not None:
            return max(int(float(exact)), 0)
        return None if seconds is None else _milliseconds(seconds, now_seconds)
    except (ValueError, OverflowError):
        return None


def _milliseconds(text: str, now_seconds: float) -> int:
    if text.replace(".", "", 1).isdigit():
        return int(float(text) * 1000)
    return max(int((parsedate_to_datetime(text).timestamp() - now_seconds) * 1000), 0)


def wire_error(fault: UpstreamFault, verdict: RetryDecision) -> WireError:
    """What the client is told when no further attempt is made."""
    told = _TOLD.get(verdict.outcome)
    if told is not None:
        return told(fault)
    seconds = None if verdict.retry_after_ms is None else verdict.retry_after_ms / 1000
    return upstream_failed(retry_after=seconds, status=503 if verdict.outcome in _BUSY else 502)


def _overflow(fault: UpstreamFault) -> WireError:
    if "maximum context length" in fault.message:
        return WireError(400, "context_length_exceeded", fault.message, param="messages")
    return context_overflow(None, None)


def _refused(fault: UpstreamFault) -> WireError:
    text = fault.message or "The model provider refused the request."
    return WireError(fault.outcome.status, fault.outcome.error_code or None, text, param=fault.param)


def _filtered(fault: UpstreamFault) -> WireError:
    text = fault.message or "The request was refused by the provider's content policy."
    return WireError(400, "content_policy_violation", text, param=fault.param)


_BUSY: Final = frozenset({"rate_limited", "overloaded"})
_TOLD: Final[Mapping[str, Callable[[UpstreamFault], WireError]]] = {
    "context_overflow": _overflow,
    "content_policy": _filtered,
    "request": _refused,
    "timeout": lambda _: upstream_timeout(),
    "credentials": lambda _: upstream_credentials(),
    "quota": lambda _: upstream_failed(status=502, code="upstream_quota_exhausted"),
}

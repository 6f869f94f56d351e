"""What a connector kind offers and how a call ends. Pure; kinds import this and the transport, nothing else of ours.

    Fault                     a call or its preparation went wrong; `code` is a stable `core.*` name
     ├─ NotPerformed          nothing reached the core: safe to say that nothing happened there
     └─ Unanswered            bytes were sent and no usable answer came back: the effect is not known

    Outcome                   confirmed | rejected (final or retriable) | unknown

A read is never `unknown`: it changes nothing, so a read without an answer is rejected and may be repeated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Json = Any


class Effect(StrEnum):
    """Whether an operation changes something at the core."""

    READ = "read"
    WRITE = "write"


class OutcomeKind(StrEnum):
    """How a call ended, as far as it is known."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Capability(StrEnum):
    """What a kind can do; a connector document that asks for more is refused when it is saved."""

    READ = "read"
    WRITE = "write"
    NATIVE_HEADER = "native_header"
    BUSINESS_KEY_LOOKUP = "business_key_lookup"
    CREDENTIAL = "credential"


class DataClass(StrEnum):
    """How a mapped field may be shown; whatever is not public or internal is masked in logs and pages."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SECRET = "secret"


# every code of ours, with whether the same call may succeed later; connectors add their own in error tables
CODES: Mapping[str, bool] = {
    "core.invalid_input": False,
    "core.stopped": False,
    "core.key_reused": False,
    "core.egress_refused": False,
    "core.tls_failed": False,
    "core.unreachable": True,
    "core.busy": True,
    "core.permits_unavailable": True,
    "core.deadline_exceeded": True,
    "core.credential_unavailable": False,
    "core.credentials_refused": False,
    "core.rate_limited": True,
    "core.no_answer": True,
    "core.bad_answer": False,
    "core.answer_too_large": False,
    "core.in_flight": True,
    "core.not_performed": True,
    "core.unclassified": False,
}


@dataclass(frozen=True, slots=True)
class CoreError:
    """Why a call was not confirmed. `detail` is for people and holds no field of the payload."""

    code: str
    detail: str = ""
    retriable: bool = False
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one call. `repeatable`: the same call with the same key may be made again without a second effect."""

    kind: OutcomeKind
    output: Json = None
    error: CoreError | None = None
    repeatable: bool = False
    call_id: str = ""
    replayed: bool = False

    @property
    def confirmed(self) -> bool:
        return self.kind is OutcomeKind.CONFIRMED

    @property
    def final(self) -> bool:
        """Rejected, and the same call cannot succeed later."""
        return self.kind is OutcomeKind.REJECTED and not (self.error and self.error.retriable)


class Fault(Exception):
    """A call went wrong outside the core's own error table."""

    def __init__(self, code: str, detail: str = "", *, retry_after_seconds: float | None = None) -> None:
        self.error = CoreError(code, detail, retriable=CODES[code], retry_after_seconds=retry_after_seconds)
        super().__init__(f"{code}: {detail}" if detail else code)


class NotPerformed(Fault):
    """Nothing reached the core."""


class Unanswered(Fault):
    """Something was sent, and how it ended is not known."""


@dataclass(frozen=True, slots=True)
class CoreCall:
    """One call as a kind receives it: fields in the core's own words, and what proves who calls."""

    operation: str
    target: Mapping[str, Json]
    idempotency_key: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to a pinned base address. `path` is already encoded and starts with a slash."""

    method: str
    base_url: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Send(Protocol):
    """Sends one request within the deadline of the call; raises `NotPerformed` or `Unanswered` and nothing else."""

    def __call__(self, request: HttpRequest) -> HttpResponse: ...


class Performed(StrEnum):
    """What an answer says about the effect: of this request, or (never) of any request with the same key."""

    YES = "yes"
    NO = "no"
    NEVER = "never"
    PERHAPS = "perhaps"


@dataclass(frozen=True, slots=True)
class CoreAnswer:
    """What the core answered, in its own words: accepted with a document, or refused by a row of the error table."""

    document: Json = None
    error: CoreError | None = None
    performed: Performed = Performed.YES


class Connector(Protocol):
    """A configured connector of one kind; built for one call, holds no connection."""

    def perform(self, call: CoreCall, send: Send) -> CoreAnswer: ...


@dataclass(frozen=True, slots=True)
class Spec:
    """A connector kind. `open` builds a connector from its stored parts; `check` names faults of such parts by path.

    `check(config)` and `check_operation(config, part)` return `{path: text}`; empty when all is well.
    """

    slug: str
    title: str
    summary: str
    capabilities: frozenset[Capability]
    check: Callable[[Mapping[str, Json]], Mapping[str, str]]
    check_operation: Callable[[Mapping[str, Json]], Mapping[str, str]]
    open: Callable[[Mapping[str, Json], Mapping[str, Mapping[str, Json]]], Connector]

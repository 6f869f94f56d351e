"""What the gateway needs from outside: models to call, a ledger, stored configuration, a cache of answers.

Failures of an upstream call come as one of the exceptions below. Each says whether the provider may have seen the
request: a hold is given back only where it certainly has not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from keys.ports import Hold, HoldRequest, Refusal, WrappedKey


class UpstreamError(Exception):
    """Root of what can go wrong between the gateway and a provider."""

    may_have_run = True


class UpstreamUnreachable(UpstreamError):
    """No connection was made, so nothing was sent."""

    may_have_run = False


class UpstreamForbidden(UpstreamUnreachable):
    """The address may not be called from here (see `tenants.egress`)."""


class UpstreamTimeout(UpstreamError):
    """The request was sent and the answer, or its next part, did not come in time."""


class UpstreamBroken(UpstreamError):
    """The connection ended before the answer did."""


class StreamStopped(Exception):
    """Thrown into a waiting stream by `UpstreamReply.stop`."""


class AnswerTooLarge(UpstreamError):
    """The provider sent more than one answer may have."""


class LedgerUnavailable(Exception):
    """The accounting store did not answer in time; the operation may or may not have happened."""


class StoreUnavailable(Exception):
    """The configuration could not be read in time."""


class TenantGone(StoreUnavailable):
    """The tenant does not exist any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Bounds of one upstream attempt in seconds: connecting, first byte, silence between parts, all of it."""

    connect: float = 5.0
    first_byte: float = 60.0
    idle: float = 60.0
    total: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """One POST to a provider; `through_process` means the provider process on its Unix socket."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    deadlines: Deadlines = Deadlines()
    through_process: bool = False


class UpstreamReply(Protocol):
    """An answer whose head has arrived."""

    status: int
    headers: Mapping[str, str]

    async def read(self) -> bytes:
        """The whole body."""

    async def chunk(self) -> bytes:
        """The next part of the body as it came; empty at its end."""

    def began(self) -> None:
        """The first byte is there: from now on silence is judged by the idle deadline."""

    def stop(self) -> None:
        """Make a waiting `chunk` raise StreamStopped."""

    def close(self) -> None:
        """Give the connection up, or back to the pool when the body was read to its end."""


class ModelClient(Protocol):
    """Sends requests to providers; raises only UpstreamError."""

    async def send(self, request: UpstreamRequest) -> UpstreamReply: ...

    async def close(self) -> None: ...


class AnswerCache(Protocol):
    """Complete answers by key. It may forget at any time and never raises: without it there is only no cache."""

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, *, ttl_seconds: int) -> None: ...

    async def close(self) -> None: ...


RecordBuilder = Callable[[], Mapping[str, Any]]


class Ledger(Protocol):
    """Exact admission, and the settlements and usage records that are written after the answer."""

    async def hold(self, request: HoldRequest) -> Hold | Refusal:
        """Admit or refuse; LedgerUnavailable when the store does not answer in time."""

    def end(self, hold: Hold, amount: int | None, record: RecordBuilder | None = None) -> None:
        """Book what an attempt cost, or give its hold back when `amount` is None; `record` in the same transaction."""

    def record(self, record: RecordBuilder) -> None:
        """Write a usage record that belongs to no hold."""

    async def close(self, *, seconds: float) -> None:
        """Write what is waiting, for so long at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A virtual key found by the digest of its secret."""

    tenant_id: UUID
    secret_id: UUID
    key_id: UUID
    key_name: str
    unit_id: UUID
    unit_path: tuple[UUID, ...]
    allowed_models: tuple[str, ...]
    key_status: str
    key_expires_at: datetime | None
    secret_expires_at: datetime | None
    secret_revoked_at: datetime | None
    hard_limit: bool
    tenant_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """A provider as configured."""

    id: UUID
    name: str
    kind: str
    base_url: str
    api_version: str
    credential_id: UUID | None
    residency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRow:
    """A model at a provider as configured; prices are nano-USD per million tokens."""

    id: UUID
    name: str
    provider_id: UUID
    model: str
    context_window: int | None
    max_output_tokens: int | None
    supports_tools: bool
    supports_json: bool
    supports_vision: bool
    supports_streaming: bool
    price_input: int | None
    price_cached_input: int | None
    price_cache_write: int | None
    price_output: int | None
    price_reasoning: int | None
    quality: float
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """The current version of an active route."""

    route_id: UUID
    name: str
    version_id: UUID
    number: int
    spec: Mapping[str, Any]
    digest: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """A sealed provider credential with the key that opens it."""

    id: UUID
    ciphertext: bytes
    key: WrappedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRows:
    """Everything of one tenant that the gateway works with, read in one snapshot of the database."""

    tenant_id: UUID
    version: int
    status: str
    providers: Sequence[ProviderRow] = ()
    deployments: Sequence[DeploymentRow] = ()
    routes: Sequence[RouteRow] = ()
    credentials: Sequence[CredentialRow] = ()


class ConfigStore(Protocol):
    """Reads configuration; every call is bounded and raises StoreUnavailable."""

    async def poll_stamps(self, tenants: Sequence[UUID]) -> Mapping[UUID, int]:
        """The configuration versions, read on a connection of its own."""

    async def stamp(self, tenant_id: UUID) -> int:
        """One version, read on the other connection."""

    async def load(self, tenant_id: UUID) -> TenantRows: ...

    async def find_key(self, digest: bytes) -> KeyRow | None: ...

    async def refused_secrets(self, tenant_id: UUID, secrets: Sequence[UUID]) -> Mapping[UUID, str]:
        """Those of `secrets` that may no longer be used, with the reason."""

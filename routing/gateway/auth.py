"""Who calls: from the Authorization header to a virtual key with the configuration of its tenant.

What is no key by its checksum never reaches the database. A known key is answered from memory while its tenant's
configuration is fresh (`config_cache`); any change of the tenant's keys changes the configuration's version, and with
it every key of the tenant is read again.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from keys.domain.key_format import is_well_formed
from routing.gateway.compiled import TenantConfig
from routing.gateway.config_cache import ConfigCache
from routing.gateway.errors import configuration_unavailable, invalid_key, missing_key, refused_key
from routing.ports import ConfigStore, KeyRow, StoreUnavailable

MAX_KEYS = 20_000
MAX_FINDING = 256


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """An authenticated key and the configuration that applies to it."""

    config: TenantConfig
    tenant_id: UUID
    secret_id: UUID
    key_id: UUID
    unit_id: UUID
    unit_path: tuple[UUID, ...]
    allowed: frozenset[str]
    allowed_models: tuple[str, ...]
    hard_limit: bool
    refusal: str
    expires_at: float

    def may_use(self, model: str) -> bool:
        """Whether the key's allow list covers a route; an empty one covers all."""
        return not self.allowed or model in self.allowed


def caller_from(row: KeyRow, config: TenantConfig) -> Caller:
    """Judge a stored key as far as that does not depend on the time of the call."""
    expiries = [at.timestamp() for at in (row.key_expires_at, row.secret_expires_at) if at is not None]
    refusal = ""
    if row.tenant_status != "active":
        refusal = "tenant_suspended"
    elif row.key_status != "active" or row.secret_revoked_at is not None:
        refusal = "key_revoked"
    return Caller(
        config=config,
        tenant_id=row.tenant_id,
        secret_id=row.secret_id,
        key_id=row.key_id,
        unit_id=row.unit_id,
        unit_path=row.unit_path,
        allowed=frozenset(row.allowed_models),
        allowed_models=tuple(sorted(row.allowed_models)),
        hard_limit=row.hard_limit,
        refusal=refusal,
        expires_at=min(expiries, default=float("inf")),
    )


class Authenticator:
    """Identifies callers; holds at most MAX_KEYS of them in memory, by digest, never by secret."""

    def __init__(self, store: ConfigStore, configs: ConfigCache, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._configs = configs
        self._clock = clock
        self._callers: dict[bytes, Caller] = {}
        self._finding: dict[bytes, asyncio.Task[Caller]] = {}

    async def identify(self, authorization: bytes) -> Caller:
        """The caller behind a header value, or a WireError that says why there is none."""
        secret = _bearer(authorization)
        digest = hashlib.sha256(secret).digest()
        caller = self._callers.get(digest)
        if caller is None or caller.config.replaced:
            caller = await self._shared_find(secret, digest)
        elif not self._configs.is_fresh(caller.config):
            config = await self._configs.confirm(caller.config)
            if config is not caller.config:
                caller = await self._shared_find(secret, digest)
        if caller.refusal:
            raise refused_key(caller.refusal)
        if caller.expires_at <= self._clock():
            raise refused_key("key_expired")
        return caller

    async def _shared_find(self, secret: bytes, digest: bytes) -> Caller:
        """Read a key once for all requests that wait for it, however many come at the same time."""
        if not is_well_formed(secret.decode("latin-1")):
            raise invalid_key()
        task = self._finding.get(digest)
        if task is None:
            if len(self._finding) >= MAX_FINDING:  # a flood of made-up keys must not queue up before real ones
                raise configuration_unavailable()
            task = self._finding[digest] = asyncio.get_running_loop().create_task(self._find(digest))
            task.add_done_callback(lambda _: self._finding.pop(digest, None))
        return await asyncio.shield(task)

    async def _find(self, digest: bytes) -> Caller:
        try:
            began = time.monotonic()
            row = await self._read(digest)
            config = await self._configs.get(row.tenant_id)
            if config.read_at >= began or not self._configs.is_fresh(config):
                config = config if config.read_at >= began else await self._configs.confirm(config)
                # The key was read before the configuration: a change in between would go unnoticed.
                row = await self._read(digest)
        except StoreUnavailable as error:
            raise configuration_unavailable() from error
        caller = caller_from(row, config)
        if len(self._callers) >= MAX_KEYS:
            self._callers.pop(next(iter(self._callers)))
        self._callers[digest] = caller
        return caller

    async def _read(self, digest: bytes) -> KeyRow:
        row = await self._store.find_key(digest)
        if row is None:
            self._callers.pop(digest, None)
            raise invalid_key()
        return row


def _bearer(authorization: bytes) -> bytes:
    scheme, _, secret = authorization.partition(b" ")
    if not secret:
        raise missing_key()
    if scheme.lower() != b"bearer":
        raise invalid_key()
    return secret.strip()

"""Configuration read from PostgreSQL in the gateway's own role.

Two connections: one polls stamps and does nothing else, the other reads keys and tenants. A tenant is read by one
statement, hence from one snapshot: its version and its content belong together.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from routing.adapters.config_queries import KEY, REFUSED, STAMP, STAMPS, TENANT
from routing.adapters.postgres_link import LinkError, PostgresLink, Row
from routing.ports import KeyRow, StoreUnavailable, TenantGone, TenantRows

POLL_SECONDS = 0.4
READ_SECONDS = 0.3
LOAD_SECONDS = 2.0

_read_tenant = msgspec.json.Decoder(TenantRows).decode
_read_key = msgspec.json.Decoder(KeyRow).decode


class PostgresConfigStore:
    """Implements `routing.ports.ConfigStore`."""

    def __init__(self, url: str) -> None:
        self._poller = PostgresLink(url, name="gateway stamps", settings=("set statement_timeout = '400ms'",))
        self._reader = PostgresLink(url, name="gateway reader", settings=("set statement_timeout = '2s'",))

    @property
    def connected(self) -> bool:
        """Whether the polling connection is open."""
        return self._poller.connected

    async def open(self) -> None:
        """Connect; refuses an unsafe database role."""
        await self._poller.open()
        await self._reader.open()

    async def poll_stamps(self, tenants: Sequence[UUID]) -> Mapping[UUID, int]:
        """The versions of these tenants' configurations."""
        if not self._poller.connected:
            await self._poller.open()
        rows = await _read(self._poller, STAMPS, (list(tenants),), POLL_SECONDS)
        return dict(rows)

    async def stamp(self, tenant_id: UUID) -> int:
        """One version, read on the other connection."""
        rows = await _read(self._reader, STAMP, (tenant_id,), READ_SECONDS)
        return int(rows[0][0]) if rows else 0

    async def load(self, tenant_id: UUID) -> TenantRows:
        """Everything of a tenant."""
        rows = await _read(self._reader, TENANT, (tenant_id,), LOAD_SECONDS)
        if not rows:
            raise TenantGone("the tenant is gone")
        return _read_tenant(rows[0][0])

    async def find_key(self, digest: bytes) -> KeyRow | None:
        """The key with this digest, whatever its state."""
        rows = await _read(self._reader, KEY, (digest,), LOAD_SECONDS)
        return _read_key(rows[0][0]) if rows else None

    async def refused_secrets(self, tenant_id: UUID, secrets: Sequence[UUID]) -> Mapping[UUID, str]:
        """Those of `secrets` that may no longer be used, with the reason."""
        return dict(await _read(self._reader, REFUSED, (list(secrets), tenant_id), LOAD_SECONDS))

    async def close(self) -> None:
        """Close both connections."""
        await self._poller.close()
        await self._reader.close()


async def _read(
    link: PostgresLink, statement: LiteralString, parameters: Sequence[object], seconds: float
) -> list[Row]:
    """Rows within `seconds`. A connection that had died unnoticed, as after a restart, is replaced and asked again."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    try:
        try:
            return await link.rows(statement, parameters, seconds=seconds)
        except LinkError as error:
            left = until - loop.time()
            if not error.unknown or left <= 0:
                raise
            return await link.rows(statement, parameters, seconds=left)
    except LinkError as error:
        raise StoreUnavailable(str(error)) from error

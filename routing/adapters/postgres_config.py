"""Configuration read from PostgreSQL in the gateway's own role.

Two connections: one polls stamps and does nothing else, the other reads keys and tenants. A tenant is read by one
statement, hence from one snapshot: its version and its content belong together.
"""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from routing.adapters.postgres_link import LinkError, PostgresLink, Row
from routing.ports import KeyRow, StoreUnavailable, TenantGone, TenantRows

POLL_SECONDS = 0.4
READ_SECONDS = 0.3
LOAD_SECONDS = 2.0

_STAMPS: LiteralString = "select tenant_id, version from tenants_configstamp where tenant_id = any(%s)"
_STAMP: LiteralString = "select version from tenants_configstamp where tenant_id = %s"
_KEY: LiteralString = """
select row_to_json(found)::text from (
    select s.tenant_id, s.id as secret_id, k.id as key_id, k.name as key_name, k.unit_id, u.path as unit_path,
           k.allowed_models, k.status as key_status, k.expires_at as key_expires_at, s.expires_at as secret_expires_at,
           s.revoked_at as secret_revoked_at, t.status as tenant_status,
           exists (select from keys_limit m where m.tenant_id = s.tenant_id and m.active and m.hard and m.meter = 'cost'
                   and (m.virtual_key_id = k.id or m.unit_id = any(u.path)
                        or (m.virtual_key_id is null and m.unit_id is null))) as hard_limit
    from tenants_lookup l
    join keys_virtualkeysecret s on s.tenant_id = l.tenant_id and s.id = l.object_id
    join keys_virtualkey k on k.tenant_id = s.tenant_id and k.id = s.virtual_key_id
    join tenants_unit u on u.tenant_id = k.tenant_id and u.id = k.unit_id
    join tenants_tenant t on t.id = s.tenant_id
    where l.kind = 'virtual_key' and l.digest = %s) found
"""
_REFUSED: LiteralString = """
select asked.id, case when t.status <> 'active' then 'tenant_suspended'
                      when least(k.expires_at, s.expires_at) <= clock_timestamp() then 'key_expired'
                      else 'key_revoked' end
from unnest(%s::uuid[]) asked(id)
left join keys_virtualkeysecret s on s.tenant_id = %s and s.id = asked.id
left join keys_virtualkey k on k.tenant_id = s.tenant_id and k.id = s.virtual_key_id
left join tenants_tenant t on t.id = s.tenant_id
where (t.status = 'active' and k.status = 'active' and s.revoked_at is null
       and (least(k.expires_at, s.expires_at) > clock_timestamp() or coalesce(k.expires_at, s.expires_at) is null)) is not true
"""
_TENANT: LiteralString = """
select json_build_object(
    'tenant_id', t.id, 'version', coalesce(c.version, 0), 'status', t.status,
    'providers', coalesce((
        select json_agg(json_build_object(
            'id', p.id, 'name', p.name, 'kind', p.kind, 'base_url', p.base_url, 'api_version', p.api_version,
            'credential_id', p.credential_id, 'residency', p.residency))
        from routing_provider p where p.tenant_id = t.id), '[]'),
    'deployments', coalesce((
        select json_agg(json_build_object(
            'id', d.id, 'name', d.name, 'provider_id', d.provider_id, 'model', d.model, 'context_window', d.context_window,
            'max_output_tokens', d.max_output_tokens, 'supports_tools', d.supports_tools, 'supports_json', d.supports_json,
            'supports_vision', d.supports_vision, 'supports_streaming', d.supports_streaming, 'price_input', d.price_input,
            'price_cached_input', d.price_cached_input, 'price_cache_write', d.price_cache_write,
            'price_output', d.price_output, 'price_reasoning', d.price_reasoning, 'quality', d.quality::float8,
            'enabled', d.enabled))
        from routing_deployment d where d.tenant_id = t.id), '[]'),
    'routes', coalesce((
        select json_agg(json_build_object(
            'route_id', r.id, 'name', r.name, 'version_id', v.id, 'number', v.number, 'spec', v.spec, 'digest', v.digest,
            'created_at', v.created_at))
        from routing_route r
        join routing_routeversion v on v.tenant_id = r.tenant_id and v.route_id = r.id and v.number = r.current_version
        where r.tenant_id = t.id and r.status = 'active'), '[]'),
    'credentials', coalesce((
        select json_agg(json_build_object(
            'id', c2.id, 'ciphertext', replace(encode(c2.ciphertext, 'base64'), E'\\n', ''),
            'key', json_build_object('tenant_id', c2.tenant_id, 'version', w.version,
                                     'wrapped', replace(encode(w.wrapped, 'base64'), E'\\n', ''))))
        from keys_providercredential c2
        join keys_tenantkey w on w.tenant_id = c2.tenant_id and w.version = c2.key_version
        where c2.tenant_id = t.id), '[]')
)::text
from tenants_tenant t left join tenants_configstamp c on c.tenant_id = t.id
where t.id = %s
"""

_read_tenant = msgspec.json.Decoder(TenantRows).decode
_read_key = msgspec.json.Decoder(KeyRow).decode


class PostgresConfigStore:
    """Implements `routing.ports.ConfigStore`."""

    def __init__(self, url: str) -> None:
        self._poller = PostgresLink(
            url, name="gateway stamps", connect_seconds=POLL_SECONDS, settings=("set statement_timeout = '400ms'",)
        )
        self._reader = PostgresLink(url, name="gateway reader", settings=("set statement_timeout = '2s'",))

    @property
    def connected(self) -> bool:
        """Whether the polling connection is open."""
        return self._poller.connected

    async def check(self) -> None:
        """Refuse to run with an unsafe database role."""
        await self._reader.check()

    async def poll_stamps(self, tenants: Sequence[UUID]) -> Mapping[UUID, int]:
        """The versions of these tenants' configurations."""
        rows = await _read(self._poller, _STAMPS, (list(tenants),), POLL_SECONDS)
        return dict(rows)

    async def stamp(self, tenant_id: UUID) -> int:
        """One version, read on the other connection."""
        rows = await _read(self._reader, _STAMP, (tenant_id,), READ_SECONDS)
        return int(rows[0][0]) if rows else 0

    async def load(self, tenant_id: UUID) -> TenantRows:
        """Everything of a tenant."""
        rows = await _read(self._reader, _TENANT, (tenant_id,), LOAD_SECONDS)
        if not rows:
            raise TenantGone("the tenant is gone")
        return _read_tenant(rows[0][0])

    async def find_key(self, digest: bytes) -> KeyRow | None:
        """The key with this digest, whatever its state."""
        rows = await _read(self._reader, _KEY, (digest,), LOAD_SECONDS)
        return _read_key(rows[0][0]) if rows else None

    async def refused_secrets(self, tenant_id: UUID, secrets: Sequence[UUID]) -> Mapping[UUID, str]:
        """Those of `secrets` that may no longer be used, with the reason."""
        return dict(await _read(self._reader, _REFUSED, (list(secrets), tenant_id), LOAD_SECONDS))

    async def close(self) -> None:
        """Close both connections."""
        await self._poller.close()
        await self._reader.close()


async def _read(
    link: PostgresLink, statement: LiteralString, parameters: Sequence[object], seconds: float
) -> list[Row]:
    try:
        return await link.rows(statement, parameters, seconds=seconds)
    except LinkError as error:
        raise StoreUnavailable(str(error)) from error

"""The statements by which the gateway reads its configuration, with plain SELECT in its own role."""

from typing import LiteralString

STAMPS: LiteralString = "select tenant_id, version from tenants_configstamp where tenant_id = any(%s)"
STAMP: LiteralString = "select version from tenants_configstamp where tenant_id = %s"
KEY: LiteralString = """
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
REFUSED: LiteralString = """
select asked.id, case when t.status <> 'active' then 'tenant_suspended'
                      when least(k.expires_at, s.expires_at) <= clock_timestamp() then 'key_expired'
                      else 'key_revoked' end
from unnest(%s::uuid[]) asked(id)
left join keys_virtualkeysecret s on s.tenant_id = %s and s.id = asked.id
left join keys_virtualkey k on k.tenant_id = s.tenant_id and k.id = s.virtual_key_id
left join tenants_tenant t on t.id = s.tenant_id
where (t.status = 'active' and k.status = 'active' and s.revoked_at is null
       and coalesce(least(k.expires_at, s.expires_at), 'infinity') > clock_timestamp()) is not true
"""
TENANT: LiteralString = """
select json_build_object(
    'tenant_id', t.id, 'version', coalesce(c.version, 0), 'status', t.status,
    'providers', coalesce((
        select json_agg(json_build_object(
            'id', p.id, 'name', p.name, 'kind', p.kind, 'base_url', p.base_url, 'api_version', p.api_version,
            'credential_id', p.credential_id, 'residency', p.residency))
        from routing_provider p where p.tenant_id = t.id), '[]'),
    'deployments', coalesce((
        select json_agg(json_build_object(
            'id', d.id, 'name', d.name, 'provider_id', d.provider_id, 'model', d.model,
            'context_window', d.context_window, 'max_output_tokens', d.max_output_tokens,
            'supports_tools', d.supports_tools, 'supports_json', d.supports_json,
            'supports_vision', d.supports_vision, 'supports_streaming', d.supports_streaming,
            'price_input', d.price_input, 'price_cached_input', d.price_cached_input,
            'price_cache_write', d.price_cache_write,
            'price_output', d.price_output, 'price_reasoning', d.price_reasoning, 'quality', d.quality::float8,
            'enabled', d.enabled))
        from routing_deployment d where d.tenant_id = t.id), '[]'),
    'routes', coalesce((
        select json_agg(json_build_object(
            'route_id', r.id, 'name', r.name, 'version_id', v.id, 'number', v.number, 'spec', v.spec,
            'digest', v.digest, 'created_at', v.created_at))
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

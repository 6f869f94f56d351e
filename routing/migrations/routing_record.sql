-- Inserts usage records of any tenants; returns how many were new. Idempotent on the request id.
-- Runs as the owner, which sees one tenant at a time under forced row-level security, hence the loop.
-- Unknown fields are ignored, missing ones get their default: a record is never refused for what it lacks.
create or replace function routing_record(records jsonb) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    before text := current_setting('app.tenant', true);
    of_tenant uuid;
    added int;
    total int := 0;
begin
    for of_tenant in
        select distinct (r ->> 'tenant_id')::uuid from jsonb_array_elements(records) r order by 1
    loop
        perform set_config('app.tenant', of_tenant::text, true);
        insert into routing_usagerecord (
            id, tenant_id, at, virtual_key_id, unit_id, unit_path, route_id, route_version, deployment_id, model_asked,
            model_served, surface, stream, status, http_status, error_code, input_tokens, cached_input_tokens,
            cache_write_tokens, output_tokens, reasoning_tokens, usage_raw, usage_estimated, cost, saved, latency_ms,
            first_token_ms, overhead_ms, attempts, cache, decision, run_id, hold_ids)
        select
            r.id, of_tenant, coalesce(r.at, now()), r.virtual_key_id, r.unit_id, coalesce(r.unit_path, '{}'), r.route_id,
            r.route_version, r.deployment_id, left(coalesce(r.model_asked, ''), 256), left(coalesce(r.model_served, ''), 200),
            left(coalesce(r.surface, ''), 24), coalesce(r.stream, false), coalesce(r.status, 'failed'), r.http_status,
            left(coalesce(r.error_code, ''), 80), coalesce(r.input_tokens, 0), coalesce(r.cached_input_tokens, 0),
            coalesce(r.cache_write_tokens, 0), coalesce(r.output_tokens, 0), coalesce(r.reasoning_tokens, 0),
            nullif(r.usage_raw, 'null'), coalesce(r.usage_estimated, false), r.cost, coalesce(r.saved, 0),
            round(r.latency_ms), round(r.first_token_ms), r.overhead_ms, case jsonb_typeof(r.attempts) when 'array' then r.attempts else '[]' end,
            coalesce(r.cache, 'off'), nullif(r.decision, 'null'), r.run_id, coalesce(r.hold_ids, '{}')
        from jsonb_to_recordset(records) as r(
            id uuid, tenant_id uuid, at timestamptz, virtual_key_id uuid, unit_id uuid, unit_path uuid[], route_id uuid,
            route_version int, deployment_id uuid, model_asked text, model_served text, surface text, stream boolean,
            status text, http_status int, error_code text, input_tokens bigint, cached_input_tokens bigint,
            cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint, usage_raw jsonb,
            usage_estimated boolean, cost bigint, saved bigint, latency_ms double precision,
            first_token_ms double precision, overhead_ms double precision, attempts jsonb, cache text, decision jsonb,
            run_id uuid, hold_ids uuid[])
        where r.tenant_id = of_tenant and r.id is not null
        on conflict do nothing;
        get diagnostics added = row_count;
        total := total + added;
    end loop;
    perform set_config('app.tenant', coalesce(before, ''), true);
    return total;
end $$;

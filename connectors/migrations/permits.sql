-- Asks for a permit, or asks again from the line. The row lock of the pool makes all that follows one at a time; every
-- time is the database's. Answers {"state", "ahead", "server_seconds"}; states: held, waiting, stopped, absent.
create function connectors_permit_ask(p_permit uuid, p_connector uuid, p_operation text, p_lease double precision)
returns jsonb language plpgsql set search_path = pg_catalog, public as $$
declare
  core connectors_permitpool;
  mine connectors_permit;
  moment timestamptz;
  stopped timestamptz;
  taken int;
  ahead int;
  until timestamptz;
begin
  select pool.* into core from connectors_connector connector
    join connectors_permitpool pool on pool.tenant_id = connector.tenant_id and pool.id = connector.pool_id
    where connector.id = p_connector for update of pool;
  if not found then
    return jsonb_build_object('state', 'absent');
  end if;
  select stopped_at into stopped from connectors_connector where id = p_connector;
  if stopped is not null then
    delete from connectors_permit where id = p_permit and state = 'waiting';
    return jsonb_build_object('state', 'stopped');
  end if;
  moment := clock_timestamp();
  -- a lease that has run out, with the time the core may have worked after it; a waiter that no longer asks
  delete from connectors_permit where pool_id = core.id and id <> p_permit
    and ((state <> 'waiting' and returns_at <= moment)
         or (state = 'waiting' and seen_at < moment - interval '3 seconds'));
  select * into mine from connectors_permit where id = p_permit;
  if mine.state = 'held' then
    return jsonb_build_object('state', 'held', 'ahead', 0, 'server_seconds', core.max_server_seconds);
  end if;
  select count(*) filter (where state <> 'waiting'),
         count(*) filter (where state = 'waiting' and (mine.id is null or ticket < mine.ticket))
    into taken, ahead from connectors_permit where pool_id = core.id and id <> p_permit;
  if taken + ahead < core.max_in_flight then
    until := moment + make_interval(secs => p_lease + core.max_server_seconds);
    insert into connectors_permit
        (id, tenant_id, pool_id, connector_id, operation, state, ticket, asked_at, seen_at, returns_at)
      values (p_permit, core.tenant_id, core.id, p_connector, p_operation, 'held', core.tickets, moment, moment, until)
      on conflict (id) do update set state = 'held', seen_at = moment, returns_at = until;
    return jsonb_build_object('state', 'held', 'ahead', 0, 'server_seconds', core.max_server_seconds);
  end if;
  if mine.id is null then
    update connectors_permitpool set tickets = tickets + 1 where id = core.id;
    insert into connectors_permit
        (id, tenant_id, pool_id, connector_id, operation, state, ticket, asked_at, seen_at)
      values (p_permit, core.tenant_id, core.id, p_connector, p_operation, 'waiting', core.tickets + 1, moment, moment);
  elsif mine.seen_at < moment - interval '500 milliseconds' then
    update connectors_permit set seen_at = moment where id = p_permit;
  end if;
  return jsonb_build_object('state', 'waiting', 'ahead', ahead, 'server_seconds', core.max_server_seconds);
end $$
--;;
-- Gives a permit back. Not done: something was sent and nothing complete came back, so the core may still be working
-- on it, and the permit counts on for as long as that may last.
create function connectors_permit_end(p_permit uuid, p_done boolean)
returns void language plpgsql set search_path = pg_catalog, public as $$
begin
  if p_done then
    delete from connectors_permit where id = p_permit;
    return;
  end if;
  update connectors_permit permit set state = 'abandoned',
      returns_at = least(permit.returns_at, clock_timestamp() + make_interval(secs => pool.max_server_seconds))
    from connectors_permitpool pool
    where permit.id = p_permit and permit.state = 'held' and pool.id = permit.pool_id;
end $$

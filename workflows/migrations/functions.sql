-- The writes of runs and events, each one call. The rules are in docs/workflows-engine.md.
--
-- Every function runs as the owner under FORCED row-level security: it sees the one tenant it sets first. The setting is
-- local to the transaction, which in autocommit is this one call. Callers use READ COMMITTED.
-- Lock order: a run row, then the inbox lock of the tenant (advisory), then new rows. Nobody waits for a run row while
-- holding the inbox lock.

create or replace function workflows_inbox_lock(of_tenant uuid, exclusive bool) returns void
language plpgsql volatile as $$
declare
    number bigint := hashtextextended('workflows.inbox', 0) # hashtextextended(of_tenant::text, 0);
begin
    -- Publishers share it, new listeners have it alone: either the listener sees the event, or the event the listener.
    if exclusive then
        perform pg_advisory_xact_lock(number);
    else
        perform pg_advisory_xact_lock_shared(number);
    end if;
end $$;
--;;

-- Stores events and writes one delivery for each subscription that asks for their attributes. An event that is known
-- already changes nothing. Returns [{"id", "new", "deliveries": [id…]}] in the order of `events`.
create or replace function workflows_store_events(of_tenant uuid, events jsonb, of_run uuid, moment timestamptz) returns jsonb
language plpgsql volatile as $$
declare
    item jsonb;
    stored uuid;
    sent uuid[];
    answers jsonb := '[]';
begin
    perform workflows_inbox_lock(of_tenant, false);
    for item in select value from jsonb_array_elements(events) loop
        insert into workflows_event (id, tenant_id, source, external_id, type, attributes, data, data_base64, run_id, received_at)
        values (keys_uuid7(), of_tenant, item #>> '{attributes,source}', item #>> '{attributes,id}', item #>> '{attributes,type}',
                item -> 'attributes', item -> 'data', coalesce(item ->> 'data_base64', ''), of_run, moment)
        on conflict (tenant_id, source, external_id) do nothing
        returning id into stored;
        if stored is null then
            select e.id into strict stored from workflows_event e
            where e.tenant_id = of_tenant and e.source = item #>> '{attributes,source}' and e.external_id = item #>> '{attributes,id}';
            answers := answers || jsonb_build_object('id', stored, 'new', false, 'deliveries', '[]'::jsonb);
            stored := null;
            continue;
        end if;
        with matched as (
            insert into workflows_delivery (id, tenant_id, event_id, subscription_id, definition_id, run_id, listener, status, attempts,
                                            due_at, last_error, created_at)
            select keys_uuid7(), of_tenant, stored, s.id, s.definition_id, s.run_id, s.listener, 'pending', 0, moment, '', moment
            from workflows_subscription s
            where s.tenant_id = of_tenant and item -> 'attributes' @> s.attributes
            returning id
        )
        select coalesce(array_agg(id), '{}') into sent from matched;
        answers := answers || jsonb_build_object('id', stored, 'new', true, 'deliveries', to_jsonb(sent));
        stored := null;
    end loop;
    return answers;
end $$;
--;;

create or replace function workflows_publish(of_tenant uuid, events jsonb) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
begin
    perform set_config('app.tenant', of_tenant::text, true);
    return workflows_store_events(of_tenant, events, null, clock_timestamp());
end $$;
--;;

-- Gives a run something from outside and wakes it. Returns false when the run is not there, or is over and `reopens` is
-- not said. A suspended run keeps the signal for when it is resumed.
create or replace function workflows_signal(of_tenant uuid, of_run uuid, signal jsonb, reopens bool) returns bool
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    place int;
    moment timestamptz := clock_timestamp();
begin
    perform set_config('app.tenant', of_tenant::text, true);
    update workflows_run r set
        signal_count = r.signal_count + 1,
        wake_at = case when r.status = 'suspended' then r.wake_at else least(r.wake_at, moment) end
    where r.tenant_id = of_tenant and r.id = of_run and (r.finished_at is null or reopens)
    returning r.signal_count into place;
    if not found then
        return false;
    end if;
    insert into workflows_runsignal (id, tenant_id, run_id, number, at, data)
    values (keys_uuid7(), of_tenant, of_run, place, moment, signal);
    return true;
end $$;
--;;

-- What a run has to look at: signals not yet consumed, and timers that are due.
create or replace function workflows_due(of_tenant uuid, of_run uuid, moment timestamptz) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'now', moment,
        'signals', coalesce((
            select jsonb_agg(jsonb_build_object('number', s.number, 'at', s.at, 'data', s.data) order by s.number)
            from workflows_runsignal s where s.tenant_id = of_tenant and s.run_id = of_run), '[]'),
        'timers', coalesce((
            select jsonb_agg(jsonb_build_object('name', t.name, 'due_at', t.due_at) order by t.due_at, t.name)
            from workflows_timer t where t.tenant_id = of_tenant and t.run_id = of_run and t.due_at <= moment), '[]'))
$$;
--;;

create or replace function workflows_inbox(of_tenant uuid, of_run uuid) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
begin
    perform set_config('app.tenant', of_tenant::text, true);
    return workflows_due(of_tenant, of_run, clock_timestamp());
end $$;
--;;

create or replace function workflows_suspend(of_tenant uuid, of_run uuid, reason text, moment timestamptz) returns void
language plpgsql volatile as $$
declare
    place int;
begin
    update workflows_run r set status = 'suspended', suspended_reason = left(reason, 300), wake_at = null, lease_owner = '',
        lease_expires_at = null, history_count = r.history_count + 1
    where r.tenant_id = of_tenant and r.id = of_run and r.finished_at is null
    returning r.history_count into place;
    if found then
        insert into workflows_runevent (id, tenant_id, run_id, number, at, type, pointer, iteration, generation, attempt, data)
        values (keys_uuid7(), of_tenant, of_run, place, moment, 'run.suspended', '', '', 0, 0, jsonb_build_object('reason', reason));
    end if;
end $$;
--;;

-- Takes the lease of a run that is due and that nobody holds; null when there is nothing to take. A lease that ran out
-- instead of being given back is a recovery; too many of them without progress suspend the run.
create or replace function workflows_claim(
    of_tenant uuid, of_run uuid, by_owner text, lease_seconds double precision, most_recoveries int) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    run workflows_run;
    moment timestamptz := clock_timestamp();
begin
    perform set_config('app.tenant', of_tenant::text, true);
    update workflows_run r set
        lease_owner = by_owner, lease_epoch = r.lease_epoch + 1, lease_expires_at = moment + make_interval(secs => lease_seconds),
        recoveries = r.recoveries + (r.lease_expires_at is not null)::int,
        status = case r.status when 'compensating' then r.status else 'running' end
    where r.tenant_id = of_tenant and r.id = of_run and r.wake_at <= moment
      and (r.lease_expires_at is null or r.lease_expires_at < moment)
    returning * into run;
    if not found then
        return null;
    end if;
    if run.recoveries > most_recoveries then
        perform workflows_suspend(of_tenant, of_run, format('%s leases ended without progress', run.recoveries), moment);
        return null;
    end if;
    return jsonb_build_object(
        'epoch', run.lease_epoch, 'state', run.state, 'input', run.input, 'definition', run.definition_id,
        'version', run.version_id, 'recoveries', run.recoveries, 'history', run.history_count, 'status', run.status,
        'created_at', run.created_at) || workflows_due(of_tenant, of_run, moment);
end $$;
--;;

-- Starts listening, and looks at once at what has come since the run began and was not meant for this run before.
create or replace function workflows_listen(
    of_tenant uuid, of_run uuid, listeners jsonb, since timestamptz, moment timestamptz) returns uuid[]
language plpgsql volatile as $$
declare
    sent uuid[];
begin
    perform workflows_inbox_lock(of_tenant, true);
    with listening as (
        insert into workflows_subscription (id, tenant_id, run_id, listener, attributes, conditions, correlations, created_at)
        select keys_uuid7(), of_tenant, of_run, l ->> 'listener', coalesce(l -> 'attributes', '{}'), coalesce(l -> 'conditions', '{}'),
               coalesce(l -> 'correlations', '{}'), moment
        from jsonb_array_elements(listeners) l
        on conflict (tenant_id, run_id, listener) do nothing
        returning id, listener, attributes
    ), matched as (
        insert into workflows_delivery (id, tenant_id, event_id, subscription_id, run_id, listener, status, attempts, due_at,
                                        last_error, created_at)
        select keys_uuid7(), of_tenant, e.id, l.id, of_run, l.listener, 'pending', 0, moment, '', e.received_at
        from workflows_event e join listening l on e.attributes @> l.attributes
        where e.tenant_id = of_tenant and e.received_at >= since
          and not exists (select from workflows_delivery d where d.tenant_id = of_tenant and d.event_id = e.id and d.run_id = of_run
                          and d.status = 'delivered')
        returning id
    )
    select coalesce(array_agg(id), '{}') into sent from matched;
    return sent;
end $$;
--;;

-- Records what a worker made of a run, in one commit: state, status, history, timers, listeners, events, and the lease, which
-- goes on or is given back. Refused (null) for whoever no longer holds the lease. `change` holds
--   after                                              number of the history line this builds on
--   state, status, output, error, final, progress      the run; keys that are missing leave what is there
--   history [{at, type, pointer, iteration, generation, attempt, data}]    numbered here
--   timers [{name, due_at}], untimers [name]           started and ended
--   listen [{listener, attributes, conditions, correlations}], unlisten [listener]
--   publish [{attributes, data}]
--   consumed                                           number of the last signal that was looked at
--   lease_seconds, release, again                      again: give back and wake at once
-- Returns {"signals": unread ones wait, "deliveries": [id…], "due": it was given back and has more to do now}.
create or replace function workflows_record(of_tenant uuid, of_run uuid, of_epoch bigint, change jsonb) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    moment timestamptz := clock_timestamp();
    lines int := coalesce(jsonb_array_length(change -> 'history'), 0);
    is_final bool := coalesce((change ->> 'final')::bool, false);
    released bool := is_final or coalesce((change ->> 'release')::bool, false);
    seen int := coalesce((change ->> 'consumed')::int, 0);
    run record;
    stored jsonb;
    sent uuid[] := '{}';
    next_wake timestamptz;
begin
    perform set_config('app.tenant', of_tenant::text, true);
    update workflows_run r set
        state = case when change ? 'state' then change -> 'state' else r.state end,
        status = coalesce(change ->> 'status', r.status),
        output = case when change ? 'output' then change -> 'output' when r.finished_at is null then r.output end,
        error = case when change ? 'error' then nullif(change -> 'error', 'null') when r.finished_at is null then r.error end,
        history_count = r.history_count + lines,
        recoveries = case when released or coalesce((change ->> 'progress')::bool, false) then 0 else r.recoveries end,
        lease_expires_at = case when released then null
                                else moment + make_interval(secs => (change ->> 'lease_seconds')::double precision) end,
        lease_owner = case when released then '' else r.lease_owner end,
        finished_at = case when is_final then moment end
    where r.tenant_id = of_tenant and r.id = of_run and r.lease_epoch = of_epoch and r.lease_expires_at is not null
      and r.history_count = coalesce((change ->> 'after')::int, r.history_count)
    returning r.history_count - lines as before, r.signal_count, r.created_at into run;
    if not found then
        -- The same record once more, because its answer was lost with the connection: what it did stands.
        select jsonb_build_object('signals', true, 'deliveries', '[]'::jsonb, 'due', false) into stored
        from workflows_run r
        where r.tenant_id = of_tenant and r.id = of_run and r.lease_epoch = of_epoch and lines > 0
          and r.history_count = (change ->> 'after')::int + lines and (r.lease_expires_at is null) = released;
        return stored;
    end if;

    if lines > 0 then
        insert into workflows_runevent (id, tenant_id, run_id, number, at, type, pointer, iteration, generation, attempt, data)
        select keys_uuid7(), of_tenant, of_run, run.before + line.place, coalesce((line.value ->> 'at')::timestamptz, moment),
               line.value ->> 'type', coalesce(line.value ->> 'pointer', ''), coalesce(line.value ->> 'iteration', ''),
               coalesce((line.value ->> 'generation')::int, 0), coalesce((line.value ->> 'attempt')::int, 0),
               coalesce(line.value -> 'data', '{}')
        from jsonb_array_elements(change -> 'history') with ordinality line(value, place);
    end if;
    if seen > 0 then
        delete from workflows_runsignal s where s.tenant_id = of_tenant and s.run_id = of_run and s.number <= seen;
    end if;
    if change ? 'untimers' then
        delete from workflows_timer t
        where t.tenant_id = of_tenant and t.run_id = of_run and t.name in (select jsonb_array_elements_text(change -> 'untimers'));
    end if;
    if change ? 'timers' then
        insert into workflows_timer (id, tenant_id, run_id, name, due_at)
        select keys_uuid7(), of_tenant, of_run, t ->> 'name', (t ->> 'due_at')::timestamptz
        from jsonb_array_elements(change -> 'timers') t
        on conflict (tenant_id, run_id, name) do update set due_at = excluded.due_at;
    end if;
    if change ? 'unlisten' then
        delete from workflows_subscription s
        where s.tenant_id = of_tenant and s.run_id = of_run and s.listener in (select jsonb_array_elements_text(change -> 'unlisten'));
    end if;
    if change ? 'publish' then
        stored := workflows_store_events(of_tenant, change -> 'publish', of_run, moment);
        select coalesce(array_agg(d::uuid), '{}') into sent
        from jsonb_array_elements(stored) s, jsonb_array_elements_text(s -> 'deliveries') d;
    end if;
    if is_final then
        delete from workflows_timer t where t.tenant_id = of_tenant and t.run_id = of_run;
        delete from workflows_subscription s where s.tenant_id = of_tenant and s.run_id = of_run;
        delete from workflows_runsignal s where s.tenant_id = of_tenant and s.run_id = of_run;
    elsif change ? 'listen' then
        sent := sent || workflows_listen(of_tenant, of_run, change -> 'listen', run.created_at, moment);
    end if;
    if released then
        if not is_final then
            select case when coalesce((change ->> 'again')::bool, false) or run.signal_count > seen
                        then moment else min(t.due_at) end into next_wake
            from workflows_timer t where t.tenant_id = of_tenant and t.run_id = of_run;
        end if;
        update workflows_run r set wake_at = next_wake where r.tenant_id = of_tenant and r.id = of_run;
    end if;
    return jsonb_build_object('signals', run.signal_count > seen, 'deliveries', to_jsonb(sent), 'due', coalesce(next_wake <= moment, false));
end $$;
--;;

-- Gives a lease back after a failure of ours, to try again later; too many of them suspend the run.
create or replace function workflows_fail(
    of_tenant uuid, of_run uuid, of_epoch bigint, reason text, delay_seconds double precision, most_recoveries int) returns bool
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    count int;
    moment timestamptz := clock_timestamp();
begin
    perform set_config('app.tenant', of_tenant::text, true);
    update workflows_run r set lease_expires_at = null, lease_owner = '', recoveries = r.recoveries + 1,
        wake_at = moment + make_interval(secs => delay_seconds)
    where r.tenant_id = of_tenant and r.id = of_run and r.lease_epoch = of_epoch and r.lease_expires_at is not null
    returning r.recoveries into count;
    if not found then
        return false;
    end if;
    if count > most_recoveries then
        perform workflows_suspend(of_tenant, of_run, reason, moment);
    end if;
    return true;
end $$;
--;;

-- Extends the leases of one process, [{tenant, run, epoch}]; returns the runs whose lease is lost.
create or replace function workflows_renew(by_owner text, leases jsonb, lease_seconds double precision) returns uuid[]
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    before text := current_setting('app.tenant', true);
    of_tenant uuid;
    kept uuid[];
    lost uuid[] := '{}';
begin
    for of_tenant in select distinct (l ->> 'tenant')::uuid from jsonb_array_elements(leases) l order by 1 loop
        perform set_config('app.tenant', of_tenant::text, true);
        with held as (
            select r.id from workflows_run r
            join jsonb_to_recordset(leases) l(tenant uuid, run uuid, epoch bigint) on l.run = r.id and l.epoch = r.lease_epoch
            where r.tenant_id = of_tenant and l.tenant = of_tenant and r.lease_owner = by_owner and r.lease_expires_at is not null
            order by r.id for update of r skip locked
        ), renewed as (
            update workflows_run r set lease_expires_at = clock_timestamp() + make_interval(secs => lease_seconds)
            from held where r.tenant_id = of_tenant and r.id = held.id returning r.id
        )
        select coalesce(array_agg(id), '{}') into kept from renewed;
        lost := lost || array(
            select l.run from jsonb_to_recordset(leases) l(tenant uuid, run uuid, epoch bigint)
            where l.tenant = of_tenant and l.run <> all (kept)
              and not exists (select from workflows_run r where r.tenant_id = of_tenant and r.id = l.run
                              and r.lease_epoch = l.epoch and r.lease_expires_at is not null));
    end loop;
    perform set_config('app.tenant', coalesce(before, ''), true);
    return lost;
end $$;
--;;

-- Where each of the given runs stands, for live pages: {run: [number of its last line, status]}, in one call for all tenants.
create or replace function workflows_marks(watched jsonb) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    before text := current_setting('app.tenant', true);
    of_tenant uuid;
    found jsonb;
    answers jsonb := '{}';
begin
    for of_tenant in select distinct (w ->> 'tenant')::uuid from jsonb_array_elements(watched) w order by 1 loop
        perform set_config('app.tenant', of_tenant::text, true);
        select coalesce(jsonb_object_agg(r.id, jsonb_build_array(r.history_count, r.status)), '{}') into found
        from workflows_run r
        where r.tenant_id = of_tenant and r.id in (
            select w.run from jsonb_to_recordset(watched) w(tenant uuid, run uuid) where w.tenant = of_tenant);
        answers := answers || found;
    end loop;
    perform set_config('app.tenant', coalesce(before, ''), true);
    return answers;
end $$;

-- Admission and settlement of model calls. The rules and the JSON contract are in docs/money.md.
--
-- Every function here runs as the owner under FORCED row-level security: it sees one tenant at a time, set in keys_exchange.
-- Lock order, which makes concurrent batches free of deadlocks: tenants by id; within a tenant hold rows by id, then
-- missing periods by limit id, then limit periods by (limit id, start), then new holds by id.
-- Callers use READ COMMITTED: each statement must see what committed while the one before waited for locks.

create or replace function keys_uuid7() returns uuid
language sql volatile parallel safe set search_path = pg_catalog
return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
    'hex')::uuid;
--;;

-- The calendar period of a window at an instant: months and days of the tenant's time zone, minutes of UTC.
create or replace function keys_period(
    wanted text, zone text, at timestamptz, out starts_at timestamptz, out ends_at timestamptz)
language sql stable
begin atomic
    select case wanted when 'minute' then date_trunc('minute', at)
               else date_trunc(wanted, at at time zone zone) at time zone zone end,
           case wanted when 'minute' then date_trunc('minute', at) + interval '1 minute'
               else (date_trunc(wanted, at at time zone zone) + ('1 ' || wanted)::interval) at time zone zone end;
end;
--;;

-- Ends holds: settle, release, expire. Deleting the hold row is the gate: whoever deletes it writes the one terminal entry.
-- Returns the answers by op position, and what changes in which limit period.
create or replace function keys_end(
    of_tenant uuid, ords int[], kinds text[], holds uuid[], amounts bigint[], moment timestamptz,
    out done_ords int[], out answers jsonb[], out periods uuid[], out committed bigint[], out held bigint[], out overrun bigint[])
language plpgsql volatile as $$
declare
    late record;
begin
    with op as (
        select distinct on (o.hold) o.* from unnest(ords, kinds, holds, amounts) o(ord, kind, hold, amount)
        order by o.hold, o.ord
    ), locked as materialized (
        select h.id from keys_hold h join op on op.hold = h.id
        where op.kind <> 'expire' or h.expires_at <= moment
        order by h.id for update of h
    ), gone as (
        delete from keys_hold h using locked where h.id = locked.id returning h.*
    ), ended as (
        select g.*, op.ord, op.kind,
               case op.kind when 'settle' then least(op.amount, g.amount) when 'expire' then g.amount else 0 end as booked,
               case op.kind when 'settle' then greatest(op.amount - g.amount, 0) else 0 end as excess
        from gone g join op on op.hold = g.id
    ), entry as (
        insert into keys_ledgerentry (id, tenant_id, hold_id, kind, amount, held, virtual_key_id, unit_id, allocations, counted,
                                      admitted_at, at)
        select keys_uuid7(), e.tenant_id, e.id, k.kind, k.amount, e.amount, e.virtual_key_id, e.unit_id, e.allocations, e.counted,
               e.admitted_at, moment
        from ended e cross join lateral (
            values (case e.kind when 'settle' then 'settled' when 'release' then 'released' else 'expired' end, e.booked),
                   ('overrun', e.excess)) k(kind, amount)
        where k.kind <> 'overrun' or k.amount > 0
    ), change as (
        select p as period, sum(e.booked)::bigint as committed, -sum(e.amount)::bigint as held, sum(e.excess)::bigint as overrun
        from ended e cross join unnest(e.allocations) p group by p
    )
    select (select array_agg(e.ord) from ended e),
           (select array_agg(jsonb_build_object('ok', true, 'overrun', e.excess)) from ended e),
           coalesce(array_agg(c.period), '{}'), coalesce(array_agg(c.committed), '{}'), coalesce(array_agg(c.held), '{}'),
           coalesce(array_agg(c.overrun), '{}')
    into done_ords, answers, periods, committed, held, overrun
    from change c;

    done_ords := coalesce(done_ords, '{}');
    answers := coalesce(answers, '{}');
    if cardinality(done_ords) = cardinality(ords) then
        return;
    end if;

    -- What is left had been ended before, by another call or by an earlier op of this batch, or never existed. Usage that
    -- arrives after the hold expired and exceeds it is booked now, once: the unique index on overrun entries is the gate.
    for late in
        with op as (
            select o.* from unnest(ords, kinds, holds, amounts) o(ord, kind, hold, amount) where o.ord <> all (done_ords)
        ), ended as (
            select op.ord, op.kind as asked, op.amount as used, l.*
            from op left join keys_ledgerentry l on l.hold_id = op.hold and l.tenant_id = of_tenant and l.kind <> 'overrun'
        ), booked as (
            insert into keys_ledgerentry (id, tenant_id, hold_id, kind, amount, held, virtual_key_id, unit_id, allocations,
                                          counted, admitted_at, at)
            select distinct on (e.hold_id) keys_uuid7(), e.tenant_id, e.hold_id, 'overrun', e.used - e.held, e.held,
                   e.virtual_key_id, e.unit_id, e.allocations, e.counted, e.admitted_at, moment
            from ended e where e.asked = 'settle' and e.kind = 'expired' and e.used > e.held
            order by e.hold_id, e.ord
            on conflict (tenant_id, hold_id) where kind = 'overrun' do nothing
            returning keys_ledgerentry.hold_id, keys_ledgerentry.amount, keys_ledgerentry.allocations
        )
        select e.ord, coalesce(e.kind, 'unknown') as reason, coalesce(o.amount, b.amount, 0) as excess,
               case when e.ord = min(e.ord) over (partition by e.hold_id) then b.allocations end as allocations
        from ended e
        left join keys_ledgerentry o on o.hold_id = e.hold_id and o.tenant_id = of_tenant and o.kind = 'overrun'
        left join booked b on b.hold_id = e.hold_id
    loop
        done_ords := done_ords || late.ord;
        answers := answers || jsonb_build_object('ok', false, 'reason', late.reason, 'overrun', late.excess);
        if late.allocations is not null then
            periods := periods || late.allocations;
            committed := committed || array_fill(0::bigint, array[cardinality(late.allocations)]);
            held := held || array_fill(0::bigint, array[cardinality(late.allocations)]);
            overrun := overrun || array_fill(late.excess, array[cardinality(late.allocations)]);
        end if;
    end loop;
end $$;
--;;

-- The limits that cover each key (its own, those of the units on its path, the tenant's) with their current periods, as pairs.
-- Periods that do not exist yet are created.
create or replace function keys_match(
    of_tenant uuid, zone text, keys uuid[], moment timestamptz, out matched uuid[], out periods uuid[])
language plpgsql volatile as $$
declare
    months timestamptz := (keys_period('month', zone, moment)).starts_at;
    days timestamptz := (keys_period('day', zone, moment)).starts_at;
    minutes timestamptz := date_trunc('minute', moment);
    windows text[];
    limits uuid[];
begin
    for attempt in 1..3 loop
        with k as (
            select v.id, u.path
            from keys_virtualkey v join tenants_unit u on u.tenant_id = v.tenant_id and u.id = v.unit_id
            where v.tenant_id = of_tenant and v.id = any (keys)
        ), m as (
            select k.id as key, l.id as limit_id, l."window"
            from k join keys_limit l on l.tenant_id = of_tenant and l.virtual_key_id = k.id and l.active
            union all
            select k.id, l.id, l."window"
            from k cross join unnest(k.path) unit
            join keys_limit l on l.tenant_id = of_tenant and l.unit_id = unit and l.active
            union all
            select k.id, l.id, l."window"
            from k join keys_limit l
            on l.tenant_id = of_tenant and l.virtual_key_id is null and l.unit_id is null and l.active
        )
        select coalesce(array_agg(m.key), '{}'), coalesce(array_agg(p.id), '{}'),
               array_agg(m.limit_id) filter (where p.id is null), array_agg(m."window") filter (where p.id is null)
        into matched, periods, limits, windows
        from m left join keys_limitperiod p
        on p.tenant_id = of_tenant and p.limit_id = m.limit_id
        and p.starts_at = case m."window" when 'minute' then minutes when 'day' then days else months end;
        exit when limits is null;

        insert into keys_limitperiod (id, tenant_id, limit_id, starts_at, ends_at, committed, held, overrun)
        select keys_uuid7(), of_tenant, n.limit_id, turn.starts_at, turn.ends_at, 0, 0, 0
        from (select distinct u.limit_id, u.win from unnest(limits, windows) u(limit_id, win)) n
        cross join lateral keys_period(n.win, zone, moment) turn
        order by n.limit_id
        on conflict (tenant_id, limit_id, starts_at) do nothing;
    end loop;
end $$;
--;;

-- Admits holds one after the other in op order, after the ends of the same batch, then writes everything.
create or replace function keys_admit(
    of_tenant uuid, tenant_status text, zone text, ords int[], holds uuid[], keys uuid[], secrets uuid[], amounts bigint[],
    priced bool[], ttls int[], counts bool[], moment timestamptz,
    d_periods uuid[], d_committed bigint[], d_held bigint[], d_overrun bigint[],
    out done_ords int[], out answers jsonb[])
language plpgsql volatile as $$
declare
    matched uuid[] := '{}';
    periods uuid[] := '{}';
    ids uuid[];              -- the locked periods; the arrays below have the same positions
    used bigint[];
    overrun bigint[];
    is_cost bool[];
    is_hard bool[];
    allowed bigint[];
    shown jsonb[];
    add_committed bigint[];
    add_held bigint[];
    one keys_hold;
    fresh keys_hold[] := '{}';
    stale uuid[] := '{}';
    op record;
    position int;
    refusing int;
    reason text;
    limits jsonb;
    inserted bigint;
begin
    done_ords := '{}';
    answers := '{}';
    if cardinality(ords) > 0 then
        select m.matched, m.periods into matched, periods from keys_match(of_tenant, zone, keys, moment) m;
    end if;

    select array_agg(p.id), array_agg(p.committed + p.held + p.overrun), array_agg(p.overrun)
    into ids, used, overrun
    from (select l.* from keys_limitperiod l where l.tenant_id = of_tenant and l.id = any (periods || d_periods)
          order by l.limit_id, l.starts_at for update of l) p;
    ids := coalesce(ids, '{}');

    -- Read only now, so that a limit changed while we waited counts as changed.
    if cardinality(ords) > 0 and cardinality(ids) > 0 then
        select array_agg(x.used + coalesce(d.used, 0) order by x.pos), array_agg(x.overrun + coalesce(d.overrun, 0) order by x.pos),
               array_agg(l.meter = 'cost' order by x.pos), array_agg(l.hard and l.active order by x.pos),
               array_agg(l.amount order by x.pos),
               array_agg(jsonb_build_object(
                   'id', l.id, 'name', l.name, 'meter', l.meter, 'window', l."window", 'hard', l.hard, 'amount', l.amount,
                   'resets_at', p.ends_at, 'scope', case when l.virtual_key_id is not null then 'virtual_key'
                                                         when l.unit_id is not null then 'unit' else 'tenant' end) order by x.pos)
        into used, overrun, is_cost, is_hard, allowed, shown
        from unnest(ids, used, overrun) with ordinality x(id, used, overrun, pos)
        join keys_limitperiod p on p.tenant_id = of_tenant and p.id = x.id
        join keys_limit l on l.tenant_id = of_tenant and l.id = p.limit_id
        left join (select c.period, sum(c.committed + c.held + c.overrun)::bigint as used, sum(c.overrun)::bigint as overrun
                   from unnest(d_periods, d_committed, d_held, d_overrun) c(period, committed, held, overrun)
                   group by c.period) d on d.period = x.id;
    end if;
    add_committed := array_fill(0::bigint, array[cardinality(ids)]);
    add_held := add_committed;

    for op in
        with known as (
            select m.key, array_agg(x.pos::int order by p.ends_at desc, x.pos) as positions,
                   coalesce(array_agg(x.id) filter (where x.cost), '{}') as allocations,
                   coalesce(array_agg(x.id) filter (where not x.cost), '{}') as counted
            from unnest(matched, periods) m(key, period)
            join unnest(ids, is_cost) with ordinality x(id, cost, pos) on x.id = m.period
            join keys_limitperiod p on p.tenant_id = of_tenant and p.id = x.id
            group by m.key
        )
        select o.*, h.id is not null as live, e.kind as ended, v.unit_id, coalesce(k.positions, '{}') as positions,
               coalesce(k.allocations, '{}') as allocations, case when o.counts then coalesce(k.counted, '{}') else '{}' end as counted,
               min(o.ord) over (partition by o.hold) as first_ord,
               s.last_used_at is null or s.last_used_at < moment - interval '1 minute' as unseen,
               case when tenant_status is null or v.id is null or (o.secret is not null and s.id is null) then 'key_unknown'
                    when tenant_status <> 'active' then 'tenant_suspended'
                    when v.status <> 'active' or s.revoked_at <= moment then 'key_revoked'
                    when v.expires_at <= moment or s.expires_at <= moment then 'key_expired' end as barred
        from unnest(ords, holds, keys, secrets, amounts, priced, ttls, counts)
             o(ord, hold, key, secret, amount, priced, ttl, counts)
        left join keys_virtualkey v on v.tenant_id = of_tenant and v.id = o.key
        left join keys_virtualkeysecret s on s.tenant_id = of_tenant and s.id = o.secret and s.virtual_key_id = o.key
        left join keys_hold h on h.tenant_id = of_tenant and h.id = o.hold
        left join keys_ledgerentry e on e.tenant_id = of_tenant and e.hold_id = o.hold and e.kind <> 'overrun'
        left join known k on k.key = o.key
        order by o.ord
    loop
        done_ords := done_ords || op.ord;
        if op.first_ord <> op.ord then
            answers := answers || answers[array_position(done_ords, op.first_ord)];
            continue;
        end if;

        reason := case when op.live then null when op.ended is not null then op.ended else op.barred end;
        refusing := null;
        if reason is null and not op.live then
            foreach position in array op.positions loop
                continue when not is_hard[position];
                if not is_cost[position] then
                    continue when not op.counts or used[position] < allowed[position];
                elsif not op.priced then
                    reason := 'unpriced';
                    refusing := position;
                    exit;
                else
                    continue when used[position] + op.amount <= allowed[position]
                        and (overrun[position] = 0 or used[position] < allowed[position]);
                end if;
                reason := 'limit';
                refusing := coalesce(refusing, position);
            end loop;
        end if;

        if reason is not null then
            answers := answers || jsonb_strip_nulls(jsonb_build_object('ok', false, 'reason', reason, 'limit',
                shown[refusing] || jsonb_build_object('used', used[refusing],
                                                      'remaining', greatest(allowed[refusing] - used[refusing], 0))));
            continue;
        end if;

        limits := '[]';
        foreach position in array op.positions loop
            if op.live then
                null;
            elsif is_cost[position] then
                used[position] := used[position] + op.amount;
                add_held[position] := add_held[position] + op.amount;
            elsif op.counts then
                used[position] := used[position] + 1;
                add_committed[position] := add_committed[position] + 1;
            end if;
            limits := limits || (shown[position] || jsonb_build_object('used', used[position],
                'remaining', greatest(allowed[position] - used[position], 0)));
        end loop;
        answers := answers || jsonb_build_object('ok', true, 'limits', limits);
        if not op.live then
            one.id := op.hold;
            one.tenant_id := of_tenant;
            one.virtual_key_id := op.key;
            one.unit_id := op.unit_id;
            one.amount := op.amount;
            one.allocations := op.allocations;
            one.counted := op.counted;
            one.admitted_at := moment;
            one.expires_at := moment + make_interval(secs => op.ttl);
            fresh := fresh || one;
        end if;
        if op.unseen and op.secret is not null then
            stale := stale || op.secret;
        end if;
    end loop;

    insert into keys_hold select f.* from unnest(fresh) f order by f.id on conflict do nothing;
    get diagnostics inserted = row_count;
    if inserted < cardinality(fresh) then
        raise exception 'the same hold is being admitted by another connection' using errcode = 'serialization_failure';
    end if;

    update keys_limitperiod p
    set committed = p.committed + c.committed, held = p.held + c.held, overrun = p.overrun + c.overrun
    from (select a.period, sum(a.committed)::bigint as committed, sum(a.held)::bigint as held, sum(a.overrun)::bigint as overrun
          from unnest(d_periods || ids, d_committed || add_committed, d_held || add_held,
                      d_overrun || array_fill(0::bigint, array[cardinality(ids)])) a(period, committed, held, overrun)
          group by a.period) c
    where p.tenant_id = of_tenant and p.id = c.period and (c.committed <> 0 or c.held <> 0 or c.overrun <> 0);

    -- Coarse on purpose: once a minute and secret, skipping rows that somebody is changing.
    if cardinality(stale) > 0 then
        update keys_virtualkeysecret s set last_used_at = moment
        where s.tenant_id = of_tenant and s.id in (
            select f.id from keys_virtualkeysecret f where f.tenant_id = of_tenant and f.id = any (stale) order by f.id
            for no key update skip locked);
    end if;
end $$;
--;;

-- The one entry: a batch of holds, settles and releases of any tenants; the answers come in the order of the ops.
create or replace function keys_exchange(ops jsonb) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    moment timestamptz := clock_timestamp();
    former text := coalesce(current_setting('app.tenant', true), '');
    part record;
    ends record;
    holds record;
    ords int[] := '{}';
    answers jsonb[] := '{}';
begin
    for part in
        with op as (
            select o.*, o.tenant is not null and o.hold is not null and case o.op
                       when 'hold' then o.key is not null and o.amount between 0 and 100000000000000000
                                        and coalesce(o.ttl, 600) between 1 and 86400
                       when 'settle' then o.amount between 0 and 100000000000000000
                       else o.op in ('release', 'expire') end is true as valid
            from rows from (jsonb_to_recordset(ops) as (
                op text, tenant uuid, hold uuid, key uuid, secret uuid, amount bigint, priced bool, ttl int, count_request bool))
            with ordinality o(op, tenant, hold, key, secret, amount, priced, ttl, count_request, ord)
            order by o.tenant, o.ord
        )
        select op.valid, op.tenant, t.status, coalesce(t.time_zone, 'UTC') as zone,
               coalesce(array_agg(op.ord::int) filter (where op.op <> 'hold' or not op.valid), '{}') as end_ords,
               array_agg(op.op) filter (where op.op <> 'hold') as end_kinds,
               array_agg(op.hold) filter (where op.op <> 'hold') as end_holds,
               array_agg(op.amount) filter (where op.op <> 'hold') as end_amounts,
               coalesce(array_agg(op.ord::int) filter (where op.op = 'hold'), '{}') as ords,
               array_agg(op.hold) filter (where op.op = 'hold') as holds,
               array_agg(op.key) filter (where op.op = 'hold') as keys,
               array_agg(op.secret) filter (where op.op = 'hold') as secrets,
               array_agg(op.amount) filter (where op.op = 'hold') as amounts,
               array_agg(coalesce(op.priced, false)) filter (where op.op = 'hold') as priced,
               array_agg(coalesce(op.ttl, 600)) filter (where op.op = 'hold') as ttls,
               array_agg(coalesce(op.count_request, true)) filter (where op.op = 'hold') as counts
        from op left join tenants_tenant t on t.id = op.tenant
        group by op.valid, op.tenant, t.status, t.time_zone
        order by op.valid, op.tenant
    loop
        if not part.valid then
            ords := ords || part.end_ords;
            answers := answers || array_fill('{"ok": false, "reason": "invalid"}'::jsonb, array[cardinality(part.end_ords)]);
            continue;
        end if;

        perform set_config('app.tenant', part.tenant::text, true);
        if cardinality(part.end_ords) > 0 then
            select * into ends
            from keys_end(part.tenant, part.end_ords, part.end_kinds, part.end_holds, part.end_amounts, moment);
            ords := ords || ends.done_ords;
            answers := answers || ends.answers;
        else
            select '{}'::uuid[] as periods, '{}'::bigint[] as committed, '{}'::bigint[] as held, '{}'::bigint[] as overrun into ends;
        end if;
        select * into holds
        from keys_admit(part.tenant, part.status, part.zone, part.ords, part.holds, part.keys, part.secrets, part.amounts, part.priced,
                        part.ttls, part.counts, moment, ends.periods, ends.committed, ends.held, ends.overrun);
        ords := ords || holds.done_ords;
        answers := answers || holds.answers;
    end loop;
    perform set_config('app.tenant', former, true);
    return (select coalesce(jsonb_agg(a.answer order by a.ord), '[]') from unnest(ords, answers) a(ord, answer));
end $$;
--;;

-- Ends due holds of one tenant at their full amount: nothing that may have been spent is given back.
create or replace function keys_expire_holds(of_tenant uuid, holds uuid[]) returns int
language sql volatile security definer set search_path = public, pg_temp
begin atomic
    select count(*)::int
    from jsonb_array_elements(keys_exchange((
        select jsonb_agg(jsonb_build_object('op', 'expire', 'tenant', of_tenant, 'hold', h)) from unnest(holds) h))) answer
    where (answer ->> 'ok')::bool;
end;
--;;

-- For the sweeper: finds due holds of all tenants with the caller's rights, ends them tenant by tenant.
create or replace function keys_expire(batch int) returns int
language sql volatile set search_path = public, pg_temp
begin atomic
    select coalesce(sum(keys_expire_holds(due.tenant_id, due.holds)), 0)::int
    from (select d.tenant_id, array_agg(d.id) as holds
          from (select h.tenant_id, h.id from keys_hold h where h.expires_at <= clock_timestamp() order by h.expires_at limit batch) d
          group by d.tenant_id order by d.tenant_id) due;
end;

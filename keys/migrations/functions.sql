-- Admission and settlement of model calls. The rules and the JSON contract are in docs/money.md.
--
-- Every function here runs as the owner under FORCED row-level security: it sees one tenant at a time, set in keys_exchange.
-- Lock order, which makes concurrent batches free of deadlocks: tenants by id; within a tenant hold rows by id, then
-- limits without a current period by id, then limit periods by (limit id, start), then new holds by id.
-- Callers use READ COMMITTED: each statement must see what committed while the one before waited for locks.
-- Plans are made once per connection, often while the tables are small. `id = any (array)` and no sequential scans keep them
-- right when the tables have grown.

-- One operation of a batch, as parsed; what a hold may use and needs; a change to the counters of a period; answers by position.
create type keys_op as (
    ord int, op text, tenant uuid, hold uuid, key uuid, secret uuid, amount bigint, priced bool, ttl int, counts bool);
create type keys_case as (
    ord int, hold uuid, key uuid, unit uuid, amount bigint, priced bool, ttl int, counts bool, reason text, stale uuid,
    periods uuid[], is_cost bool[], shown text[], allocations uuid[], counted uuid[]);
create type keys_delta as (period uuid, committed bigint, held bigint, overrun bigint);
create type keys_answers as (ords int[], answers text[]);
--;;
create or replace function keys_uuid7() returns uuid
language sql volatile parallel safe
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
    of_tenant uuid, ops keys_op[], moment timestamptz,
    out done_ords int[], out answers text[], out deltas keys_delta[])
language plpgsql volatile as $$
declare
    late record;
    holds uuid[] := array(select o.hold from unnest(ops) o);
begin
    with op as (
        select distinct on (o.hold) o.* from unnest(ops) o order by o.hold, o.ord
    ), locked as materialized (
        select h.id from keys_hold h join op on op.hold = h.id
        where h.tenant_id = of_tenant and h.id = any (holds) and (op.op <> 'expire' or h.expires_at <= moment)
        order by h.id for update of h
    ), gone as (
        delete from keys_hold h using locked
        where h.tenant_id = of_tenant and h.id = any (holds) and h.id = locked.id returning h.*
    ), ended as (
        select g.*, op.ord, op.op as asked,
               case op.op when 'settle' then least(op.amount, g.amount) when 'expire' then g.amount else 0 end as booked,
               case op.op when 'settle' then greatest(op.amount - g.amount, 0) else 0 end as excess
        from gone g join op on op.hold = g.id
    ), entry as (
        insert into keys_ledgerentry (id, tenant_id, hold_id, kind, amount, held, virtual_key_id, unit_id, allocations, counted,
                                      admitted_at, at)
        select keys_uuid7(), e.tenant_id, e.id, k.kind, k.amount, e.amount, e.virtual_key_id, e.unit_id, e.allocations, e.counted,
               e.admitted_at, moment
        from ended e cross join lateral (
            values (case e.asked when 'settle' then 'settled' when 'release' then 'released' else 'expired' end, e.booked),
                   ('overrun', e.excess)) k(kind, amount)
        where k.kind <> 'overrun' or k.amount > 0
    ), change as (
        select p as period, sum(e.booked)::bigint as committed, -sum(e.amount)::bigint as held, sum(e.excess)::bigint as overrun
        from ended e cross join unnest(e.allocations) p group by p
    )
    select (select array_agg(e.ord) from ended e),
           (select array_agg('{"ok": true, "overrun": ' || e.excess || '}') from ended e),
           coalesce(array_agg(row(c.period, c.committed, c.held, c.overrun)::keys_delta), '{}')
    into done_ords, answers, deltas
    from change c;

    done_ords := coalesce(done_ords, '{}');
    answers := coalesce(answers, '{}');
    if cardinality(done_ords) = cardinality(ops) then
        return;
    end if;

    -- What is left had been ended before, by another call or by an earlier op of this batch, or never existed. Usage that
    -- arrives after the hold expired and exceeds it is booked now, once: the unique index on overrun entries is the gate.
    for late in
        with op as (
            select o.* from unnest(ops) o where o.ord <> all (done_ords)
        ), ended as (
            select op.ord, op.op as asked, op.amount as used, l.*
            from op left join keys_ledgerentry l
            on l.tenant_id = of_tenant and l.hold_id = any (holds) and l.hold_id = op.hold and l.kind <> 'overrun'
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
        left join keys_ledgerentry o
        on o.tenant_id = of_tenant and o.hold_id = any (holds) and o.hold_id = e.hold_id and o.kind = 'overrun'
        left join booked b on b.hold_id = e.hold_id
    loop
        done_ords := done_ords || late.ord;
        answers := answers || format('{"ok": false, "reason": "%s", "overrun": %s}', late.reason, late.excess);
        if late.allocations is not null then
            deltas := deltas || array(select row(a, 0, 0, late.excess)::keys_delta from unnest(late.allocations) a);
        end if;
    end loop;
end $$;
--;;

-- What a hold needs before anything is locked: whether the key may be used, and the periods of the limits that cover it, the
-- one that resets last first (it is named when several refuse). Periods that do not exist yet are created.
create or replace function keys_resolve(
    of_tenant uuid, tenant_status text, zone text, ops keys_op[], moment timestamptz) returns keys_case[]
language plpgsql volatile as $$
declare
    cases keys_case[];
    missing uuid[];
begin
    for attempt in 1..3 loop
        with o as materialized (
            select u.* from unnest(ops) u
        ), k as materialized (
            select v.id, v.unit_id, v.status, v.expires_at, u.path
            from keys_virtualkey v join tenants_unit u on u.tenant_id = v.tenant_id and u.id = v.unit_id
            where v.tenant_id = of_tenant and v.id = any (array(select o.key from o))
        ), l as (
            select x.* from keys_limit x
            where x.tenant_id = of_tenant and x.active and x.virtual_key_id = any (array(select o.key from o))
            union all
            select x.* from keys_limit x
            where x.tenant_id = of_tenant and x.active and x.unit_id = any (array(select unnest(k.path) from k))
            union all
            select x.* from keys_limit x
            where x.tenant_id = of_tenant and x.active and x.virtual_key_id is null and x.unit_id is null
        ), found as (
            select k.id as key, l.id as limit_id, l.meter = 'cost' as is_cost, p.id as period, p.ends_at,
                   '{"id": "' || l.id || '", "name": ' || to_json(l.name) || ', "scope": "'
                   || case when l.virtual_key_id is not null then 'virtual_key' when l.unit_id is not null then 'unit' else 'tenant' end
                   || '", "meter": "' || l.meter || '", "window": "' || l."window" || '", "resets_at": ' || to_json(p.ends_at) as shown
            from l join k on case when l.virtual_key_id is not null then l.virtual_key_id = k.id
                                  else l.unit_id is null or l.unit_id = any (k.path) end
            left join keys_limitperiod p
            on p.tenant_id = of_tenant and p.limit_id = l.id and p.ends_at > moment and p.starts_at <= moment
        ), m as materialized (
            select f.key, array_agg(f.period order by f.ends_at desc, f.limit_id) as periods,
                   array_agg(f.is_cost order by f.ends_at desc, f.limit_id) as is_cost,
                   array_agg(f.shown order by f.ends_at desc, f.limit_id) as shown,
                   array_agg(f.period) filter (where f.is_cost) as allocations,
                   array_agg(f.period) filter (where not f.is_cost) as counted,
                   array_agg(f.limit_id) filter (where f.period is null) as missing
            from found f group by f.key
        )
        select array_agg(row(
                   o.ord, o.hold, o.key, k.unit_id, o.amount, o.priced, o.ttl, o.counts,
                   case when tenant_status is null or k.id is null or (o.secret is not null and s.id is null) then 'key_unknown'
                        when tenant_status <> 'active' then 'tenant_suspended'
                        when k.status <> 'active' or s.revoked_at <= moment then 'key_revoked'
                        when k.expires_at <= moment or s.expires_at <= moment then 'key_expired' end,
                   case when s.last_used_at is null or s.last_used_at < moment - interval '1 minute' then s.id end,
                   coalesce(m.periods, '{}'), m.is_cost, m.shown, coalesce(m.allocations, '{}'),
                   case when o.counts then coalesce(m.counted, '{}') else '{}' end)::keys_case order by o.ord),
               (select array_agg(x) from m cross join unnest(m.missing) x)
        into cases, missing
        from o
        left join k on k.id = o.key
        left join m on m.key = o.key
        left join keys_virtualkeysecret s
        on s.tenant_id = of_tenant and s.id = any (array(select o.secret from o)) and s.id = o.secret and s.virtual_key_id = o.key;
        exit when missing is null;

        -- The lock orders this against a change of the limit and against other creators. A period goes on to its end when the
        -- time zone of the tenant changes: nobody gets a fresh budget by that.
        perform 1 from keys_limit l where l.tenant_id = of_tenant and l.id = any (missing) order by l.id for no key update;
        insert into keys_limitperiod (id, tenant_id, limit_id, starts_at, ends_at, amount, hard, committed, held, overrun)
        select keys_uuid7(), of_tenant, l.id, least(moment, greatest(turn.starts_at, (
                   select max(p.ends_at) from keys_limitperiod p
                   where p.tenant_id = of_tenant and p.limit_id = l.id and p.ends_at <= moment))),
               turn.ends_at, l.amount, l.hard, 0, 0, 0
        from keys_limit l cross join lateral keys_period(l."window", zone, moment) turn
        where l.tenant_id = of_tenant and l.id = any (missing) and not exists (
            select from keys_limitperiod p
            where p.tenant_id = of_tenant and p.limit_id = l.id and p.ends_at > moment and p.starts_at <= moment)
        on conflict (tenant_id, limit_id, ends_at) do nothing;
    end loop;
    return cases;
end $$;
--;;

-- Admits holds one after the other in op order, after the ends of the same batch (whose `deltas` come in), then writes all.
create or replace function keys_admit(of_tenant uuid, cases keys_case[], moment timestamptz, deltas keys_delta[]) returns keys_answers
language plpgsql volatile as $$
declare
    result keys_answers := row('{}', '{}')::keys_answers;
    answers text[] := '{}';
    wanted uuid[] := '{}';
    holds uuid[] := '{}';
    ids uuid[];               -- the locked periods; the arrays below have the same positions, called slots
    used bigint[];
    overrun bigint[];
    amounts bigint[];
    hards bool[];
    add_committed bigint[];
    add_held bigint[];
    add_overrun bigint[];
    op keys_case;
    delta keys_delta;
    ended jsonb;              -- holds that were admitted before: 'live' or how they ended
    before text;
    slot int;
    refusing int;
    texts text[];
    fresh keys_case[] := '{}';
    stale uuid[] := '{}';
    unlimited bool := false;
    inserted bigint;
begin
    foreach op in array cases loop
        wanted := wanted || op.periods;
        holds := holds || op.hold;
    end loop;
    foreach delta in array deltas loop
        wanted := wanted || delta.period;
    end loop;
    select array_agg(p.id), array_agg(p.committed + p.held + p.overrun), array_agg(p.overrun), array_agg(p.amount),
           array_agg(p.hard)
    into ids, used, overrun, amounts, hards
    from (select l.* from keys_limitperiod l where l.tenant_id = of_tenant and l.id = any (wanted)
          order by l.limit_id, l.starts_at for update of l) p;
    add_committed := array_fill(0::bigint, array[coalesce(cardinality(ids), 0)]);
    add_held := add_committed;
    add_overrun := add_committed;
    foreach delta in array deltas loop
        slot := array_position(ids, delta.period);
        continue when slot is null;
        used[slot] := used[slot] + delta.committed + delta.held + delta.overrun;
        overrun[slot] := overrun[slot] + delta.overrun;
        add_committed[slot] := add_committed[slot] + delta.committed;
        add_held[slot] := add_held[slot] + delta.held;
        add_overrun[slot] := add_overrun[slot] + delta.overrun;
    end loop;

    -- Looked up under the locks: a repeated call is told how it went, and neither counts nor holds again.
    if cardinality(holds) > 0 then
        select jsonb_object_agg(e.id, e.kind) into ended
        from (select h.id, 'live' as kind from keys_hold h where h.tenant_id = of_tenant and h.id = any (holds)
              union all
              select l.hold_id, l.kind from keys_ledgerentry l
              where l.tenant_id = of_tenant and l.hold_id = any (holds) and l.kind <> 'overrun') e;
    end if;

    foreach op in array cases loop
        result.ords := result.ords || op.ord;
        if array_position(holds, op.hold) < cardinality(result.ords) then
            answers := answers || answers[array_position(holds, op.hold)];
            continue;
        end if;
        before := ended ->> op.hold::text;
        if before is not null then
            op.reason := nullif(before, 'live');
        end if;

        refusing := null;
        if op.reason is null and before is null then
            for n in 1..cardinality(op.periods) loop
                slot := array_position(ids, op.periods[n]);
                continue when not hards[slot];
                if not op.is_cost[n] then
                    continue when not op.counts or used[slot] < amounts[slot];
                elsif not op.priced then
                    op.reason := 'unpriced';
                    refusing := n;
                    exit;
                else
                    continue when used[slot] + op.amount <= amounts[slot] and (overrun[slot] = 0 or used[slot] < amounts[slot]);
                end if;
                op.reason := 'limit';
                refusing := coalesce(refusing, n);
            end loop;
        end if;

        texts := '{}';
        for n in coalesce(refusing, 1)..coalesce(refusing, cardinality(op.periods)) loop
            slot := array_position(ids, op.periods[n]);
            if op.reason is null and before is null then
                if op.is_cost[n] then
                    used[slot] := used[slot] + op.amount;
                    add_held[slot] := add_held[slot] + op.amount;
                elsif op.counts then
                    used[slot] := used[slot] + 1;
                    add_committed[slot] := add_committed[slot] + 1;
                end if;
            end if;
            texts := texts || (op.shown[n] || ', "hard": ' || hards[slot] || ', "amount": ' || amounts[slot] || ', "used": '
                || used[slot] || ', "remaining": ' || greatest(amounts[slot] - used[slot], 0) || '}');
        end loop;

        if op.reason is null then
            answers := answers || ('{"ok": true, "limits": [' || array_to_string(texts, ', ') || ']}');
            if before is null then
                fresh := fresh || op;
                unlimited := unlimited or cardinality(op.periods) = 0;
            end if;
            if op.stale is not null then
                stale := stale || op.stale;
            end if;
        elsif refusing is null then
            answers := answers || ('{"ok": false, "reason": "' || op.reason || '"}');
        else
            answers := answers || ('{"ok": false, "reason": "' || op.reason || '", "limit": ' || texts[1] || '}');
        end if;
    end loop;
    result.answers := answers;

    if cardinality(fresh) > 0 then
        insert into keys_hold (id, tenant_id, virtual_key_id, unit_id, amount, allocations, counted, admitted_at, expires_at)
        select f.hold, of_tenant, f.key, f.unit, f.amount, f.allocations, f.counted, moment, moment + make_interval(secs => f.ttl)
        from unnest(fresh) f order by f.hold
        on conflict do nothing;
        get diagnostics inserted = row_count;
        if unlimited then
            perform 1 from keys_ledgerentry e
            where e.tenant_id = of_tenant and e.hold_id = any (array(select f.hold from unnest(fresh) f)) and e.kind <> 'overrun';
        end if;
        -- A double that another connection admits (without limits to queue at: even ends) just now. Repeated, it learns how it went.
        if inserted < cardinality(fresh) or (unlimited and found) then
            raise exception 'the same hold is being admitted by another connection' using errcode = 'serialization_failure';
        end if;
    end if;

    if ids is not null then
        update keys_limitperiod p
        set committed = p.committed + c.committed, held = p.held + c.held, overrun = p.overrun + c.overrun
        from unnest(ids, add_committed, add_held, add_overrun) c(id, committed, held, overrun)
        where p.tenant_id = of_tenant and p.id = any (ids) and p.id = c.id and (c.committed <> 0 or c.held <> 0 or c.overrun <> 0);
    end if;

    -- Coarse on purpose: once a minute and secret, skipping rows that somebody is changing.
    if cardinality(stale) > 0 then
        update keys_virtualkeysecret s set last_used_at = moment
        where s.tenant_id = of_tenant and s.id in (
            select f.id from keys_virtualkeysecret f where f.tenant_id = of_tenant and f.id = any (stale) order by f.id
            for no key update skip locked);
    end if;
    return result;
end $$;
--;;

-- The one entry: a batch of holds, settles and releases of any tenants; the answers come in the order of the ops.
create or replace function keys_exchange(ops jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
declare
    moment timestamptz := clock_timestamp();
    former text := coalesce(current_setting('app.tenant', true), '');
    ignored text;
    part record;
    ends record;
    admitted keys_answers;
    cases keys_case[];
    deltas keys_delta[];
    tenant_status text;
    zone text;
    results text[] := array_fill(null::text, array[jsonb_array_length(ops)]);
begin
    for part in
        with op as (
            select row(o.ord, o.op, o.tenant, o.hold, o.key, o.secret, o.amount, coalesce(o.priced, false), coalesce(o.ttl, 600),
                       coalesce(o.count_request, true))::keys_op as op, o.op = 'hold' as is_hold, o.tenant, o.ord,
                   o.tenant is not null and o.hold is not null and case o.op
                       when 'hold' then o.key is not null and o.amount between 0 and 100000000000000000
                                        and coalesce(o.ttl, 600) between 1 and 86400
                       when 'settle' then o.amount between 0 and 100000000000000000
                       else o.op in ('release', 'expire') end is true as valid
            from rows from (jsonb_to_recordset(ops) as (
                op text, tenant uuid, hold uuid, key uuid, secret uuid, amount bigint, priced bool, ttl int, count_request bool))
            with ordinality o(op, tenant, hold, key, secret, amount, priced, ttl, count_request, ord)
        )
        select op.valid, op.tenant,
               array_agg(op.op order by op.ord) filter (where op.is_hold and op.valid) as holds,
               array_agg(op.op order by op.ord) filter (where not op.is_hold and op.valid) as ends,
               array_agg(op.ord::int order by op.ord) filter (where not op.valid) as invalid
        from op group by op.valid, op.tenant
        order by op.valid, op.tenant
    loop
        if not part.valid then
            for n in 1..cardinality(part.invalid) loop
                results[part.invalid[n]] := '{"ok": false, "reason": "invalid"}';
            end loop;
            continue;
        end if;

        ignored := set_config('app.tenant', part.tenant::text, true);
        deltas := '{}';
        cases := '{}';
        if part.ends is not null then
            select * into ends from keys_end(part.tenant, part.ends, moment);
            deltas := ends.deltas;
            for n in 1..cardinality(ends.done_ords) loop
                results[ends.done_ords[n]] := ends.answers[n];
            end loop;
        end if;
        if part.holds is not null then
            select t.status, t.time_zone into tenant_status, zone from tenants_tenant t where t.id = part.tenant;
            cases := keys_resolve(part.tenant, tenant_status, coalesce(zone, 'UTC'), part.holds, moment);
        end if;
        admitted := keys_admit(part.tenant, cases, moment, deltas);
        for n in 1..cardinality(admitted.ords) loop
            results[admitted.ords[n]] := admitted.answers[n];
        end loop;
    end loop;
    ignored := set_config('app.tenant', former, true);
    return ('[' || array_to_string(results, ', ') || ']')::jsonb;
end $$;
--;;

-- Writes one hold that looked fine when its limits were read: counts it in the periods, which come in lock order (each belongs to
-- another limit, so that is the order of the limits' ids), if it still fits, and inserts its row. Returns what is used of each
-- period. What turned out differently under the locks (the room is gone, the hold exists or has ended) rolls everything back as a
-- serialization failure. One plain update per period: planned once, it starts in half the time of one for all that sorts and locks.
create or replace function keys_book(
    of_tenant uuid, of_hold uuid, of_key uuid, of_unit uuid, periods uuid[], allocations uuid[], counted uuid[], cost bigint,
    seconds int, moment timestamptz) returns bigint[]
language plpgsql volatile as $$
declare
    used bigint[] := '{}';
    period uuid;
    present bigint;
begin
    foreach period in array periods loop
        if period = any (allocations) then
            update keys_limitperiod p set held = p.held + cost
            where p.tenant_id = of_tenant and p.id = period and (not p.hard or (
                p.committed + p.held + p.overrun + cost <= p.amount
                and (p.overrun = 0 or p.committed + p.held + p.overrun < p.amount)))
            returning p.committed + p.held + p.overrun into present;
        elsif period = any (counted) then
            update keys_limitperiod p set committed = p.committed + 1
            where p.tenant_id = of_tenant and p.id = period and (not p.hard or p.committed + p.held + p.overrun < p.amount)
            returning p.committed + p.held + p.overrun into present;
        else
            select p.committed + p.held + p.overrun into present
            from keys_limitperiod p where p.tenant_id = of_tenant and p.id = period;
        end if;
        if not found then
            raise exception 'the limits changed under this call' using errcode = 'serialization_failure';
        end if;
        used := used || present;
    end loop;
    insert into keys_hold (id, tenant_id, virtual_key_id, unit_id, amount, allocations, counted, admitted_at, expires_at)
    select of_hold, of_tenant, of_key, of_unit, cost, allocations, counted, moment, moment + make_interval(secs => seconds)
    where not exists (
        select from keys_ledgerentry e where e.tenant_id = of_tenant and e.hold_id = of_hold and e.kind <> 'overrun')
    on conflict do nothing;
    if not found then
        raise exception 'the hold exists or has ended' using errcode = 'serialization_failure';
    end if;
    return used;
end $$;
--;;

-- One hold, as text: the common case of `keys_exchange` with few statements, for a gateway that has a single call waiting. It
-- only ever says yes. Whatever is not plain (a key in doubt, a missing period, no room, a secret not noted for a minute, a
-- malformed op) goes to keys_exchange before anything is locked. The answer tells what `keys_hold_again` needs.
create or replace function keys_hold(
    of_tenant uuid, of_hold uuid, of_key uuid, of_secret uuid, cost bigint, is_priced bool, seconds int, counts bool) returns text
language plpgsql volatile security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    moment timestamptz := clock_timestamp();
    former text := coalesce(current_setting('app.tenant', true), '');
    ignored text;
    way uuid[];
    unit uuid;
    until timestamptz;
    stamp bigint;
    l record;
    plain bool;
    periods uuid[] := '{}';      -- the periods in lock order, with their texts and ends
    texts text[] := '{}';
    ends timestamptz[] := '{}';
    amounts bigint[] := '{}';
    used bigint[];
    allocations uuid[] := '{}';
    counted uuid[] := '{}';
begin
    ignored := set_config('app.tenant', of_tenant::text, true);
    -- Read first: whatever changes from here on makes the answer's hint too old, never too new.
    select c.version into stamp from tenants_configstamp c where c.tenant_id = of_tenant;
    select u.path, u.id, least(v.expires_at, s.expires_at, s.last_used_at + interval '1 minute') into way, unit, until
    from keys_virtualkey v
    join tenants_unit u on u.tenant_id = v.tenant_id and u.id = v.unit_id
    join tenants_tenant t on t.id = v.tenant_id and t.status = 'active'
    left join keys_virtualkeysecret s on s.tenant_id = v.tenant_id and s.id = of_secret and s.virtual_key_id = v.id
    where v.tenant_id = of_tenant and v.id = of_key and v.status = 'active' and (v.expires_at > moment) is not false
    and (of_secret is null or (s.last_used_at >= moment - interval '1 minute' and (s.revoked_at <= moment) is not true
                               and (s.expires_at > moment) is not false));
    plain := found and is_priced and cost between 0 and 100000000000000000 and seconds between 1 and 86400;

    if plain then
        for l in
            with x as (
                select k.* from keys_limit k where k.tenant_id = of_tenant and k.active and k.virtual_key_id = of_key
                union all
                select k.* from keys_limit k where k.tenant_id = of_tenant and k.active and k.unit_id = any (way)
                union all
                select k.* from keys_limit k
                where k.tenant_id = of_tenant and k.active and k.virtual_key_id is null and k.unit_id is null
            )
            select p.id as period, x.meter = 'cost' as is_cost, p.hard, p.amount, p.overrun, p.committed + p.held + p.overrun as used,
                   p.ends_at,
                   '{"id": "' || x.id || '", "name": ' || to_json(x.name) || ', "scope": "'
                   || case when x.virtual_key_id is not null then 'virtual_key' when x.unit_id is not null then 'unit' else 'tenant' end
                   || '", "meter": "' || x.meter || '", "window": "' || x."window" || '", "resets_at": ' || to_json(p.ends_at)
                   || ', "hard": ' || p.hard || ', "amount": ' || p.amount as shown
            from x left join keys_limitperiod p
            on p.tenant_id = of_tenant and p.limit_id = x.id and p.ends_at > moment and p.starts_at <= moment
            order by x.id
        loop
            plain := l.period is not null and case
                when not l.hard then true
                when l.is_cost then l.used + cost <= l.amount and (l.overrun = 0 or l.used < l.amount)
                else not counts or l.used < l.amount end;
            exit when not plain;
            periods := periods || l.period;
            texts := texts || l.shown;
            amounts := amounts || l.amount;
            ends := ends || l.ends_at;
            until := least(until, l.ends_at);
            if l.is_cost then
                allocations := allocations || l.period;
            elsif counts then
                counted := counted || l.period;
            end if;
        end loop;
    end if;

    if plain then
        used := keys_book(of_tenant, of_hold, of_key, unit, periods, allocations, counted, cost, seconds, moment);
    end if;
    ignored := set_config('app.tenant', former, true);
    if not plain then
        return keys_exchange(jsonb_build_array(jsonb_build_object(
            'op', 'hold', 'tenant', of_tenant, 'hold', of_hold, 'key', of_key, 'secret', of_secret, 'amount', cost,
            'priced', is_priced, 'ttl', seconds, 'count_request', counts))) ->> 0;
    end if;
    for n in 1..cardinality(texts) loop
        texts[n] := texts[n] || ', "used": ' || used[n] || ', "remaining": ' || greatest(amounts[n] - used[n], 0) || '}';
    end loop;
    -- Shown as in keys_exchange, the one that resets last first.
    texts := array(select t.shown from unnest(texts, ends) with ordinality t(shown, ends_at, n) order by t.ends_at desc, t.n);
    return '{"ok": true, "limits": [' || array_to_string(texts, ', ') || '], "hint": ' || json_build_object(
        'stamp', stamp, 'until', until, 'unit', unit, 'periods', periods::text, 'allocations', allocations::text,
        'counted', counted::text) || '}';
end $$;
--;;

-- The next hold of a key whose limits `keys_hold` has told: nothing is looked up again while the tenant's configuration has the
-- stamp it had then and no time has run out. Returns what is used of each period; null when `keys_hold` must be asked again.
create or replace function keys_hold_again(
    of_tenant uuid, of_hold uuid, of_key uuid, of_unit uuid, stamp bigint, until timestamptz, periods uuid[], allocations uuid[],
    counted uuid[], cost bigint, seconds int) returns bigint[]
language plpgsql volatile security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    moment timestamptz := clock_timestamp();
    former text := coalesce(current_setting('app.tenant', true), '');
    ignored text;
    used bigint[];
begin
    perform 1 from tenants_configstamp c where c.tenant_id = of_tenant and c.version = stamp;
    if not found or moment >= until then
        return null;
    end if;
    ignored := set_config('app.tenant', of_tenant::text, true);
    used := keys_book(of_tenant, of_hold, of_key, of_unit, periods, allocations, counted, cost, seconds, moment);
    ignored := set_config('app.tenant', former, true);
    return used;
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
--;;

-- Forgets ended minute periods; the ledger keeps what happened in them.
create or replace function keys_prune(keep interval) returns int
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
    former text := coalesce(current_setting('app.tenant', true), '');
    tenant uuid;
    gone int;
    total int := 0;
begin
    for tenant in select t.id from tenants_tenant t order by t.id loop
        perform set_config('app.tenant', tenant::text, true);
        delete from keys_limitperiod p using keys_limit l
        where p.tenant_id = tenant and l.tenant_id = tenant and l.id = p.limit_id and l."window" = 'minute' and p.held = 0
        and p.ends_at < clock_timestamp() - greatest(keep, interval '1 day');
        get diagnostics gone = row_count;
        total := total + gone;
    end loop;
    perform set_config('app.tenant', former, true);
    return total;
end $$;

-- Admission and settlement of model calls. The rules and the JSON contract are in docs/money.md.
--
-- Every function here runs as the owner under FORCED row-level security: it sees one tenant at a time, set in keys_exchange.
-- Lock order, which makes concurrent batches free of deadlocks: tenants by id; within a tenant hold rows by id, then
-- limits without a current period by id, then limit periods by (limit id, start), then new holds by id.
-- Callers use READ COMMITTED: each statement must see what committed while the one before waited for locks.
-- Plans are made once per connection, often while the tables are small. `id = any (array)` and no sequential scans keep them
-- right when the tables have grown.

-- One operation of a batch, as parsed; what is found out about a hold before locking; a change to the counters of a period.
create type keys_op as (
    ord int, op text, tenant uuid, hold uuid, key uuid, secret uuid, amount bigint, priced bool, ttl int, counts bool);
create type keys_case as (
    ord int, hold uuid, key uuid, secret uuid, amount bigint, priced bool, ttl int, counts bool, unit uuid,
    reason text, unseen bool, lo int, hi int, allocations uuid[], counted uuid[]);
create type keys_delta as (period uuid, committed bigint, held bigint, overrun bigint);
--;;
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

-- What admission needs to know before it locks: what each op may use (`cases`), and the limit periods that cover its key, in
-- arrays. A case covers positions lo to hi; the one that resets last comes first, it is named when several refuse. Periods
-- that do not exist yet are created.
create or replace function keys_resolve(
    of_tenant uuid, tenant_status text, zone text, ops keys_op[], moment timestamptz,
    out cases keys_case[], out periods uuid[], out is_cost bool[], out shown text[])
language plpgsql volatile as $$
declare
    keys uuid[] := array(select distinct o.key from unnest(ops) o);
    secrets uuid[] := array(select distinct o.secret from unnest(ops) o);
    missing uuid[];
begin
    for attempt in 1..3 loop
        with k as materialized (
            select v.id, v.unit_id, v.status, v.expires_at, u.path
            from keys_virtualkey v join tenants_unit u on u.tenant_id = v.tenant_id and u.id = v.unit_id
            where v.tenant_id = of_tenant and v.id = any (keys)
        ), node as materialized (
            select k.id as key, n.id from k cross join unnest(k.path || '00000000-0000-0000-0000-000000000000'::uuid) n(id)
        ), found as materialized (
            select l.virtual_key_id as key, l.*
            from keys_limit l where l.tenant_id = of_tenant and l.active and l.virtual_key_id = any (keys)
            union all
            select node.key, l.*
            from keys_limit l join node on node.id = coalesce(l.unit_id, '00000000-0000-0000-0000-000000000000')
            where l.tenant_id = of_tenant and l.active and l.virtual_key_id is null
            and coalesce(l.unit_id, '00000000-0000-0000-0000-000000000000') = any (array(select node.id from node))
        ), m as materialized (
            select f.key, f.id as limit_id, f.meter, p.id as period,
                   row_number() over (order by f.key, p.ends_at desc, f.id)::int as n,
                   '{"id": "' || f.id || '", "name": ' || to_json(f.name) || ', "scope": "'
                   || case when f.virtual_key_id is not null then 'virtual_key' when f.unit_id is not null then 'unit' else 'tenant' end
                   || '", "meter": "' || f.meter || '", "window": "' || f."window" || '", "resets_at": ' || to_json(p.ends_at) as shown
            from found f left join keys_limitperiod p
            on p.tenant_id = of_tenant and p.limit_id = any (array(select g.id from found g)) and p.limit_id = f.id
            and p.ends_at > moment and p.starts_at <= moment
        ), span as (
            select m.key, min(m.n) as lo, max(m.n) as hi,
                   coalesce(array_agg(m.period) filter (where m.meter = 'cost'), '{}') as allocations,
                   coalesce(array_agg(m.period) filter (where m.meter <> 'cost'), '{}') as counted
            from m group by m.key
        )
        select (select array_agg(row(
                    o.ord, o.hold, o.key, o.secret, o.amount, o.priced, o.ttl, o.counts, k.unit_id,
                    case when tenant_status is null or k.id is null or (o.secret is not null and s.id is null) then 'key_unknown'
                         when tenant_status <> 'active' then 'tenant_suspended'
                         when k.status <> 'active' or s.revoked_at <= moment then 'key_revoked'
                         when k.expires_at <= moment or s.expires_at <= moment then 'key_expired' end,
                    s.id is not null and (s.last_used_at is null or s.last_used_at < moment - interval '1 minute'),
                    coalesce(a.lo, 1), coalesce(a.hi, 0), coalesce(a.allocations, '{}'),
                    case when o.counts then coalesce(a.counted, '{}') else '{}' end)::keys_case order by o.ord)
                from unnest(ops) o
                left join k on k.id = o.key
                left join keys_virtualkeysecret s
                on s.tenant_id = of_tenant and s.id = any (secrets) and s.id = o.secret and s.virtual_key_id = o.key
                left join span a on a.key = o.key),
               array_agg(m.period order by m.n), array_agg(m.meter = 'cost' order by m.n), array_agg(m.shown order by m.n),
               array_agg(m.limit_id) filter (where m.period is null)
        into cases, periods, is_cost, shown, missing
        from m;
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
    periods := coalesce(periods, '{}');
end $$;
--;;

-- Adds changes to the counters of periods, which the caller has locked.
create or replace function keys_count(
    of_tenant uuid, deltas keys_delta[]) returns void
language plpgsql volatile as $$
begin
    update keys_limitperiod p
    set committed = p.committed + c.committed, held = p.held + c.held, overrun = p.overrun + c.overrun
    from (select d.period, sum(d.committed)::bigint as committed, sum(d.held)::bigint as held, sum(d.overrun)::bigint as overrun
          from unnest(deltas) d group by d.period) c
    where p.tenant_id = of_tenant and p.id = any (array(select d.period from unnest(deltas) d)) and p.id = c.period and (c.committed <> 0 or c.held <> 0 or c.overrun <> 0);
end $$;
--;;

-- Admits holds one after the other in op order, after the ends of the same batch (whose `deltas` come in), then writes.
create or replace function keys_admit(
    of_tenant uuid, tenant_status text, zone text, ops keys_op[], moment timestamptz, deltas keys_delta[],
    out done_ords int[], out answers text[])
language plpgsql volatile as $$
declare
    cases keys_case[];
    periods uuid[];
    slots int[] := '{}';       -- which of the locked periods a position of the arrays above means
    is_cost bool[];
    shown text[];
    ids uuid[];
    used bigint[];
    overrun bigint[];
    amounts bigint[];
    hards bool[];
    add_committed bigint[];
    add_held bigint[];
    fresh keys_case[] := '{}';
    stale uuid[] := '{}';
    op keys_case;
    delta keys_delta;
    holds uuid[] := array(select o.hold from unnest(ops) o);
    ended jsonb;
    slot int;
    refusing int;
    before text;
    texts text[];
    inserted bigint;
    unlimited bool := false;
begin
    done_ords := '{}';
    answers := '{}';
    select r.* into cases, periods, is_cost, shown from keys_resolve(of_tenant, tenant_status, zone, ops, moment) r;

    select array_agg(p.id), array_agg(p.committed + p.held + p.overrun), array_agg(p.overrun), array_agg(p.amount),
           array_agg(p.hard)
    into ids, used, overrun, amounts, hards
    from (select l.* from keys_limitperiod l where l.tenant_id = of_tenant
          and l.id = any (periods || array(select d.period from unnest(deltas) d))
          order by l.limit_id, l.starts_at for update of l) p;
    ids := coalesce(ids, '{}');
    for n in 1..cardinality(periods) loop
        slots := slots || array_position(ids, periods[n]);
    end loop;
    foreach delta in array deltas loop
        slot := array_position(ids, delta.period);
        continue when slot is null;
        used[slot] := used[slot] + delta.committed + delta.held + delta.overrun;
        overrun[slot] := overrun[slot] + delta.overrun;
    end loop;
    add_committed := array_fill(0::bigint, array[cardinality(ids)]);
    add_held := add_committed;

    -- Looked up under the locks: a repeated call is told how it went, and neither counts nor holds again.
    select jsonb_object_agg(e.id, e.kind) into ended
    from (select h.id, 'live' as kind from keys_hold h where h.tenant_id = of_tenant and h.id = any (holds)
          union all
          select l.hold_id, l.kind from keys_ledgerentry l
          where l.tenant_id = of_tenant and l.hold_id = any (holds) and l.kind <> 'overrun') e;

    foreach op in array cases loop
        done_ords := done_ords || op.ord;
        before := ended ->> op.hold::text;
        if before is null and array_position(holds, op.hold) < cardinality(done_ords) then
            answers := answers || answers[array_position(holds, op.hold)];
            continue;
        end if;
        if before is not null then
            op.reason := nullif(before, 'live');
        end if;

        refusing := null;
        if op.reason is null and before is null then
            for n in op.lo..op.hi loop
                slot := slots[n];
                continue when not hards[slot];
                if not is_cost[n] then
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
        for n in coalesce(refusing, op.lo)..coalesce(refusing, op.hi) loop
            slot := slots[n];
            if op.reason is null and before is null then
                if is_cost[n] then
                    used[slot] := used[slot] + op.amount;
                    add_held[slot] := add_held[slot] + op.amount;
                elsif op.counts then
                    used[slot] := used[slot] + 1;
                    add_committed[slot] := add_committed[slot] + 1;
                end if;
            end if;
            texts := texts || (shown[n] || ', "hard": ' || hards[slot] || ', "amount": ' || amounts[slot] || ', "used": '
                || used[slot] || ', "remaining": ' || greatest(amounts[slot] - used[slot], 0) || '}');
        end loop;

        if op.reason is null then
            answers := answers || ('{"ok": true, "limits": [' || array_to_string(texts, ', ') || ']}');
            if before is null then
                fresh := fresh || op;
                unlimited := unlimited or op.hi = 0;
            end if;
            if op.unseen then
                stale := stale || op.secret;
            end if;
        elsif refusing is null then
            answers := answers || ('{"ok": false, "reason": "' || op.reason || '"}');
        else
            answers := answers || ('{"ok": false, "reason": "' || op.reason || '", "limit": ' || texts[1] || '}');
        end if;
    end loop;

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

    perform keys_count(of_tenant, deltas || array(
        select row(a.id, a.committed, a.held, 0)::keys_delta from unnest(ids, add_committed, add_held) a(id, committed, held)));

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
language plpgsql volatile security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
declare
    moment timestamptz := clock_timestamp();
    former text := coalesce(current_setting('app.tenant', true), '');
    part record;
    ends record;
    admitted record;
    deltas keys_delta[];
    tenant_status text;
    zone text;
    ords int[] := '{}';
    answers text[] := '{}';
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
            ords := ords || part.invalid;
            answers := answers || array_fill('{"ok": false, "reason": "invalid"}'::text, array[cardinality(part.invalid)]);
            continue;
        end if;

        perform set_config('app.tenant', part.tenant::text, true);
        deltas := '{}';
        if part.ends is not null then
            select * into ends from keys_end(part.tenant, part.ends, moment);
            ords := ords || ends.done_ords;
            answers := answers || ends.answers;
            deltas := ends.deltas;
        end if;
        if part.holds is not null then
            select t.status, t.time_zone into tenant_status, zone from tenants_tenant t where t.id = part.tenant;
            select * into admitted
            from keys_admit(part.tenant, tenant_status, coalesce(zone, 'UTC'), part.holds, moment, deltas);
            ords := ords || admitted.done_ords;
            answers := answers || admitted.answers;
        elsif cardinality(deltas) > 0 then
            perform 1 from keys_limitperiod p
            where p.tenant_id = part.tenant and p.id = any (array(select d.period from unnest(deltas) d))
            order by p.limit_id, p.starts_at for update of p;
            perform keys_count(part.tenant, deltas);
        end if;
    end loop;
    perform set_config('app.tenant', former, true);
    return (select coalesce('[' || string_agg(a.answer, ', ' order by a.ord) || ']', '[]') from unnest(ords, answers) a(ord, answer))::jsonb;
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

-- The only code that writes the ledger. Each public function is one call a transfer; the rest is internal.
--
-- Order within a transfer: expire what is overdue on the paying account, lock the accounts in id order, decide, insert
-- the transfer with its answer, move the counters. The transfer is inserted under the accounts' locks, so `seq` grows
-- in the order in which the transfers of an account took effect, and a retry waits for the first attempt and sees it.
--
-- Two lanes over one set of tables. Lane A writes a transfer in its caller's transaction; lane B's one poster writes a
-- batch in its own. An account is in one of them, and what writes it has locked it: lane A by advisory locks in id order,
-- lane B by the row of `ledger_lane`. Whoever changes an account of lane B otherwise (freezing, closing, moving it between
-- the lanes) locks the account first and that row then, and so waits for the batch under way.

do $$ begin
    create type ledger_answer as (refusal text, at timestamptz, amount_minor bigint);
exception when duplicate_object then null;
end $$;

-- The answer given the first time, when the body is the same; 'id_conflict' when it is not.
create or replace function ledger_again(
    p_kind text, p_id uuid, p_debit uuid, p_credit uuid, p_amount bigint, p_unit text, p_code text, p_memo_ref text,
    p_hold uuid, p_expires timestamptz, p_group uuid, p_position smallint, p_size smallint,
    p_up_to boolean
) returns ledger_answer language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_stored ledger_transfer;
    v_held bigint;
    v_same boolean;
begin
    select * into strict v_stored from ledger_transfer where id = p_id;
    v_same := v_stored.kind = p_kind and v_stored.group_id is not distinct from p_group
        and v_stored.group_position is not distinct from p_position and v_stored.group_size is not distinct from p_size;
    if p_kind in ('post', 'hold') then
        v_same := v_same and v_stored.debit_account_id = p_debit and v_stored.credit_account_id = p_credit
            and case when p_up_to then v_stored.up_to_minor = p_amount
                else v_stored.up_to_minor is null and v_stored.amount_minor = p_amount end
            and v_stored.unit = p_unit and v_stored.code = p_code
            and v_stored.memo_ref = p_memo_ref and v_stored.expires_at is not distinct from p_expires;
    else
        select amount_minor into v_held from ledger_transfer where id = p_hold and kind = 'hold' and refusal is null;
        v_same := v_same and v_stored.hold_id = p_hold and (
            v_stored.amount_minor is not distinct from coalesce(p_amount, v_held)
            or (v_stored.refusal = 'hold_not_found' and v_stored.amount_minor is not distinct from p_amount));
    end if;
    if v_same then
        return (v_stored.refusal, v_stored.created_at, v_stored.amount_minor)::ledger_answer;
    end if;
    return ('id_conflict', null, null)::ledger_answer;
end $$;

-- Lock accounts until the end of the transaction, in id order. An advisory lock, because those who wait for it queue:
-- who waits for the row itself races at every new version of it (measured in docs/adr/0003-ledger-lane-a.md).
create or replace function ledger_lock(p_accounts uuid[]) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    perform pg_advisory_xact_lock(uuid_hash_extended(id, 0))
        from (select distinct id from unnest(p_accounts) id where id is not null order by id) ordered;
end $$;

-- Keep the poster from its next batch until the end of this transaction, where any of the accounts is in lane B.
create or replace function ledger_stop_lane_b(p_accounts uuid[]) returns boolean
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (select from ledger_account where id = any (p_accounts) and lane = 'B') then
        perform from ledger_lane where lane = 'B' for update;
        return true;
    end if;
    return false;
end $$;

-- Expire those of the given holds that are still pending and overdue, having locked p_also with their accounts. Where one
-- of them has come into lane B since it was found, the poster waits, and sees what was done in its next batch.
create or replace function ledger_expire(p_holds uuid[], p_also uuid[]) returns integer
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_pending ledger_pending;
    v_count integer := 0;
begin
    perform ledger_lock(array(
        select unnest(p_also)
        union select debit_account_id from ledger_pending where hold_id = any (p_holds)
        union select credit_account_id from ledger_pending where hold_id = any (p_holds)));
    perform ledger_stop_lane_b(array(select debit_account_id from ledger_pending where hold_id = any (p_holds)));
    for v_pending in
        delete from ledger_pending where hold_id = any (p_holds) and expires_at <= ledger_now() returning *
    loop
        insert into ledger_transfer (id, kind, debit_account_id, credit_account_id, amount_minor, unit, code, memo_ref,
                hold_id, created_at)
            select uuidv7(), 'expire_hold', debit_account_id, credit_account_id, amount_minor, unit, code, memo_ref,
                id, ledger_now()
            from ledger_transfer where id = v_pending.hold_id;
        update ledger_account set debits_pending_minor = debits_pending_minor - v_pending.amount_minor
            where id = v_pending.debit_account_id;
        update ledger_account set credits_pending_minor = credits_pending_minor - v_pending.amount_minor
            where id = v_pending.credit_account_id;
        v_count := v_count + 1;
    end loop;
    return v_count;
end $$;

-- Expire what is overdue on the debit side of p_payers before their available balance is looked at.
create or replace function ledger_expire_of(p_payers uuid[], p_also uuid[]) returns integer
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    return ledger_expire(array(
        select p.hold_id from ledger_pending p join ledger_account a on a.id = p.debit_account_id
        where p.debit_account_id = any (p_payers) and p.expires_at <= ledger_now() and a.lane = 'A'
        order by p.expires_at limit 100
    ), p_also);
end $$;

-- Post, post as much as there is (p_up_to: p_amount is the most), or hold.
create or replace function ledger_move(
    p_kind text, p_id uuid, p_debit uuid, p_credit uuid, p_amount bigint, p_unit text, p_code text, p_memo_ref text,
    p_expires timestamptz, p_group uuid, p_position smallint, p_size smallint,
    p_up_to boolean default false
) returns ledger_answer language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_account ledger_account;
    v_payer ledger_account;
    v_payee ledger_account;
    v_refusal text;
    v_at timestamptz;
    v_amount bigint := p_amount;
begin
    if exists (select from ledger_pending where debit_account_id = p_debit and expires_at <= ledger_now()) then
        perform ledger_expire_of(array[p_debit], array[p_debit, p_credit]);
    end if;
    perform pg_advisory_xact_lock(uuid_hash_extended(least(p_debit, p_credit), 0)),
        pg_advisory_xact_lock(uuid_hash_extended(greatest(p_debit, p_credit), 0));
    for v_account in select * from ledger_account where id in (p_debit, p_credit) loop
        if v_account.id = p_debit then v_payer := v_account; else v_payee := v_account; end if;
    end loop;
    v_at := ledger_now();
    if p_up_to then
        v_amount := greatest(1, least(p_amount,
            v_payer.credits_posted_minor - v_payer.debits_posted_minor - v_payer.debits_pending_minor
                - v_payer.minimum_minor,
            v_payee.maximum_minor - v_payee.credits_posted_minor - v_payee.credits_pending_minor
                + v_payee.debits_posted_minor));
    end if;
    v_refusal := case
        when v_payer.id is null or v_payee.id is null then 'account_not_found'
        when v_payer.lane <> 'A' or v_payee.lane <> 'A' then 'wrong_lane'
        when v_payer.closed_at is not null or v_payee.closed_at is not null then 'account_closed'
        when v_payer.unit <> p_unit or v_payee.unit <> p_unit then 'unit_mismatch'
        when v_payer.frozen_at is not null then 'account_frozen'
        when p_expires <= v_at then 'hold_expired'
        when v_payer.credits_posted_minor - v_payer.debits_posted_minor - v_payer.debits_pending_minor - v_amount
            < v_payer.minimum_minor then 'exceeds_balance'
        when v_payee.credits_posted_minor + v_payee.credits_pending_minor - v_payee.debits_posted_minor + v_amount
            > v_payee.maximum_minor then 'exceeds_limit'
        when v_payer.debits_posted_minor + v_payer.debits_pending_minor + v_amount > 2000000000000000000
            or v_payee.credits_posted_minor + v_payee.credits_pending_minor + v_amount > 2000000000000000000
            then 'exceeds_bounds'
    end;
    v_amount := case when v_refusal is null then v_amount else p_amount end;
    insert into ledger_transfer (id, kind, debit_account_id, credit_account_id, amount_minor, up_to_minor, unit,
            code, memo_ref, expires_at, group_id, group_position, group_size, refusal, created_at)
        values (p_id, p_kind, p_debit, p_credit, v_amount, case when p_up_to then p_amount end, p_unit,
            p_code, p_memo_ref, p_expires, p_group, p_position, p_size, v_refusal, v_at)
        on conflict (id) do nothing;
    if not found then
        return ledger_again(p_kind, p_id, p_debit, p_credit, p_amount, p_unit, p_code, p_memo_ref, null, p_expires,
            p_group, p_position, p_size, p_up_to);
    end if;
    if v_refusal is null and p_kind = 'post' then
        update ledger_account set
            debits_posted_minor = debits_posted_minor + case when id = p_debit then v_amount else 0 end,
            credits_posted_minor = credits_posted_minor + case when id = p_credit then v_amount else 0 end
            where id in (p_debit, p_credit);
    elsif v_refusal is null then
        insert into ledger_pending (hold_id, debit_account_id, credit_account_id, amount_minor, expires_at)
            values (p_id, p_debit, p_credit, v_amount, p_expires);
        update ledger_account set
            debits_pending_minor = debits_pending_minor + case when id = p_debit then v_amount else 0 end,
            credits_pending_minor = credits_pending_minor + case when id = p_credit then v_amount else 0 end
            where id in (p_debit, p_credit);
    end if;
    return (v_refusal, v_at, v_amount)::ledger_answer;
end $$;

-- Post a hold, in full (p_amount null) or in part with the rest released; or void it.
create or replace function ledger_resolve(
    p_kind text, p_id uuid, p_hold uuid, p_amount bigint, p_group uuid, p_position smallint, p_size smallint
) returns ledger_answer language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_hold ledger_transfer;
    v_pending ledger_pending;
    v_payer_frozen boolean;
    v_amount bigint;
    v_refusal text;
    v_at timestamptz;
begin
    select * into v_hold from ledger_transfer where id = p_hold and kind = 'hold' and refusal is null;
    v_amount := coalesce(p_amount, v_hold.amount_minor);
    if v_hold.id is null then
        v_at := ledger_now();
        v_refusal := 'hold_not_found';
    elsif exists (select from ledger_account
            where id in (v_hold.debit_account_id, v_hold.credit_account_id) and lane <> 'A') then
        v_at := ledger_now();
        v_refusal := 'wrong_lane';
    else
        perform ledger_expire_of(
            array[v_hold.debit_account_id], array[v_hold.debit_account_id, v_hold.credit_account_id]);
        select * into v_pending from ledger_pending where hold_id = p_hold;
        select frozen_at is not null into v_payer_frozen from ledger_account where id = v_hold.debit_account_id;
        v_at := ledger_now();
        v_refusal := case
            when v_pending.hold_id is null and exists (select from ledger_transfer
                where hold_id = p_hold and kind = 'expire_hold' and refusal is null) then 'hold_expired'
            when v_pending.hold_id is null then 'hold_resolved'
            when v_pending.expires_at <= v_at then 'hold_expired'
            when v_amount > v_hold.amount_minor then 'amount_exceeds_hold'
            when p_kind = 'post_hold' and v_payer_frozen then 'account_frozen'
        end;
    end if;
    insert into ledger_transfer (id, kind, debit_account_id, credit_account_id, amount_minor, unit, code, memo_ref,
            hold_id, group_id, group_position, group_size, refusal, created_at)
        values (p_id, p_kind, v_hold.debit_account_id, v_hold.credit_account_id, v_amount, coalesce(v_hold.unit, ''),
            coalesce(v_hold.code, ''), coalesce(v_hold.memo_ref, ''),
            p_hold, p_group, p_position, p_size, v_refusal, v_at)
        on conflict (id) do nothing;
    if not found then
        return ledger_again(p_kind, p_id, null, null, p_amount, null, null, null, p_hold, null,
            p_group, p_position, p_size, false);
    end if;
    if v_refusal is null then
        delete from ledger_pending where hold_id = p_hold;
        v_amount := case when p_kind = 'post_hold' then v_amount else 0 end;
        update ledger_account set debits_pending_minor = debits_pending_minor - v_hold.amount_minor,
            debits_posted_minor = debits_posted_minor + v_amount where id = v_hold.debit_account_id;
        update ledger_account set credits_pending_minor = credits_pending_minor - v_hold.amount_minor,
            credits_posted_minor = credits_posted_minor + v_amount where id = v_hold.credit_account_id;
    end if;
    return (v_refusal, v_at, coalesce(p_amount, v_hold.amount_minor))::ledger_answer;
end $$;

-- One element of a linked group: {kind, id, debit, credit, amount, unit, code, memo_ref, hold, expires}.
create or replace function ledger_apply(p_op jsonb, p_group uuid, p_position smallint, p_size smallint)
returns ledger_answer language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if p_op ->> 'kind' in ('post', 'hold') then
        return ledger_move(p_op ->> 'kind', (p_op ->> 'id')::uuid, (p_op ->> 'debit')::uuid, (p_op ->> 'credit')::uuid,
            (p_op ->> 'amount')::bigint, p_op ->> 'unit', p_op ->> 'code', p_op ->> 'memo_ref',
            (p_op ->> 'expires')::timestamptz, p_group, p_position, p_size,
            coalesce((p_op ->> 'up_to')::boolean, false));
    end if;
    return ledger_resolve(p_op ->> 'kind', (p_op ->> 'id')::uuid, (p_op ->> 'hold')::uuid,
        (p_op ->> 'amount')::bigint, p_group, p_position, p_size);
end $$;

-- Public ---------------------------------------------------------------------------------------------------------------

create or replace function ledger_post(
    p_id uuid, p_debit uuid, p_credit uuid, p_amount bigint, p_unit text, p_code text, p_memo_ref text
) returns ledger_answer language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return ledger_move('post', p_id, p_debit, p_credit, p_amount, p_unit, p_code, p_memo_ref, null, null, null, null);
end $$;

create or replace function ledger_post_up_to(
    p_id uuid, p_debit uuid, p_credit uuid, p_amount bigint, p_unit text, p_code text, p_memo_ref text
) returns ledger_answer language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return ledger_move('post', p_id, p_debit, p_credit, p_amount, p_unit, p_code, p_memo_ref, null, null, null, null,
        true);
end $$;

create or replace function ledger_hold(
    p_id uuid, p_debit uuid, p_credit uuid, p_amount bigint, p_unit text, p_code text, p_memo_ref text,
    p_expires timestamptz
) returns ledger_answer language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if p_expires is null then
        raise exception 'a hold needs its expiry' using errcode = 'null_value_not_allowed';
    end if;
    return ledger_move('hold', p_id, p_debit, p_credit, p_amount, p_unit, p_code, p_memo_ref, p_expires,
        null, null, null);
end $$;

-- Lock the accounts of a hold, before anybody looks at the lane they are in.
create or replace function ledger_lock_hold(p_hold uuid) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    perform ledger_lock(array(select unnest(array[debit_account_id, credit_account_id])
        from ledger_transfer where id = p_hold and kind = 'hold' and refusal is null));
end $$;

create or replace function ledger_post_hold(p_id uuid, p_hold uuid, p_amount bigint) returns ledger_answer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform ledger_lock_hold(p_hold);
    return ledger_resolve('post_hold', p_id, p_hold, p_amount, null, null, null);
end $$;

create or replace function ledger_void_hold(p_id uuid, p_hold uuid) returns ledger_answer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform ledger_lock_hold(p_hold);
    return ledger_resolve('void_hold', p_id, p_hold, null, null, null, null);
end $$;

-- All or nothing, in order, each seeing the ones before it. Gives a row an element, or the one row that conflicts.
create or replace function ledger_post_linked(p_ops jsonb)
returns table (transfer_id uuid, refusal text, at timestamptz, amount_minor bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
    v_size smallint := jsonb_array_length(p_ops);
    v_ids uuid[] := array(select (op ->> 'id')::uuid from jsonb_array_elements(p_ops) op);
    v_group uuid := v_ids[1];
    v_payers uuid[];
    v_accounts uuid[];
    v_known integer;
    v_position smallint := 0;
    v_op jsonb;
    v_answer ledger_answer;
begin
    if v_size not between 1 and 8192 then
        raise exception 'a linked group has 1 to 8192 transfers, not %', v_size using errcode = 'program_limit_exceeded';
    end if;
    select array_agg(d), array_agg(d) || array_agg(c) into v_payers, v_accounts from (
        select (op ->> 'debit')::uuid d, (op ->> 'credit')::uuid c
            from jsonb_array_elements(p_ops) op where op ->> 'kind' in ('post', 'hold')
        union all select t.debit_account_id, t.credit_account_id
            from jsonb_array_elements(p_ops) op join ledger_transfer t on t.id = (op ->> 'hold')::uuid
            where t.kind = 'hold' and t.refusal is null) pair;
    perform ledger_expire_of(v_payers, v_accounts);
    select count(*) into v_known from ledger_transfer where id = any (v_ids);
    if v_known > 0 then
        for v_op in select op from jsonb_array_elements(p_ops) op loop
            v_position := v_position + 1;
            if not exists (select from ledger_transfer where id = v_ids[v_position]) then
                return query select v_ids[v_position], 'id_conflict', null::timestamptz, null::bigint;
                return;
            end if;
            v_answer := ledger_again(v_op ->> 'kind', v_ids[v_position], (v_op ->> 'debit')::uuid,
                (v_op ->> 'credit')::uuid, (v_op ->> 'amount')::bigint, v_op ->> 'unit', v_op ->> 'code',
                v_op ->> 'memo_ref', (v_op ->> 'hold')::uuid, (v_op ->> 'expires')::timestamptz,
                v_group, v_position, v_size, coalesce((v_op ->> 'up_to')::boolean, false));
            if v_answer.refusal = 'id_conflict' then
                return query select v_ids[v_position], v_answer.refusal, null::timestamptz, null::bigint;
                return;
            end if;
        end loop;
    else
        begin
            for v_op in select op from jsonb_array_elements(p_ops) op loop
                v_position := v_position + 1;
                v_answer := ledger_apply(v_op, v_group, v_position, v_size);
                if v_answer.refusal is not null then
                    raise exception using errcode = 'LG001';
                end if;
            end loop;
        exception when sqlstate 'LG001' then
            if v_answer.refusal = 'id_conflict' then
                return query select v_ids[v_position], v_answer.refusal, null::timestamptz, null::bigint;
                return;
            end if;
            insert into ledger_transfer (id, kind, debit_account_id, credit_account_id, amount_minor, up_to_minor,
                    unit, code, memo_ref, hold_id, expires_at, group_id, group_position, group_size, refusal,
                    created_at)
                select (op ->> 'id')::uuid, op ->> 'kind', coalesce((op ->> 'debit')::uuid, h.debit_account_id),
                    coalesce((op ->> 'credit')::uuid, h.credit_account_id),
                    coalesce((op ->> 'amount')::bigint, h.amount_minor),
                    case when (op ->> 'up_to')::boolean then (op ->> 'amount')::bigint end,
                    coalesce(op ->> 'unit', h.unit, ''),
                    coalesce(op ->> 'code', h.code, ''), coalesce(op ->> 'memo_ref', h.memo_ref, ''),
                    (op ->> 'hold')::uuid, (op ->> 'expires')::timestamptz, v_group, n, v_size,
                    case when n = v_position then v_answer.refusal else 'linked_refused' end, v_answer.at
                from jsonb_array_elements(p_ops) with ordinality as element (op, n)
                left join ledger_transfer h
                    on h.id = (op ->> 'hold')::uuid and h.kind = 'hold' and h.refusal is null
                order by n;
        end;
    end if;
    return query select t.id, t.refusal::text, t.created_at, t.amount_minor
        from ledger_transfer t where t.id = any (v_ids) order by t.group_position;
end $$;

create or replace function ledger_lock_accounts(p_accounts uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform ledger_lock(p_accounts);
end $$;

-- Expire overdue holds, at most p_limit; gives how many. Run by the sweep.
create or replace function ledger_expire_holds(p_limit integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    return ledger_expire(array(
        select p.hold_id from ledger_pending p join ledger_account a on a.id = p.debit_account_id
        where p.expires_at <= ledger_now() and a.lane = 'A' order by p.expires_at limit least(p_limit, 100)
    ), '{}');
end $$;

-- Gives null when the account is as asked (new, or opened before with the same terms), else the refusal.
create or replace function ledger_open_account(
    p_id uuid, p_owner uuid, p_unit text, p_kind text, p_service text, p_minimum bigint, p_maximum bigint
) returns text language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_stored ledger_account;
begin
    select * into v_stored from ledger_account where id = p_id;
    if not found then
        if not exists (select from ledger_unit where code = p_unit) then
            return 'unit_not_found';
        end if;
        if (p_kind not in ('issuer', 'clearing') and p_minimum is distinct from 0) or p_minimum > 0
            or p_minimum < -2000000000000000000 or p_maximum not between 0 and 2000000000000000000 then
            return 'limits_out_of_range';
        end if;
        insert into ledger_account (id, owner_id, unit, kind, service, minimum_minor, maximum_minor)
            values (p_id, p_owner, p_unit, p_kind, p_service, p_minimum, p_maximum)
            on conflict (id) do nothing;
        select * into v_stored from ledger_account where id = p_id;
    end if;
    if v_stored.owner_id is not distinct from p_owner and v_stored.unit = p_unit and v_stored.kind = p_kind
        and v_stored.service = p_service and v_stored.minimum_minor is not distinct from p_minimum
        and v_stored.maximum_minor is not distinct from p_maximum
    then
        return null;
    end if;
    return 'id_conflict';
end $$;

-- Open, frozen, closed or missing: what who pays may know about another's account.
create or replace function ledger_standing(p_id uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_standing text;
begin
    select case when closed_at is not null then 'closed' when frozen_at is not null then 'frozen' else 'open' end
        into v_standing from ledger_account where id = p_id;
    return coalesce(v_standing, 'missing');
end $$;

create or replace function ledger_freeze(p_id uuid, p_frozen boolean) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_account ledger_account;
begin
    perform ledger_lock(array[p_id]);
    perform ledger_stop_lane_b(array[p_id]);
    select * into v_account from ledger_account where id = p_id;
    if v_account.id is null then
        return 'account_not_found';
    elsif v_account.closed_at is not null then
        return 'account_closed';
    elsif (v_account.frozen_at is not null) <> p_frozen then
        update ledger_account set frozen_at = case when p_frozen then ledger_now() end where id = p_id;
    end if;
    return null;
end $$;

create or replace function ledger_close_account(p_id uuid) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_account ledger_account;
begin
    perform ledger_expire_of(array[p_id], array[p_id]);
    if ledger_stop_lane_b(array[p_id]) then
        perform ledger_expire(array(select hold_id from ledger_pending
            where debit_account_id = p_id and expires_at <= ledger_now() order by expires_at limit 100), '{}');
    end if;
    select * into v_account from ledger_account where id = p_id;
    if v_account.id is null then
        return 'account_not_found';
    elsif v_account.closed_at is not null then
        return null;
    elsif v_account.frozen_at is not null then
        return 'account_frozen';
    elsif v_account.credits_posted_minor <> v_account.debits_posted_minor
        or v_account.debits_pending_minor > 0 or v_account.credits_pending_minor > 0 then
        return 'account_not_empty';
    end if;
    update ledger_account set closed_at = ledger_now() where id = p_id;
    return null;
end $$;

-- Totals a unit and kind of account: nobody's balance, so whoever serves may read it.
create or replace function ledger_trial_balance()
returns table (unit text, kind text, accounts bigint, debits_posted numeric, credits_posted numeric,
    debits_pending numeric, credits_pending numeric)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select unit, kind, count(*), sum(debits_posted_minor), sum(credits_posted_minor), sum(debits_pending_minor),
        sum(credits_pending_minor)
    from ledger_account group by unit, kind order by unit, kind
$$;

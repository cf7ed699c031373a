-- What the poster of lane B does in each of its transactions: begin, write and seal, commit.

set local role bocage_ledger;

-- Become the poster: the epoch counts up, and who wrote under an older one can write no more.
create or replace function ledger_take_lane(p_holder text) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    update ledger_lane set epoch = epoch + 1, holder = left(p_holder, 80), taken_at = ledger_now() where lane = 'B'
    returning epoch
$$;

-- Begin a batch: keep everybody else from lane B until the end of this transaction; the ledger's time.
create or replace function ledger_begin_batch(p_epoch bigint) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform from ledger_lane where lane = 'B' and epoch = p_epoch for update;
    if not found then
        raise exception 'epoch % is over: another poster writes lane B', p_epoch using errcode = 'LG002';
    end if;
    return ledger_now();
end $$;

-- The next numbers, in order, eight bytes each.
create or replace function ledger_next_seqs(p_count integer) returns bytea
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    select string_agg(int8send(nextval('ledger_transfer_seq_seq')), ''::bytea) from generate_series(1, p_count)
$$;

-- Begin a batch and read what decides it, in one exchange and under the lock: the ledger's time, whether any of the ids
-- was used before and whether holds of the payers are overdue (both are seldom, and read apart), the accounts as
-- `lane_state._ACCOUNT` describes them, and numbers for `p_count` rows.
--
-- A function's plans stay as they were made when its tables were small, until their statistics change: what a batch reads
-- and writes goes by the indexes from the first row on.
create or replace function ledger_read_batch(
    p_epoch bigint, p_ids uuid[], p_payers uuid[], p_accounts uuid[], p_count integer,
    out at timestamptz, out known boolean, out overdue boolean, out accounts bytea, out seqs bytea
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp set enable_seqscan = off as $$
#variable_conflict use_column
begin
    at := ledger_begin_batch(p_epoch);
    known := exists (select from ledger_transfer where id = any (p_ids));
    overdue := exists (select from ledger_pending where debit_account_id = any (p_payers) and expires_at <= at);
    accounts := ledger_packed_accounts(p_accounts);
    seqs := ledger_next_seqs(p_count);
end $$;

create or replace function ledger_packed_accounts(p_accounts uuid[]) returns bytea
language sql stable security definer set search_path = pg_catalog, public, pg_temp set enable_seqscan = off as $$
    select string_agg(uuid_send(id)
        || int2send(((lane = 'B')::int + 2 * (closed_at is not null)::int + 4 * (frozen_at is not null)::int)::int2)
        || textsend(rpad(unit, 12)) || int8send(coalesce(minimum_minor, -4000000000000000000))
        || int8send(coalesce(maximum_minor, 4000000000000000000)) || int8send(debits_posted_minor)
        || int8send(credits_posted_minor) || int8send(debits_pending_minor) || int8send(credits_pending_minor), '')
    from ledger_account where id = any (p_accounts)
$$;

-- A row as the poster sends it: fixed widths (texts padded with spaces), and a bit in `nulls` for each column that is null.
do $$ begin
    if to_regtype('ledger_incoming') is null then
        create type ledger_incoming as (
            seq bigint, id uuid, kind smallint, nulls smallint, debit_account_id uuid, credit_account_id uuid,
            amount_minor bigint, up_to_minor bigint, unit bpchar, code bpchar, memo_ref bytea, hold_id uuid,
            expires_at timestamptz, group_id uuid, group_position smallint, group_size smallint, refusal bpchar,
            created_at timestamptz
        );
    end if;
end $$;

-- Write these rows, move the counters by the sums that were worked out, and open and close the pending holds. Every check
-- on the rows holds here as everywhere. `ledger_seal_batch` follows in the same transaction, which cannot commit without it
-- (`ledger_lane_is_sealed`): the poster works out what it seals with while this runs.
create or replace function ledger_write_rows(
    p_epoch bigint, p_rows ledger_incoming[], p_accounts uuid[], p_debits_posted bigint[], p_credits_posted bigint[],
    p_debits_pending bigint[], p_credits_pending bigint[], p_opened uuid[], p_resolved uuid[]
) returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp set enable_seqscan = off
as $$
declare
    v_moved integer;
    v_rows integer;
    v_seqs bigint;
begin
    perform ledger_begin_batch(p_epoch);
    with written as (insert into ledger_transfer (seq, id, kind, debit_account_id, credit_account_id, amount_minor, up_to_minor, unit, code,
            memo_ref, hold_id, expires_at, group_id, group_position, group_size, refusal, created_at, xid)
        select seq, id, (array['post', 'hold', 'post_hold', 'void_hold', 'expire_hold'])[kind],
            case when nulls & 1 = 0 then debit_account_id end, case when nulls & 2 = 0 then credit_account_id end,
            case when nulls & 4 = 0 then amount_minor end, case when nulls & 8 = 0 then up_to_minor end,
            unit::text, code::text, convert_from(rtrim(memo_ref, '\000'::bytea), 'UTF8'),
            case when nulls & 16 = 0 then hold_id end, case when nulls & 32 = 0 then expires_at end,
            case when nulls & 64 = 0 then group_id end, case when nulls & 128 = 0 then group_position end,
            case when nulls & 256 = 0 then group_size end, case when nulls & 512 = 0 then refusal::text end,
            created_at, null
        from unnest(p_rows)
        returning seq)
    select count(*), bit_xor(hashint8extended(seq, 0)) into v_rows, v_seqs from written;
    update ledger_lane set unsealed_rows = unsealed_rows + v_rows, unsealed_seqs = unsealed_seqs # coalesce(v_seqs, 0)
        where lane = 'B';
    update ledger_account a set debits_posted_minor = a.debits_posted_minor + d.debits_posted,
            credits_posted_minor = a.credits_posted_minor + d.credits_posted,
            debits_pending_minor = a.debits_pending_minor + d.debits_pending,
            credits_pending_minor = a.credits_pending_minor + d.credits_pending
        from unnest(p_accounts, p_debits_posted, p_credits_posted, p_debits_pending, p_credits_pending)
            d (id, debits_posted, credits_posted, debits_pending, credits_pending)
        where a.id = d.id and a.lane = 'B';
    get diagnostics v_moved = row_count;
    if v_moved <> cardinality(p_accounts) then
        raise exception 'lane B may not move % of these accounts', cardinality(p_accounts) - v_moved
            using errcode = 'integrity_constraint_violation';
    end if;
    if cardinality(p_resolved) > 0 then
        delete from ledger_pending where hold_id = any (p_resolved);
    end if;
    if cardinality(p_opened) > 0 then
        insert into ledger_pending (hold_id, debit_account_id, credit_account_id, amount_minor, expires_at)
            select id, debit_account_id, credit_account_id, amount_minor, expires_at
            from ledger_transfer where id = any (p_opened);
    end if;
end $$;

-- Seal what this transaction wrote as the lane's next batch: those rows, and no others.
create or replace function ledger_seal_batch(
    p_epoch bigint, p_number bigint, p_seqs bigint[], p_previous bytea, p_root bytea, p_hash bytea, p_marks bytea,
    p_at timestamptz
) returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform ledger_begin_batch(p_epoch);
    perform ledger_append_batch('B', p_number, p_seqs, p_previous, p_root, p_hash, p_marks, p_at);
    update ledger_lane set unsealed_rows = unsealed_rows - cardinality(p_seqs), unsealed_seqs = unsealed_seqs
            # (select bit_xor(hashint8extended(seq, 0)) from unnest(p_seqs) seq)
        where lane = 'B';
end $$;

-- Move a set of accounts into a lane, both sides of every pending hold or none; null, or why not.
create or replace function ledger_set_lane(p_accounts uuid[], p_lane text) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform ledger_lock(p_accounts);
    perform from ledger_lane where lane = 'B' for update;
    if (select count(distinct id) from unnest(p_accounts) id) <> (select count(*) from ledger_account
            where id = any (p_accounts)) then
        return 'account_not_found';
    elsif exists (select from ledger_pending
            where (debit_account_id = any (p_accounts)) <> (credit_account_id = any (p_accounts))) then
        return 'hold_between_lanes';
    end if;
    update ledger_account set lane = p_lane where id = any (p_accounts) and lane <> p_lane;
    update ledger_lane set switches = switches + 1 where lane = 'B';
    return null;
end $$;

revoke all on function
    ledger_set_lane(uuid[], text), ledger_take_lane(text), ledger_begin_batch(bigint), ledger_next_seqs(integer),
    ledger_read_batch(bigint, uuid[], uuid[], uuid[], integer), ledger_packed_accounts(uuid[]),
    ledger_write_rows(bigint, ledger_incoming[], uuid[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[]),
    ledger_seal_batch(bigint, bigint, bigint[], bytea, bytea, bytea, bytea, timestamptz)
    from public;
grant execute on function ledger_set_lane(uuid[], text) to bocage_app;
grant execute on function
    ledger_take_lane(text), ledger_begin_batch(bigint), ledger_next_seqs(integer),
    ledger_read_batch(bigint, uuid[], uuid[], uuid[], integer), ledger_packed_accounts(uuid[]),
    ledger_write_rows(bigint, ledger_incoming[], uuid[], bigint[], bigint[], bigint[], bigint[], uuid[], uuid[]),
    ledger_seal_batch(bigint, bigint, bigint[], bytea, bytea, bytea, bytea, timestamptz)
    to bocage_poster;

set local role none;

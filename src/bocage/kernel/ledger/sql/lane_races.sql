-- What lane A does after it waited for an account that was moved into lane B meanwhile.

set local role bocage_ledger;

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

-- Lock the accounts of a hold, before anybody looks at the lane they are in.
create function ledger_lock_hold(p_hold uuid) returns void
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

revoke all on function ledger_lock_hold(uuid) from public;

set local role none;

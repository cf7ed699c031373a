-- Many transfers in one call in lane A, and which lane an account is in.

set local role bocage_ledger;

-- Each by itself, in order: what one of them is refused for leaves the others as they are.
create or replace function ledger_post_each(p_ops jsonb)
returns table (refusal text, at timestamptz, amount_minor bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
    v_payers uuid[];
    v_accounts uuid[];
    v_op jsonb;
    v_answer ledger_answer;
begin
    if jsonb_array_length(p_ops) not between 1 and 8192 then
        raise exception 'a batch has 1 to 8192 transfers' using errcode = 'program_limit_exceeded';
    end if;
    select array_agg((op ->> 'debit')::uuid), array_agg((op ->> 'debit')::uuid) || array_agg((op ->> 'credit')::uuid)
        into v_payers, v_accounts from jsonb_array_elements(p_ops) op;
    perform ledger_expire_of(v_payers, v_accounts);
    for v_op in select op from jsonb_array_elements(p_ops) op loop
        v_answer := ledger_apply(v_op, null, null, null);
        return query select v_answer.refusal, v_answer.at, v_answer.amount_minor;
    end loop;
end $$;

-- The lanes in which these accounts are, each once: what says by which door a batch has to go.
create or replace function ledger_lanes(p_accounts uuid[]) returns text[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(array_agg(distinct lane::text order by lane::text), '{}') from ledger_account where id = any (p_accounts)
$$;

-- Those of the accounts that are nobody's own: the house's (issuers, fees, clearing) and those that a service keeps.
create or replace function ledger_house_accounts(p_accounts uuid[]) returns uuid[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(array_agg(id), '{}') from ledger_account
    where id = any (p_accounts) and (owner_id is null or service <> '')
$$;

revoke all on function ledger_post_each(jsonb), ledger_lanes(uuid[]), ledger_house_accounts(uuid[]) from public;
grant execute on function ledger_post_each(jsonb), ledger_lanes(uuid[]), ledger_house_accounts(uuid[]) to bocage_app, bocage_deliverer;

set local role none;

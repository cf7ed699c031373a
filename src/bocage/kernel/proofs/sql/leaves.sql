-- The leaves of a sealed batch, in order: SHA-256 over each transfer's canonical bytes, version 1 (ADR 7). Hashes alone,
-- because a proof needs the leaves beside one's own, and nobody may read those transfers.

set local role bocage_ledger;

create function ledger_leaf(t ledger_transfer) returns bytea
language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select sha256(
        '\x0001'::bytea
        || substr(int2send((case t.kind when 'post' then 1 when 'hold' then 2 when 'post_hold' then 3
            when 'void_hold' then 4 when 'expire_hold' then 5 else 0 end)::int2), 2)
        || int2send(((t.debit_account_id is null)::int + (t.credit_account_id is null)::int * 2
            + (t.amount_minor is null)::int * 4 + (t.up_to_minor is null)::int * 8 + (t.hold_id is null)::int * 16
            + (t.expires_at is null)::int * 32 + (t.group_id is null)::int * 64
            + (t.group_position is null)::int * 128 + (t.group_size is null)::int * 256
            + (t.refusal is null)::int * 512)::int2)
        || int8send(t.seq) || uuid_send(t.id)
        || uuid_send(coalesce(t.debit_account_id, '00000000-0000-0000-0000-000000000000'))
        || uuid_send(coalesce(t.credit_account_id, '00000000-0000-0000-0000-000000000000'))
        || int8send(coalesce(t.amount_minor, 0)) || int8send(coalesce(t.up_to_minor, 0))
        || substr(convert_to(t.unit, 'UTF8') || decode(repeat('00', 12), 'hex'), 1, 12)
        || substr(convert_to(t.code, 'UTF8') || decode(repeat('00', 40), 'hex'), 1, 40)
        || case when t.memo_ref = '' then decode(repeat('00', 32), 'hex')
            else sha256(convert_to(t.memo_ref, 'UTF8')) end
        || uuid_send(coalesce(t.hold_id, '00000000-0000-0000-0000-000000000000'))
        || int8send(coalesce((extract(epoch from t.expires_at) * 1000000)::bigint, 0))
        || uuid_send(coalesce(t.group_id, '00000000-0000-0000-0000-000000000000'))
        || int2send(coalesce(t.group_position, 0::int2)) || int2send(coalesce(t.group_size, 0::int2))
        || substr(convert_to(coalesce(t.refusal, ''), 'UTF8') || decode(repeat('00', 32), 'hex'), 1, 32)
        || int8send((extract(epoch from t.created_at) * 1000000)::bigint))
$$;

create function ledger_leaves(p_lane text, p_number bigint) returns bytea[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select array_agg(ledger_leaf(t) order by member.place)
    from ledger_batch b cross join unnest(b.seqs) with ordinality as member (seq, place)
        join ledger_transfer t on t.seq = member.seq
    where b.lane = p_lane and b.number = p_number
$$;

revoke all on function ledger_leaf(ledger_transfer), ledger_leaves(text, bigint) from public;
grant execute on function ledger_leaves(text, bigint) to bocage_app, bocage_deliverer, bocage_auditor;

set local role none;

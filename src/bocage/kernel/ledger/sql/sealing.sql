-- Who seals: each lane has its own hand, and neither can write into the other lane's chain.

set local role bocage_ledger;

-- The batch after the last one of its lane, or an error: numbers have no gap and each names the hash before it.
create or replace function ledger_append_batch(
    p_lane text, p_number bigint, p_seqs bigint[], p_previous bytea, p_root bytea, p_hash bytea, p_marks bytea,
    p_at timestamptz
) returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_last ledger_batch;
begin
    select * into v_last from ledger_batch where lane = p_lane order by number desc limit 1;
    if p_number <> coalesce(v_last.number, 0) + 1
        or p_previous <> coalesce(v_last.hash, decode(repeat('00', 32), 'hex')) then
        raise exception 'batch % of lane % does not follow batch %', p_number, p_lane, coalesce(v_last.number, 0)
            using errcode = 'integrity_constraint_violation';
    end if;
    insert into ledger_batch (lane, number, first_seq, last_seq, count, seqs, previous_hash, merkle_root, hash,
            leaf_marks, sealed_at)
        select p_lane, p_number, min(seq), max(seq), count(*), p_seqs, p_previous, p_root, p_hash, p_marks, p_at
        from unnest(p_seqs) seq;
end $$;

-- Lane A's next batch. Lane B seals in `ledger_seal_batch`, under its epoch.
create or replace function ledger_seal(
    p_number bigint, p_seqs bigint[], p_previous bytea, p_root bytea, p_hash bytea, p_marks bytea, p_at timestamptz
) returns void language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    select ledger_append_batch('A', p_number, p_seqs, p_previous, p_root, p_hash, p_marks, p_at)
$$;

revoke all on function
    ledger_append_batch(text, bigint, bigint[], bytea, bytea, bytea, bytea, timestamptz),
    ledger_seal(bigint, bigint[], bytea, bytea, bytea, bytea, timestamptz) from public;
grant execute on function ledger_seal(bigint, bigint[], bytea, bytea, bytea, bytea, timestamptz) to bocage_deliverer;

set local role none;

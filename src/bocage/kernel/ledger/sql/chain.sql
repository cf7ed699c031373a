-- The chain of batches: what a sealed batch may not contradict, and what the sealer has still to read.

create trigger ledger_batch_is_append_only before update or delete or truncate on ledger_batch
    for each statement execute function ledger_refuse_change();
create index ledger_batch_by_seq on ledger_batch using gist (int8range(first_seq, last_seq, '[]'));
alter table ledger_batch
    add constraint ledger_batch_lane check (lane in ('A', 'B')),
    add constraint ledger_batch_size check (count between 1 and 8192 and count = cardinality(seqs)),
    add constraint ledger_batch_hashes check (
        length(previous_hash) = 32 and length(merkle_root) = 32 and length(hash) = 32);

revoke all on ledger_batch, ledger_sealer from bocage_app, bocage_deliverer;
revoke all on sequence ledger_batch_id_seq from bocage_app, bocage_deliverer;
grant select on ledger_batch to bocage_app, bocage_deliverer, bocage_auditor;
grant select, insert on ledger_batch to bocage_ledger;
grant usage on sequence ledger_batch_id_seq to bocage_ledger;
grant select, update on ledger_sealer to bocage_ledger;

set local role bocage_ledger;

-- The next transfers that no batch holds, in the order in which they are to be sealed: those whose transactions, and
-- all older ones, have ended. What lane B writes carries no xid, because it is sealed in its own transaction.
--
-- After a restore into another cluster the rows carry that cluster's transaction ids, which say nothing here: what no
-- batch holds is then read first, and counted by this cluster's ids from there on; from then on each row is looked up
-- among the batches, because an old id may come round in the new count.
create function ledger_unsealed(p_limit integer) returns setof ledger_transfer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_state ledger_sealer;
    v_cluster bigint := (select system_identifier from pg_control_system());
    v_snapshot pg_snapshot := pg_current_snapshot();
    v_horizon xid8 := pg_snapshot_xmin(v_snapshot);
begin
    select * into strict v_state from ledger_sealer;
    if v_state.cluster = v_cluster then
        return query select t.* from ledger_transfer t
            where (t.xid, t.seq) > (v_state.xid, v_state.seq) and t.xid < v_horizon
                and (not v_state.restored or not ledger_is_sealed(t.seq))
            order by t.xid, t.seq limit least(p_limit, 8192);
        return;
    end if;
    return query select t.* from ledger_transfer t
        where t.xid is not null and (t.xid < v_horizon or t.xid >= pg_snapshot_xmax(v_snapshot))
            and not ledger_is_sealed(t.seq)
        order by t.xid, t.seq limit least(p_limit, 8192);
    if not found then
        update ledger_sealer set cluster = v_cluster, xid = v_horizon, seq = 0, restored = true;
    end if;
end $$;

create function ledger_is_sealed(p_seq bigint) returns boolean
language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select exists (select from ledger_batch
        where int8range(first_seq, last_seq, '[]') @> p_seq and p_seq = any (seqs))
$$;

-- Remember how far lane A is sealed, in this cluster's transaction ids.
create function ledger_sealed_to(p_seq bigint) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    update ledger_sealer s set xid = t.xid, seq = t.seq from ledger_transfer t
        where t.seq = p_seq and s.cluster = (select system_identifier from pg_control_system());
end $$;

revoke all on function ledger_unsealed(integer), ledger_sealed_to(bigint), ledger_is_sealed(bigint) from public;
grant execute on function ledger_unsealed(integer), ledger_sealed_to(bigint) to bocage_deliverer;

set local role none;

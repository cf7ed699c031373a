-- How the ledger's chain keeps up, for whoever watches: figures, nobody's transfer.

set local role bocage_ledger;

-- Transfers of lane A that no batch holds yet (100,000 counted at most) and the time of the oldest; who writes lane B.
-- Nothing is counted in a cluster whose transaction ids the sealer has not taken up yet, just after a restore.
create function ledger_sealing() returns table (unsealed bigint, oldest timestamptz, epoch bigint, taken_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select count(waiting.created_at), min(waiting.created_at), (select l.epoch from ledger_lane l where l.lane = 'B'),
        (select l.taken_at from ledger_lane l where l.lane = 'B')
    from (
        select t.created_at from ledger_sealer s join ledger_transfer t on (t.xid, t.seq) > (s.xid, s.seq)
        where s.cluster = (select system_identifier from pg_control_system())
            and (not s.restored or not ledger_is_sealed(t.seq))
        order by t.xid, t.seq limit 100000
    ) waiting
$$;

revoke all on function ledger_sealing() from public;
grant execute on function ledger_sealing() to bocage_app, bocage_deliverer, bocage_auditor;

set local role none;

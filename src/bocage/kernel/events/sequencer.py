"""The one hand that orders the log: gapless positions and the hash chain, over events whose transactions have ended.

`event.seq > last` would lose events: a transaction that took a low number may commit after a higher one was read. So a
row is read only when every transaction as old as its own has ended (`xid < pg_snapshot_xmin(...)`), in the order
(xid, seq): nothing can appear before it any more.
"""

from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from bocage.kernel.events.sealed import GENESIS, link_of

LOCK_ID = 0x626F63616765
BATCH = 2000
CHANNEL = "bocage_positions"

_STATE_SQL = """
select s.cluster, s.xid::text, s.seq, (select system_identifier from pg_control_system())
from (select) as one left join event_sequencer s on true
"""
_NEXT_SQL = """
select e.seq, e.xid::text, e.digest, e.type, e.time from event e
where (e.xid, e.seq) > (%s::xid8, %s) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
    and not exists (select from event_position p where p.event_seq = e.seq)
order by e.xid, e.seq limit %s
"""
# After a restore into another cluster the rows carry the old cluster's transaction ids. What is visible and "in the
# future" was committed there; the rest is old enough by any count.
_RESTORED_SQL = """
select e.seq, e.xid::text, e.digest, e.type, e.time from event e
where (e.xid < pg_snapshot_xmin(%(snapshot)s::pg_snapshot) or e.xid >= pg_snapshot_xmax(%(snapshot)s::pg_snapshot))
    and not exists (select from event_position p where p.event_seq = e.seq)
order by e.xid, e.seq
"""
_PLACE_SQL = """
insert into event_position (position, event_seq, type, time, link)
select * from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::bytea[])
"""
_REMEMBER_SQL = """
insert into event_sequencer (id, cluster, xid, seq) values (1, %s, %s::xid8, %s)
on conflict (id) do update set cluster = excluded.cluster, xid = excluded.xid, seq = excluded.seq
"""


def sequence(batch: int = BATCH) -> int:
    """Place the next events, `batch` at most, in one transaction; how many. 0 also while another sequencer is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK_ID])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_STATE_SQL)
        known_cluster, xid, seq, cluster = cursor.fetchone()
        if known_cluster is not None and known_cluster != cluster:
            return _adopt(cursor, cluster)
        cursor.execute(_NEXT_SQL, [xid or "0", seq or 0, batch])
        rows = cursor.fetchall()
        if rows:
            _place(cursor, rows)
            cursor.execute(_REMEMBER_SQL, [cluster, rows[-1][1], rows[-1][0]])
        elif known_cluster is None:
            cursor.execute(_REMEMBER_SQL, [cluster, "0", 0])
        return len(rows)


def is_behind() -> bool:
    """Whether there are committed events without a position: they wait for an older transaction to end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from event e where not exists"
            " (select from event_position p where p.event_seq = e.seq))"
        )
        return bool(cursor.fetchone()[0])


def _adopt(cursor: CursorWrapper, cluster: int) -> int:
    """Go on in another cluster: place what was restored without a position, then count in its transaction ids."""
    cursor.execute("select pg_current_snapshot()::text, pg_snapshot_xmin(pg_current_snapshot())::text")
    snapshot, horizon = cursor.fetchone()
    cursor.execute(_RESTORED_SQL, {"snapshot": snapshot})
    rows = cursor.fetchall()
    if rows:
        _place(cursor, rows)
    cursor.execute(_REMEMBER_SQL, [cluster, horizon, 0])
    return len(rows)


def _place(cursor: CursorWrapper, rows: list[Any]) -> None:
    cursor.execute("select position, link from event_position order by position desc limit 1")
    position, link = cursor.fetchone() or (0, GENESIS)
    link = bytes(link)
    positions, links = [], []
    for _seq, _xid, digest, _type, _time in rows:
        position += 1
        link = link_of(link, position, bytes(digest))
        positions.append(position)
        links.append(link)
    cursor.execute(
        _PLACE_SQL,
        [positions, [row[0] for row in rows], [row[3] for row in rows], [row[4] for row in rows], links],
    )
    cursor.execute("select pg_notify(%s, %s)", [CHANNEL, str(position)])

"""The invariants, looked at after each story: by the model that is written apart, and by trying what must not be."""

from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from bocage.kernel.events import queries as events
from bocage.kernel.ledger import rows as stored_rows
from bocage.kernel.ledger import sealer
from bocage.kernel.ledger.types import Hold, Operation, PostHold, Transfer, VoidHold
from bocage.kernel.postgres import roles
from bocage.runtime.faults import processes
from bocage.runtime.faults.cluster import Cluster
from bocage.runtime.faults.model import Model, Purse, Row
from bocage.runtime.faults.schedule import CLIENT_LANES, UNIT, Asked, Plan

type Link = psycopg.Connection[Any]

# Every sentence begins with the number of the invariant that it speaks of (docs/guide/faults.md lists them).
_ROWS_SQL = """
select seq, id, kind, debit_account_id, credit_account_id, amount_minor, unit, hold_id, expires_at, group_id,
    group_position, group_size, refusal, created_at
from ledger_transfer where debit_account_id = any(%(accounts)s) or credit_account_id = any(%(accounts)s)
    or id = any(%(ids)s) order by seq
"""
_COUNTERS_SQL = """
select id, debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor
from ledger_account where id = any(%s)
"""
_UNBALANCED_SQL = (
    "select unit from ledger_account group by unit having sum(credits_posted_minor - debits_posted_minor) <> 0"
)
_BATCHES_SQL = """
select lane, number, seqs, previous_hash, merkle_root, hash, sealed_at from ledger_batch
where int8range(first_seq, last_seq, '[]') && int8range(%s, %s, '[]') order by lane, number
"""
_UNSEALED_SQL = """
select count(*) from ledger_transfer t where (debit_account_id = any(%s) or credit_account_id = any(%s))
    and (select count(*) from ledger_batch b
        where int8range(first_seq, last_seq, '[]') @> t.seq and t.seq = any (b.seqs)) <> 1
"""
# What nobody may do, whoever asks: 8 (no transfer changes) and 10 (nobody writes beside the one who seals).
_FORBIDDEN = (
    (8, roles.APP, "update ledger_transfer set amount_minor = amount_minor + 1 where id = %s"),
    (8, roles.APP, "delete from ledger_transfer where id = %s"),
    (8, roles.MIGRATOR, "update ledger_transfer set amount_minor = amount_minor + 1 where id = %s"),
    (8, roles.MIGRATOR, "delete from ledger_transfer where id = %s"),
    (8, "", "update ledger_transfer set amount_minor = amount_minor + 1 where id = %s"),
    (10, roles.APP, "insert into ledger_transfer select * from ledger_transfer where id = %s"),
    (10, roles.APP, "select ledger_sealed_to(1) where %s::uuid is not null"),
    (10, roles.APP, "select ledger_take_lane('me') where %s::uuid is not null"),
    (10, roles.POSTER, "insert into ledger_transfer select * from ledger_transfer where id = %s"),
    (10, roles.POSTER, "select ledger_begin_batch(0) where %s::uuid is not null"),
    (
        10,
        roles.DELIVERER,
        "select ledger_seal(number, seqs, previous_hash, merkle_root, hash, leaf_marks, sealed_at) from ledger_batch"
        " where number = 1 and %s::uuid is not null",
    ),
)


def everything(cluster: Cluster, plan: Plan, answers: list[list[Any]]) -> dict[str, Any]:
    """Let log and chain come to rest, then look; what is wrong, in sentences, and which faults struck here."""
    processes.settle()
    with cluster.link() as link:
        rows = _rows(link, plan)
        model = Model({each.id: Purse(each.maximum_minor, each.kind == "issuer") for each in plan.accounts})
        model.replay(rows)
        model.check_holds()
        found = [f"3 4 5: {fault}" for fault in model.faults]
        found += _answers(plan, answers, rows)
        found += _counters(link, plan, model)
        found += _projections(link, plan, model)
        found += _chains(link, plan, rows)
        hits = {}
        if plan.fault == "byte_flipped":
            found += _flip(link, plan, rows)
            hits["byte_flipped"] = 1
    found += _forbidden(cluster, plan)
    return {"found": found[:20], "hits": hits}


def _rows(link: Link, plan: Plan) -> list[Row]:
    ids = [id for turn in plan.turns for asked in turn for id in asked.ids]
    parameters = {"accounts": [each.id for each in plan.accounts], "ids": ids}
    return [Row(*each) for each in link.execute(_ROWS_SQL, parameters).fetchall()]


def _answers(plan: Plan, answers: list[list[Any]], rows: list[Row]) -> list[str]:
    """5 and 9: every answer that somebody was given is what is stored, once; another body is a conflict."""
    stored: dict[UUID, list[Row]] = {}
    for each in rows:
        stored.setdefault(each.id, []).append(each)
    held = {each.id: each.amount or 0 for each in rows if each.kind == "hold" and each.refusal is None}
    found = [f"9: {id} is there {len(copies)} times" for id, copies in stored.items() if len(copies) > 1]
    for turn, given in zip(plan.turns, answers, strict=True):
        for asked, answer in zip(turn, given, strict=True):
            if answer == [["id_conflict", 0]]:
                if all(id in stored and _same(asked, n, stored[id][0], held) for n, id in enumerate(asked.ids)):
                    found.append(f"5: {asked.ids[0]} was called a conflict, and is stored as it was asked for")
                continue
            for n, (id, (code, amount)) in enumerate(zip(asked.ids, answer, strict=True)):
                row = stored[id][0] if id in stored else None
                if row is None:
                    found.append(f"9: {id} was acknowledged ({code or 'accepted'}) and is lost")
                elif (row.refusal or "") != code or (not code and row.amount != amount):
                    found.append(f"5: {id} was answered {code or amount} and is stored {row.refusal or row.amount}")
                elif not _same(asked, n, row, held):
                    found.append(f"5: {id} was asked for with another body, and that was no conflict")
    return found


def _same(asked: Asked, n: int, row: Row, held: dict[UUID, int]) -> bool:
    operation: Operation = asked.operations[n]
    match operation:
        case Transfer():
            return row.kind == "post" and _moves(operation, row)
        case Hold(transfer, expires_at):
            return row.kind == "hold" and _moves(transfer, row) and row.expires_at == expires_at
        case PostHold(_id, hold_id, amount):
            wanted = held.get(hold_id) if amount is None else amount
            return row.kind == "post_hold" and row.hold == hold_id and (row.amount == wanted or row.amount is None)
        case VoidHold(_id, hold_id):
            return row.kind == "void_hold" and row.hold == hold_id
    raise AssertionError(operation)


def _moves(transfer: Transfer, row: Row) -> bool:
    wanted = (transfer.debit_account_id, transfer.credit_account_id, transfer.amount_minor)
    return (row.debit, row.credit, row.amount) == wanted


def _counters(link: Link, plan: Plan, model: Model) -> list[str]:
    """1 and 2: debits are credits, and each counter is the fold of the transfers."""
    found = [f"1: debits and credits of {unit} differ" for (unit,) in link.execute(_UNBALANCED_SQL).fetchall()]
    for id, *counters in link.execute(_COUNTERS_SQL, [[each.id for each in plan.accounts]]).fetchall():
        purse = model.purses[id]
        folded = [purse.went, purse.came, purse.going, purse.coming]
        if counters != folded:
            found.append(f"2: account {id} says {counters} and its transfers {folded}")
    if sum(purse.came - purse.went for purse in model.purses.values()) != 0:
        found.append(f"1: the transfers of {UNIT} do not add up to nothing")
    return found


def _projections(link: Link, plan: Plan, model: Model) -> list[str]:
    """11: what was built event by event, what is built again from the log, and what happened are the same."""
    opening = {each.id for each in plan.openings}
    happened = {id: amount for id, amount in model.accepted.items() if id not in opening}
    found = []
    for name in (processes.LIVE, processes.AGAIN):
        heard = dict(
            link.execute(
                "select id, amount from faults_heard where subscription = %s and seed = %s", [name, plan.seed]
            ).fetchall()
        )
        if heard != happened:
            wrong = {str(id) for id in heard.keys() ^ happened.keys()}
            found.append(f"11: {name} differs from what happened: {sorted(wrong)[:3]}")
    return found


def _chains(link: Link, plan: Plan, rows: list[Row]) -> list[str]:
    """7: the log has no gap and its chain holds; each transfer is in one batch, and each lane's chain of them holds."""
    head = events.head()
    report = events.verify_chain(max(1, head - 500), head)
    found = [f"7: log position {fault.position}: {fault.what}" for fault in report.faults]
    accounts = [each.id for each in plan.accounts]
    row = link.execute(_UNSEALED_SQL, [accounts, accounts]).fetchone()
    if row is None or row[0] != 0:
        found.append(f"7: {row[0] if row else '?'} transfers are not in exactly one batch")
    return found + [f"7: batch {number} of lane {lane} {what}" for lane, number, what in _broken_batches(link, rows)]


def _broken_batches(link: Link, rows: list[Row]) -> list[tuple[str, int, str]]:
    """Batches in the span of these rows that are not what was sealed, or do not follow from the one before."""
    batches = link.execute(_BATCHES_SQL, [rows[0].seq, rows[-1].seq]).fetchall()
    wanted = sorted({seq for batch in batches for seq in batch[2]})
    stored = stored_rows.of(link.cursor(), np.array(wanted, np.int64))
    places = {seq: place for place, seq in enumerate(stored["seq"].tolist())}
    before: dict[str, tuple[int, bytes]] = {}
    broken = []
    for lane, number, seqs, previous, root, hash, sealed_at in batches:
        last, link_hash = before.get(lane, (number - 1, bytes(previous)))
        if (last, link_hash) != (number - 1, bytes(previous)):
            broken.append((lane, number, "does not follow from the one before"))
        before[lane] = number, bytes(hash)
        found = stored[[places[seq] for seq in seqs if seq in places]]
        if len(found) != len(seqs):
            broken.append((lane, number, "has lost a transfer"))
            continue
        made = sealer.sealed_batch(lane, number, bytes(previous), found, sealed_at)
        if (made.merkle_root, made.hash) != (bytes(root), bytes(hash)):
            broken.append((lane, number, "is not what was sealed"))
    return broken


def _flip(link: Link, plan: Plan, rows: list[Row]) -> list[str]:
    """7: one changed bit in a stored transfer, past every trigger, is noticed by the chain; then it is put back."""
    change = "update ledger_transfer set amount_minor = %s where id = %s"
    faults = []
    for lane in sorted(set(CLIENT_LANES)):
        accounts = {each.id for each in plan.accounts if each.lane == lane}
        victim = next(row for row in rows if row.refusal is None and row.kind == "post" and row.debit in accounts)
        with link.transaction():
            link.execute("set local session_replication_role = replica")
            link.execute(change, [(victim.amount or 0) ^ 1, victim.id])
        try:
            broken = _broken_batches(link, rows)
        finally:
            with link.transaction():
                link.execute("set local session_replication_role = replica")
                link.execute(change, [victim.amount, victim.id])
        holding = link.execute("select lane, number from ledger_batch where %s = any (seqs)", [victim.seq]).fetchone()
        if [(lane, number) for lane, number, _what in broken] != [holding]:
            faults.append(f"7: a flipped bit in seq {victim.seq} was looked for in {holding} and found in {broken}")
    return faults


def _forbidden(cluster: Cluster, plan: Plan) -> list[str]:
    found = []
    for role, group in groupby(sorted(_FORBIDDEN, key=lambda each: each[1]), key=lambda each: each[1]):
        with cluster.link(role) as link:
            for number, _role, statement in group:
                try:
                    link.execute(statement, [plan.openings[0].id])
                except psycopg.Error:
                    continue
                found.append(f"{number}: {role or 'the superuser'} may: {statement}")
    return found

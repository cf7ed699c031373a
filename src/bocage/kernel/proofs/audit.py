"""The audit of the ledger: every leaf, root and link anew, every balance folded anew, every checkpoint's signature.

One transaction, repeatable read, under the auditor's role, who may read all and write nothing; a large ledger is read
by two processes in one snapshot. What is read comes as binary COPY into arrays (`examining.py`); only SHA-256 runs once
a row. Faults are told by the first bad row of each kind.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from numpy.typing import NDArray

from bocage.kernel import clock
from bocage.kernel.ledger import chain, rows
from bocage.kernel.proofs import limits, models, notes
from bocage.kernel.proofs.examining import BatchRow, Part, examine, examine_by_two
from bocage.kernel.proofs.folding import Fold
from bocage.kernel.proofs.queries import as_checkpoint, batch_hashes, checkpoint_keys
from bocage.kernel.proofs.types import AuditReport, Fault
from bocage.kernel.proofs.verifying import fingerprint

# A transfer of lane A waits about a second for its batch; one that has waited an hour was never going to be sealed. The
# hour ends with the ledger's last act, not now: in a ledger at rest, as one just restored is, nobody seals.
UNSEALED_LONGEST = timedelta(hours=1)
TWO_PROCESSES_TRANSFERS_MIN = 50_000

_BATCHES_SQL = """
select lane, number, array_send(seqs), previous_hash, merkle_root, hash, sealed_at, leaf_marks from ledger_batch
order by lane, number
"""
# An array in PostgreSQL's binary form: five integers, then each member behind its length.
_MEMBERS_AFTER_BYTES = 20
_MEMBER = np.dtype([("length", ">i4"), ("seq", ">i8")])
# What lane B writes carries no transaction id: it is sealed in the transaction that writes it, or never.
_NEVER_SEALED_SQL = "select seq from ledger_transfer where seq = any (%s) and xid is null order by seq limit 1"
_GROUPS_SQL = """
select group_id from ledger_transfer where group_id is not null group by group_id
having count(*) <> max(group_size) or min(group_size) <> max(group_size) or count(refusal) not in (0, count(*))
    or max(group_position) <> max(group_size) limit 1
"""
_REFUNDS_SQL = """
select i.id from payments_intent i left join (select intent_id, sum(amount_minor) as back from payments_refund
    group by intent_id) r on r.intent_id = i.id
where coalesce(r.back, 0) <> i.refunded_minor or i.refunded_minor > i.captured_minor limit 1
"""


class _Audit:
    def __init__(self, cursor: "psycopg.Cursor[tuple[Any, ...]]", progress: Callable[[int, int], None]) -> None:
        self.cursor, self.progress = cursor, progress
        self.faults: list[Fault] = []
        self.fold = Fold(cursor)
        self.members = np.zeros(0, np.int64)
        self.transfers = self.batches = self.unsealed = self.stored = 0
        self.broken: list[Fault] = []
        self.last_sealed_at = clock.now()
        self.cpu_seconds = 0.0

    def fault(self, place: str, says: str) -> None:
        if len(self.faults) < limits.FAULTS_MAX:
            self.faults.append(Fault(place, says))

    def run_chain(self, processes: int | None) -> None:
        """Each batch of each lane: its link and number, its members there and as sealed, its root and its marks."""
        stored = self._batches()
        self.last_sealed_at = max((batch.sealed_at for batch in stored), default=self.last_sealed_at)
        self._check_links(stored)
        self.batches = len(stored)
        total = sum(len(batch.seqs) for batch in stored)
        if processes is None:
            processes = 2 if total >= TWO_PROCESSES_TRANSFERS_MIN else 1
        part: Part
        if processes == 1:
            part = examine(self.cursor, self.fold, stored, lambda done: self.progress(done, total))
            self._ask()
        else:
            part = examine_by_two(self.cursor, self.fold, stored, lambda done: self.progress(done, total), self._ask)
        for each in part.faults:
            self.fault(each.place, each.says)
        self.members = np.concatenate([np.zeros(0, np.int64), *(batch.seqs for batch in stored)])
        self.transfers, self.cpu_seconds = part.transfers, part.cpu_seconds

    def _batches(self) -> list[BatchRow]:
        reading = psycopg.Cursor(self.cursor.connection)
        reading.format = psycopg.pq.Format.BINARY
        found = []
        for lane, number, seqs, *others in reading.execute(_BATCHES_SQL).fetchall():
            members = np.frombuffer(seqs[_MEMBERS_AFTER_BYTES:], _MEMBER)["seq"].astype(np.int64)
            found.append(BatchRow(lane, number, members, *others))
        return found

    def _ask(self) -> None:
        """What the database itself says of all rows: how many there are, and whether groups and refunds are whole."""
        row = self.cursor.execute("select count(*) from ledger_transfer").fetchone()
        assert row is not None, "a count"
        self.stored = row[0]
        for statement, place, says in (
            (_GROUPS_SQL, "group", "a linked group is not whole, or neither all done nor all refused"),
            (_REFUNDS_SQL, "payment", "its refunds are not what it says, or more than was taken"),
        ):
            row = self.cursor.execute(statement).fetchone()
            if row is not None:
                self.broken.append(Fault(f"{place} {row[0]}", says))

    def _check_links(self, stored: list[BatchRow]) -> None:
        expected: dict[str, tuple[int, bytes]] = {}
        for batch in stored:
            next_number, link = expected.get(batch.lane, (1, chain.GENESIS))
            previous, root, hash = bytes(batch.previous_hash), bytes(batch.merkle_root), bytes(batch.hash)
            if batch.number != next_number:
                self.fault(batch.where, f"batch {next_number} is missing before it")
            elif previous != link:
                self.fault(batch.where, "it does not name the hash of the batch before it")
            said = chain.batch_hash(batch.lane, batch.number, len(batch.seqs), previous, root, batch.sealed_at)
            if said != hash:
                self.fault(batch.where, "its hash is not that of what it says")
            # Go on from what is stored, so that one fault is told once and not at every later batch.
            expected[batch.lane] = (batch.number + 1, hash)

    def run_membership(self) -> None:
        """Each transfer in one batch, and none waiting for one that is older than an hour or of lane B."""
        every = np.sort(self.members)
        twice = every[1:][every[1:] == every[:-1]]
        if len(twice):
            self.fault(f"seq {twice[0]}", "it is in more than one batch")
        self.unsealed = self.stored - (self.transfers - len(twice))
        if not self.unsealed:
            return
        waiting = np.setdiff1d(self._stored_seqs(), every, assume_unique=True)
        row = self.cursor.execute(_NEVER_SEALED_SQL, [waiting.tolist()]).fetchone()
        if row is not None:
            self.fault(f"seq {row[0]}", "lane B wrote it and sealed it in no batch")
        found = rows.of(self.cursor, waiting)
        self.fold.add(found)
        last_act = max(int(found["created_at"].max()), chain.microseconds(self.last_sealed_at))
        oldest = last_act - int(UNSEALED_LONGEST.total_seconds() * 1_000_000)
        late = found["seq"][found["created_at"] < oldest]
        if len(late):
            self.fault(f"seq {late[0]}", "it is in no batch, and older than an hour")

    def _stored_seqs(self) -> NDArray[np.int64]:
        with self.cursor.copy("copy (select seq from ledger_transfer order by seq) to stdout (format binary)") as out:
            raw = b"".join(out)
        wire = np.dtype([("fields", ">i2"), ("length", ">i4"), ("seq", ">i8")])
        return np.frombuffer(raw[19:-2], wire)["seq"].astype(np.int64)

    def run_books(self) -> None:
        """Debits and credits, balances, limits, holds, groups and refunds (invariants 1 to 6)."""
        for fault in (*self.fold.faults(), *self.broken):
            self.fault(fault.place, fault.says)

    def run_checkpoints(self) -> int:
        """Each checkpoint's signature, its place in their chain, and its root over the batches as they are now."""
        previous, number, keys = notes.GENESIS, 0, checkpoint_keys()
        for number, row in enumerate(models.Checkpoint.objects.order_by("number"), 1):
            where = f"checkpoint {row.number}"
            try:
                named, before, signed_at, lanes = notes.read(row.text)
                signed = as_checkpoint(row, keys)
                Ed25519PublicKey.from_public_bytes(signed.public_key).verify(signed.signature, row.text.encode())
            except notes.Malformed as error:
                self.fault(where, f"its text cannot be read: {error}")
                break
            except (InvalidSignature, ValueError):
                self.fault(where, f"its signature is not by the key {fingerprint(signed.public_key)}")
                break
            revoked_at = keys[row.key_id].revoked_at
            if revoked_at is not None and signed_at >= revoked_at:
                self.fault(where, f"its key {fingerprint(signed.public_key)} was revoked when it was signed")
            if named != number or row.number != number or before != previous or signed_at != row.signed_at:
                self.fault(where, "it does not follow from the one before")
            for each in lanes:
                hashes = batch_hashes(each.lane, each.first, each.last) if each.last >= each.first else []
                if hashes and (chain.merkle_root(hashes) != each.root or hashes[-1] != each.head_hash):
                    self.fault(where, f"it was signed over other batches of lane {each.lane}")
            previous = notes.digest(row.text)
        return number


def audit(
    progress: Callable[[int, int], None] = lambda _done, _total: None, *, processes: int | None = None
) -> AuditReport:
    """Examine everything, as the auditor, in a transaction of its own; `progress` hears rows done and rows in all.

    `processes`: 1 or 2; by default two where there is much to read. `cpu_seconds` is theirs, the database's apart.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    with connection.cursor() as wrapper:
        wrapper.execute("set local statement_timeout = 0")
        each = _Audit(wrapper.cursor, progress)
        each.run_chain(processes)
        each.run_membership()
        each.run_books()
        checkpoints = each.run_checkpoints()
    return AuditReport(
        transfers=each.transfers + each.unsealed,
        batches=each.batches,
        accounts=each.fold.accounts,
        checkpoints=checkpoints,
        unsealed=each.unsealed,
        wall_seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu + each.cpu_seconds,
        faults=tuple(each.faults),
    )

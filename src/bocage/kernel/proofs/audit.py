"""The audit of the ledger: every leaf, root and link anew, every balance folded anew, every checkpoint's signature.

One transaction, repeatable read, under the auditor's role, who may read all and write nothing. What is read comes as
binary COPY into arrays; only SHA-256 runs once a row. Faults are told by the first bad row of each kind.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from bocage.kernel.proofs.folding import Fold
from bocage.kernel.proofs.queries import as_checkpoint, batch_hashes
from bocage.kernel.proofs.types import AuditReport, Fault
from bocage.kernel.proofs.verifying import fingerprint

# A transfer of lane A waits about a second for its batch; one that has waited an hour was never going to be sealed. The
# hour ends with the ledger's last act, not now: in a ledger at rest, as one just restored is, nobody seals.
UNSEALED_LONGEST = timedelta(hours=1)

_BATCHES_SQL = """
select lane, number, seqs, previous_hash, merkle_root, hash, sealed_at from ledger_batch order by lane, number
"""
_MEMBERS = (
    "unnest(%(seqs)s::bigint[]) with ordinality as member (seq, place)"
    " join ledger_transfer t on t.seq = member.seq order by member.place"
)
_UNSEALED = "ledger_transfer t where t.seq = any (%(seqs)s::bigint[]) order by t.seq"
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
        self.members: list[NDArray[np.int64]] = []
        self.transfers = self.batches = self.unsealed = 0
        self.last_sealed_at = clock.now()

    def fault(self, place: str, says: str) -> None:
        if len(self.faults) < limits.FAULTS_MAX:
            self.faults.append(Fault(place, says))

    def run_chain(self) -> None:
        """Each batch of each lane: its members there and as sealed, its root, its link, its number."""
        stored = self.cursor.execute(_BATCHES_SQL).fetchall()
        total = sum(len(batch[2]) for batch in stored)
        expected: dict[str, tuple[int, bytes]] = {}
        with ThreadPoolExecutor(1) as reader:
            following = reader.submit(self._read, stored[0]) if stored else None
            for place, batch in enumerate(stored):
                assert following is not None, "there is a batch to read"
                transfers = following.result()
                following = reader.submit(self._read, stored[place + 1]) if place + 1 < len(stored) else None
                self._check_batch(batch, transfers, expected)
                self.progress(self.transfers, total)
        self.batches = len(stored)
        # Without a batch nothing was ever sealed, and what waits has waited until now.
        self.last_sealed_at = max((batch[6] for batch in stored), default=self.last_sealed_at)

    def _read(self, batch: tuple[Any, ...]) -> NDArray[np.void]:
        try:
            return rows.read(self.cursor, _MEMBERS, {"seqs": batch[2]})
        except (ValueError, psycopg.Error) as error:
            raise RuntimeError(f"batch {batch[1]} of lane {batch[0]} cannot be read: {error}") from error

    def _check_batch(
        self, batch: tuple[Any, ...], transfers: NDArray[np.void], expected: dict[str, tuple[int, bytes]]
    ) -> None:
        lane, number, seqs, previous, root, hash, sealed_at = batch
        previous, root, hash = bytes(previous), bytes(root), bytes(hash)
        where = f"batch {number} of lane {lane}"
        next_number, link = expected.get(lane, (1, chain.GENESIS))
        if number != next_number:
            self.fault(where, f"batch {next_number} is missing before it")
        elif previous != link:
            self.fault(where, "it does not name the hash of the batch before it")
        members = np.asarray(seqs, np.int64)
        if len(transfers) != len(members):
            gone = np.setdiff1d(members, transfers["seq"].astype(np.int64))
            self.fault(where, f"transfer {gone[0] if len(gone) else '?'} (seq) is missing")
        found_root = chain.merkle_root(chain.leaf_hashes(transfers)) if len(transfers) else chain.GENESIS
        if found_root != root:
            self.fault(where, self._which(transfers))
        if chain.batch_hash(lane, number, len(members), previous, root, sealed_at) != hash:
            self.fault(where, "its hash is not that of what it says")
        # Go on from what is stored, so that one fault is told once and not at every later batch.
        expected[lane] = (number + 1, hash)
        self.members.append(members)
        self.transfers += len(transfers)
        self.fold.add(transfers)

    def _which(self, transfers: NDArray[np.void]) -> str:
        """A root says that a row of the batch was changed, not which: the first that no other check explains."""
        wrong = self.fold.first_impossible(transfers)
        named = f"; seq {wrong} cannot be as it is" if wrong is not None else ""
        span = f"seq {transfers['seq'][0]} to {transfers['seq'][-1]}" if len(transfers) else "no rows"
        return f"a transfer is not as it was sealed ({span}){named}"

    def run_membership(self) -> None:
        """Each transfer in one batch, and none waiting for one that is older than an hour."""
        every = np.concatenate(self.members) if self.members else np.zeros(0, np.int64)
        unique, counts = np.unique(every, return_counts=True)
        if len(unique) < len(every):
            self.fault(f"seq {unique[counts > 1][0]}", "it is in more than one batch")
        with self.cursor.copy("copy (select seq from ledger_transfer order by seq) to stdout (format binary)") as out:
            raw = b"".join(out)
        wire = np.dtype([("fields", ">i2"), ("length", ">i4"), ("seq", ">i8")])
        stored = np.frombuffer(raw[19:-2], wire)["seq"].astype(np.int64)
        waiting = np.setdiff1d(stored, unique)
        self.unsealed = len(waiting)
        if not len(waiting):
            return
        found = rows.read(self.cursor, _UNSEALED, {"seqs": waiting.tolist()})
        self.fold.add(found)
        last_act = max(int(found["created_at"].max()), chain.microseconds(self.last_sealed_at))
        oldest = last_act - int(UNSEALED_LONGEST.total_seconds() * 1_000_000)
        late = found["seq"][found["created_at"] < oldest]
        if len(late):
            self.fault(f"seq {late[0]}", "it is in no batch, and older than an hour")

    def run_books(self) -> None:
        """Debits and credits, balances, limits, holds, groups and refunds (invariants 1 to 6)."""
        for fault in self.fold.faults():
            self.fault(fault.place, fault.says)
        for statement, place, says in (
            (_GROUPS_SQL, "group", "a linked group is not whole, or neither all done nor all refused"),
            (_REFUNDS_SQL, "payment", "its refunds are not what it says, or more than was taken"),
        ):
            row = self.cursor.execute(statement).fetchone()
            if row is not None:
                self.fault(f"{place} {row[0]}", says)

    def run_checkpoints(self) -> int:
        """Each checkpoint's signature, its place in their chain, and its root over the batches as they are now."""
        previous, number = notes.GENESIS, 0
        for number, row in enumerate(models.Checkpoint.objects.order_by("number"), 1):
            where = f"checkpoint {row.number}"
            try:
                named, before, signed_at, lanes = notes.read(row.text)
                signed = as_checkpoint(row)
                Ed25519PublicKey.from_public_bytes(signed.public_key).verify(signed.signature, row.text.encode())
            except notes.Malformed as error:
                self.fault(where, f"its text cannot be read: {error}")
                break
            except (InvalidSignature, ValueError):
                self.fault(where, f"its signature is not by the key {fingerprint(signed.public_key)}")
                break
            if named != number or row.number != number or before != previous or signed_at != row.signed_at:
                self.fault(where, "it does not follow from the one before")
            for each in lanes:
                hashes = batch_hashes(each.lane, each.first, each.last) if each.last >= each.first else []
                if hashes and (chain.merkle_root(hashes) != each.root or hashes[-1] != each.head_hash):
                    self.fault(where, f"it was signed over other batches of lane {each.lane}")
            previous = notes.digest(row.text)
        return number


def audit(progress: Callable[[int, int], None] = lambda _done, _total: None) -> AuditReport:
    """Examine everything, as the auditor, in a transaction of its own; `progress` hears rows done and rows in all."""
    wall, cpu = time.perf_counter(), time.process_time()
    with connection.cursor() as wrapper:
        wrapper.execute("set local statement_timeout = 0")
        each = _Audit(wrapper.cursor, progress)
        each.run_chain()
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
        cpu_seconds=time.process_time() - cpu,
        faults=tuple(each.faults),
    )

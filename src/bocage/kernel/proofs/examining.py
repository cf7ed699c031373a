"""The rows of sealed batches against their leaves and roots, and into the fold: by this process, or by two at once.

Two processes share the auditor's snapshot, so that they see one ledger; each reads by its own connection, hashes, and
folds its half of the batches. They are forked where nothing else runs in the caller's process, which takes no time, and
start anew where other threads do, whose locks a fork would copy as they stand.
"""

import multiprocessing
import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from bocage.kernel.ledger import chain, rows
from bocage.kernel.proofs.folding import Fold
from bocage.kernel.proofs.types import Fault

type Cursor = psycopg.Cursor[tuple[Any, ...]]
type Heard = Callable[[int], None]


class BatchRow(NamedTuple):
    """A batch as it is stored."""

    lane: str
    number: int
    seqs: NDArray[np.int64]
    previous_hash: bytes
    merkle_root: bytes
    hash: bytes
    sealed_at: datetime
    leaf_marks: bytes | None

    @property
    def where(self) -> str:
        return f"batch {self.number} of lane {self.lane}"


@dataclass
class Part:
    """What was found in some batches: their transfers that are there, and the faults in order.

    `cpu_seconds`: of processes other than the caller's.
    """

    transfers: int
    faults: list[Fault]
    cpu_seconds: float = 0.0


def examine(cursor: Cursor, fold: Fold, batches: Sequence[BatchRow], heard: Heard) -> Part:
    """Read and check these batches, and add their transfers to the fold; `heard` is told how many are done."""
    part = Part(0, [])
    for batch in batches:
        try:
            transfers = rows.of(cursor, batch.seqs)
        except (ValueError, psycopg.Error) as error:
            raise RuntimeError(f"{batch.where} cannot be read: {error}") from error
        part.faults += _faults(fold, batch, transfers)
        part.transfers += len(transfers)
        fold.add(transfers)
        heard(part.transfers)
    return part


def _faults(fold: Fold, batch: BatchRow, transfers: NDArray[np.void]) -> list[Fault]:
    members = batch.seqs
    if len(transfers) != len(members):
        gone = np.setdiff1d(members, transfers["seq"].astype(np.int64))
        return [Fault(batch.where, f"transfer {gone[0] if len(gone) else '?'} (seq) is missing")]
    leaves = chain.leaf_hashes(transfers)
    is_root = chain.merkle_root(leaves) == bytes(batch.merkle_root)
    if batch.leaf_marks is None:
        return [] if is_root else [Fault(batch.where, _unmarked(fold, transfers))]
    marks = np.frombuffer(chain.leaf_marks(leaves), f"V{chain.MARK_BYTES}")
    changed = np.flatnonzero(marks != np.frombuffer(bytes(batch.leaf_marks), marks.dtype))
    if not is_root and not len(changed):
        return [Fault(batch.where, "its root is not that of its transfers, which are as they were sealed")]
    if is_root and len(changed):
        return [Fault(batch.where, f"its mark of seq {members[changed[0]]} was changed; its transfers were not")]
    if len(changed):
        first = transfers[changed[0]]
        more = f"; nor are {len(changed) - 1} more" if len(changed) > 1 else ""
        place = f"transfer {UUID(bytes=first['id'].tobytes())} (seq {first['seq']})"
        return [Fault(place, f"it is not as it was sealed in {batch.where}{more}")]
    return []


def _unmarked(fold: Fold, transfers: NDArray[np.void]) -> str:
    """A root says that a row of the batch was changed, not which: the first that no other check explains."""
    wrong = fold.first_impossible(transfers)
    named = f"; seq {wrong} cannot be as it is" if wrong is not None else ""
    return f"a transfer is not as it was sealed (seq {transfers['seq'][0]} to {transfers['seq'][-1]}){named}"


def examine_by_two(
    cursor: Cursor, fold: Fold, batches: Sequence[BatchRow], heard: Heard, meanwhile: Callable[[], None]
) -> Part:
    """The same by two processes, half of the batches each; `meanwhile` is done here while they work.

    Raises `RuntimeError` where one of them fails.
    """
    row = cursor.execute("select pg_export_snapshot()").fetchone()
    assert row is not None, "a snapshot"
    middle = len(batches) // 2
    context: Any = multiprocessing.get_context(start_method())
    halves: dict[Connection, int] = {}
    workers: list[Any] = []
    for half in (batches[:middle], batches[middle:]):
        listens, says = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(row[0], _login(), fold, half, says), daemon=True)
        with warnings.catch_warnings():
            # Python counts NumPy's own threads too, which hold no lock while nobody multiplies matrices.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            worker.start()
        says.close()
        halves[listens] = len(workers)
        workers.append(worker)
    meanwhile()
    parts, done = [Part(0, []) for _worker in workers], [0 for _worker in workers]
    while halves:
        for link in wait(list(halves)):
            assert isinstance(link, Connection)
            try:
                said = link.recv()
            except EOFError:
                raise RuntimeError("a process of the audit ended before it had read its half") from None
            number = halves[link]
            if isinstance(said, int):
                done[number] = said
                heard(sum(done))
            elif isinstance(said, str):
                raise RuntimeError(said)
            else:
                parts[number], taken = said
                fold.merge(taken)
                del halves[link]
    for worker in workers:
        worker.join()
    return Part(
        sum(part.transfers for part in parts),
        [fault for part in parts for fault in part.faults],
        sum(part.cpu_seconds for part in parts),
    )


def start_method() -> str:
    """How a second process begins: by a fork, unless other threads of Python's run in this one."""
    return "fork" if threading.active_count() == 1 else "spawn"


def _work(snapshot: str, login: dict[str, Any], fold: Fold, batches: Sequence[BatchRow], says: Connection) -> None:
    """In a process of its own, which leaves the connection that it was forked with alone."""
    status = 1
    try:
        begun = time.process_time()
        with psycopg.connect(**login) as link:
            link.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            cursor = link.cursor()
            cursor.execute(psycopg.sql.SQL("set transaction snapshot {}").format(snapshot))
            cursor.execute("set local statement_timeout = 0")
            part = examine(cursor, fold, batches, says.send)
        part.cpu_seconds = time.process_time() - begun
        says.send((part, fold.taken()))
        status = 0
    except Exception as error:
        says.send(f"{type(error).__name__}: {error}")
    finally:
        says.close()
        os._exit(status)


def _login() -> dict[str, Any]:
    kept = ("host", "port", "dbname", "user", "password", "sslmode", "options")
    return {name: value for name, value in connection.get_connection_params().items() if name in kept}

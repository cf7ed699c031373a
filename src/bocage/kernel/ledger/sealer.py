"""The hand that seals lane A: puts committed transfers into batches and links the batches into the lane's chain.

Lane B seals each batch in the transaction that writes it. What lane A wrote is found as the event log's sequencer finds
its events (`kernel/transaction_ids.py` says why by transaction ids); the SQL that reads them is in `sql/chain.sql`.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from numpy.typing import NDArray

from bocage.kernel.ledger import chain, rows

logger = logging.getLogger(__name__)

LOCK_ID = 0x626F63616C61
# How long a committed transfer may wait for its batch, when there is little to seal.
PERIOD_SECONDS = 1.0
LOST_SECONDS = 1.0

_LAST_SQL = "select number, hash from ledger_batch where lane = %s order by number desc limit 1"
_SEAL_SQL = "select ledger_seal(%s, %s, %s, %s, %s, %s, %s)"


def run(stop: threading.Event) -> None:
    """Seal until `stop` is set. Several may run: one seals at a time. Outlives a restart of the database."""
    while not stop.is_set():
        try:
            if seal() < chain.BATCH_TRANSFERS_MAX:
                stop.wait(PERIOD_SECONDS)
        except (OperationalError, InterfaceError, DatabaseError, psycopg.Error) as error:
            logger.warning("sealing failed (%s), trying again", error)
            connection.close()
            stop.wait(LOST_SECONDS)
    connection.close()


def seal(limit: int = chain.BATCH_TRANSFERS_MAX) -> int:
    """Seal the next transfers of lane A, `limit` at most, in one transaction; how many. 0 also while another seals."""
    with transaction.atomic(), connection.cursor() as wrapper:
        wrapper.execute("select pg_try_advisory_xact_lock(%s)", [LOCK_ID])
        if not wrapper.fetchone()[0]:
            return 0
        found = rows.read(wrapper.cursor, "ledger_unsealed(%(limit)s) t", {"limit": limit})
        if not len(found):
            return 0
        wrapper.execute("select ledger_now()")
        (sealed_at,) = wrapper.fetchone()
        append(wrapper.cursor, found, sealed_at)
        wrapper.execute("select ledger_sealed_to(%s)", [int(found["seq"][-1])])
        return len(found)


def seal_all() -> int:
    """Seal whatever can be sealed now; how many. For commands and tests."""
    total = 0
    while sealed := seal():
        total += sealed
    return total


def append(cursor: "psycopg.Cursor[tuple[Any, ...]]", transfers: NDArray[np.void], sealed_at: datetime) -> chain.Batch:
    """Put `transfers` (`chain.TRANSFER` records, at most `BATCH_TRANSFERS_MAX`) as the next batch into lane A's chain.

    In the caller's transaction, which must keep others who seal out.
    """
    number, previous = last(cursor, "A")
    batch = sealed_batch("A", number + 1, previous, transfers, sealed_at)
    cursor.execute(_SEAL_SQL, columns(batch, list(batch.seqs)))
    return batch


def last(cursor: "psycopg.Cursor[tuple[Any, ...]]", lane: str) -> tuple[int, bytes]:
    """Number and hash of the last batch of a lane; 0 and zeros before the first."""
    found = cursor.execute(_LAST_SQL, [lane]).fetchone()
    return (found[0], bytes(found[1])) if found else (0, chain.GENESIS)


def columns(batch: chain.Batch, seqs: Any) -> list[Any]:
    """A batch as the functions that store it take it; `seqs` are its members in the form that the connection sends."""
    return [batch.number, seqs, batch.previous_hash, batch.merkle_root, batch.hash, batch.leaf_marks, batch.sealed_at]


def sealed_batch(
    lane: str, number: int, previous: bytes, transfers: NDArray[np.void], sealed_at: datetime
) -> chain.Batch:
    """The batch that these transfers make, whether or not it is stored: what a verifier compares with."""
    leaves = chain.leaf_hashes(transfers)
    root = chain.merkle_root(leaves)
    seqs: Sequence[int] = transfers["seq"].tolist()
    link = chain.batch_hash(lane, number, len(seqs), previous, root, sealed_at)
    return chain.Batch(lane, number, tuple(seqs), previous, root, link, chain.leaf_marks(leaves), sealed_at)

"""Receipts of reads: gathered while a transaction runs, written by one insert at its end.

A read that happened is told even where its transaction failed: what could not be written then stays gathered and is
written by the next `acting_as` block of the same thread, or at once by `write_gathered`.
"""

from collections import Counter
from contextvars import ContextVar
from uuid import UUID

from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import before_commit
from bocage.kernel.consent.models import WHAT_LENGTH
from bocage.kernel.ids import uuid7

type _Read = tuple[UUID, str, str, str]

_gathered: ContextVar[Counter[_Read] | None] = ContextVar("gathered_receipts", default=None)


def record_read(subject_id: UUID, reader: str, purpose: str, what: str, count: int = 1) -> None:
    """Note that the service `reader` read `count` of `what` of the subject's, under `purpose`.

    `purpose` is "" where none is needed. Needs a running `acting_as` block. Equal reads of one transaction become one
    receipt.
    """
    if not what or len(what) > WHAT_LENGTH:
        raise ValueError(f"a receipt says what was read in 1 to {WHAT_LENGTH} characters, not {what!r}")
    gathered = _gathered.get()
    if gathered is None:
        gathered = Counter()
        _gathered.set(gathered)
    gathered[(subject_id, reader, purpose, what)] += count
    before_commit(write_gathered)


def write_gathered() -> None:
    """Write what was gathered, in one insert. Runs by itself before the end of an `acting_as` block."""
    gathered = _gathered.get()
    if not gathered:
        return
    now = clock.now()
    reads = sorted(gathered, key=str)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into read_receipt (id, subject_id, reader, purpose, what, at, count)"
            " select id, subject_id, reader, purpose, what, %s, count from unnest(%s::uuid[], %s::uuid[], %s::text[],"
            " %s::text[], %s::text[], %s::int[]) as reads (id, subject_id, reader, purpose, what, count)",
            [
                now,
                [uuid7() for _ in reads],
                [read[0] for read in reads],
                [read[1] for read in reads],
                [read[2] for read in reads],
                [read[3] for read in reads],
                [gathered[read] for read in reads],
            ],
        )
    gathered.clear()

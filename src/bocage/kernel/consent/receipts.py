"""Receipts of reads: gathered while an `acting_as` block runs, written by one insert at its end.

A block that is rolled back leaves none: what it read went nowhere. Who tells somebody all the same what was read (the
delivery, where a handler failed) records it again in the transaction that notes the failure.
"""

from collections import Counter
from uuid import UUID

from django.db import connection

from bocage.kernel import clock
from bocage.kernel.acting import gather
from bocage.kernel.consent.models import WHAT_LENGTH
from bocage.kernel.ids import uuid7

type _Read = tuple[UUID, str, str, str]


def record_read(subject_id: UUID, reader: str, purpose: str, what: str, count: int = 1) -> None:
    """Note that the service `reader` read `count` of `what` of the subject's, under `purpose`.

    `purpose` is "" where none is needed. Needs a running `acting_as` block. Equal reads of one transaction become one
    receipt.
    """
    if not what or len(what) > WHAT_LENGTH:
        raise ValueError(f"a receipt says what was read in 1 to {WHAT_LENGTH} characters, not {what!r}")
    gather(_write, (subject_id, reader, purpose, what), count)


def _write(gathered: Counter[_Read]) -> None:
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

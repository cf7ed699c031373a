"""Whose pages may have something new: for the streams that tell a page to look again.

Most of it is in the log. What is not to be kept there (where a courier is just now) is nudged: a notification of
PostgreSQL that goes out with the commit, is heard by who listens then, and is nowhere afterwards.
"""

from collections.abc import Collection
from uuid import UUID

import psycopg
from django.db import connection

CHANNEL = "bocage_nudges"
# PostgreSQL takes less than 8,000 bytes a notification, and an id has 36 characters.
IDS_A_NUDGE = 200
LOOK_SECONDS = 0.01

SUBJECTS_MAX = 10_000


def settled_position() -> int:
    """The position up to which every service has heard the log; what lies behind it shows on pages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce((select min(position) from event_subscription),"
            " (select max(position) from event_position), 0)"
        )
        return int(cursor.fetchone()[0])


def subjects_between(after: int, upto: int) -> set[UUID]:
    """The subjects of the events after one position, up to and with another. For the deliverer's role."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct e.subject_id from event_position p join event e on e.seq = p.event_seq
            where p.position > %s and p.position <= %s and e.subject_id is not null limit %s
            """,
            [after, upto, SUBJECTS_MAX],
        )
        return {row[0] for row in cursor.fetchall()}


def nudge(subject_ids: Collection[UUID]) -> None:
    """Have the open pages of these subjects look again once this transaction has committed."""
    listed = sorted(map(str, subject_ids))
    with connection.cursor() as cursor:
        for first in range(0, len(listed), IDS_A_NUDGE):
            cursor.execute("select pg_notify(%s, %s)", [CHANNEL, " ".join(listed[first : first + IDS_A_NUDGE])])


def listening() -> psycopg.Connection[tuple[object, ...]]:
    """A connection of its own that hears nudges from now on; the caller closes it."""
    listener: psycopg.Connection[tuple[object, ...]] = connection.get_new_connection(connection.get_connection_params())
    listener.autocommit = True
    listener.execute(f"listen {CHANNEL}")
    return listener


def nudged(listener: psycopg.Connection[tuple[object, ...]]) -> set[UUID]:
    """Who was nudged since the last time. Raises `psycopg.Error` where the connection is lost."""
    return {UUID(each) for notice in listener.notifies(timeout=LOOK_SECONDS) for each in notice.payload.split()}

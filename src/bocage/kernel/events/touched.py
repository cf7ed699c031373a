"""Whose pages may have something new: for the streams that tell a page to look again."""

from uuid import UUID

from django.db import connection

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

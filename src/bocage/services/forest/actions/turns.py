"""One person's writes that look before they write take turns."""

from uuid import UUID

from django.db import connection

_SPACE = 7


def one_at_a_time(person_id: UUID) -> None:
    """Wait until no other transaction of the person is past this line; her next waits for the end of this one.

    Without it two tabs could both count two growing trees, or insert the same lines in two orders and block each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"forest:{person_id}", _SPACE])

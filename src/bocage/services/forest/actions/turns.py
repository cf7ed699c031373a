"""One person's writes that look before they write take turns."""

from uuid import UUID

from django.db import connection

_SPACE = 7


def one_at_a_time(person_id: UUID) -> None:
    """Wait until no other transaction of the person is past this line; her next waits for the end of this one.

    Without it two tabs could both count two growing trees, or insert the same lines in two orders and block each other.
    """
    take_turns(person_id)


def take_turns(*party_ids: UUID) -> None:
    """The same for several people or groups at once, in one order, so that two such deeds never wait for each other."""
    with connection.cursor() as cursor:
        for party_id in sorted(set(party_ids)):
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"forest:{party_id}", _SPACE])

"""A person's whole data goes."""

from uuid import UUID

from bocage.kernel.acting import own_tables
from bocage.services.health.queries.rights import PERSONAL


def erase(person_id: UUID) -> list[str]:
    """Delete all of it; nothing is kept."""
    with own_tables("health"):
        for table in PERSONAL:
            table.objects.filter(person_id=person_id).delete()
    return []

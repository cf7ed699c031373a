"""With whom a person says she lives, and who says so of her."""

from uuid import UUID

from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.identity import queries as identity
from bocage.services.health import limits, types
from bocage.services.health.models import Housemate


def housemates(person_id: UUID) -> list[types.Housemate]:
    """Those whom she named and those who named her, by name. What others say is read as the service, for her alone."""
    with own_tables("health"):
        named = set(Housemate.objects.filter(person_id=person_id).values_list("other_id", flat=True))
    with acting_as(Actor.for_service("health")), own_tables("health"):
        asking = Housemate.objects.filter(other_id=person_id).order_by("-at")
        by = set(asking.values_list("person_id", flat=True)[: limits.LIST_ROWS_MAX])
    people = identity.persons(named | by)
    found = [
        types.Housemate(each.id, each.display_name, each.handle, named=each.id in named, names_her=each.id in by)
        for each in people.values()
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.handle))

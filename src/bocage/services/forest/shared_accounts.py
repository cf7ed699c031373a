"""The accounts that a person shares with another."""

from uuid import UUID

from django.db.models import Q

from bocage.kernel.identity import queries as identity
from bocage.services.forest.models import SharedAccount
from bocage.services.forest.types import SharedView

_SHOWN_MAX = 50


def shared_accounts(person_id: UUID) -> list[SharedView]:
    """Those that are agreed, and those that one of the two has still to agree to, latest first."""
    mine = Q(asker_id=person_id) | Q(asked_id=person_id)
    rows = list(SharedAccount.objects.filter(mine, ended_at=None).order_by("-asked_at", "-id")[:_SHOWN_MAX])
    others = {row.id: row.asked_id if row.asker_id == person_id else row.asker_id for row in rows}
    people = identity.persons(list(others.values()))
    found = []
    for row in rows:
        if (other := people.get(others[row.id])) is not None:
            asker = row.asker_id == person_id
            percent = row.asker_percent if asker else 100 - row.asker_percent
            state = "agreed" if row.agreed_at else "outgoing" if asker else "incoming"
            found.append(SharedView(row.id, row.name, other.display_name, percent, state))
    return found


def agreed(person_id: UUID) -> list[SharedView]:
    """Those whose statements can be handed in."""
    return [each for each in shared_accounts(person_id) if each.state == "agreed"]

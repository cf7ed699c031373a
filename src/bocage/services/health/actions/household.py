"""Who lives with whom: said by both, or it does not count."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.services.health import limits
from bocage.services.health.actions import deciding
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.actions.sources import require_agreed
from bocage.services.health.models import HouseholdNotice, Housemate


def say(person_id: UUID, handle: str) -> None:
    """Say that one lives with somebody; it counts for 14 days once she says so too. Saying it again renews it.

    She is told that there is news, once in 14 days, whatever is taken back in between. Raises a `Refusal` for a handle
    that nobody has, for more than 12 people, and for more than 12 new ones a day.
    """
    require_agreed(person_id, "health.household")
    other = None if "\0" in handle else identity.person_by_handle(handle.strip().removeprefix("@"))
    if other is None or other.id == person_id:
        raise Refusal("unknown", _("Nobody else has this handle."), field="handle")
    with own_tables("health"):
        require_scheme()
        mine = Housemate.objects.filter(person_id=person_id)
        if mine.exclude(other_id=other.id).count() >= limits.HOUSEMATES_MAX:
            raise Refusal("too_many", _("You named 12 people. Take one away first."), field="handle")
        now = clock.now()
        notices = HouseholdNotice.objects.filter(person_id=person_id)
        new = not notices.filter(other_id=other.id, at__gt=now - limits.KEPT).exists()
        if new and notices.filter(at__gt=now - timedelta(days=1)).count() >= limits.HOUSEMATES_A_DAY_MAX:
            raise Refusal("too_many_a_day", _("You have named enough people for today."), field="handle", status=429)
        _row, made = Housemate.objects.update_or_create(person_id=person_id, other_id=other.id, defaults={"at": now})
        if made and new:
            # Noted for whoever has no pass too: who has one is not told by a refusal.
            HouseholdNotice.objects.update_or_create(person_id=person_id, other_id=other.id, defaults={"at": now})
    if made and new and deciding.has_pass(other.id):
        deciding.tell(other.id)


def take_back(person_id: UUID, other_id: UUID) -> None:
    """Say no longer that one lives with somebody. Taking it back again changes nothing."""
    with own_tables("health"):
        Housemate.objects.filter(person_id=person_id, other_id=other_id).delete()

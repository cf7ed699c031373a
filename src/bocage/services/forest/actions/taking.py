"""Taking a little of what a friend left to ripen too long: only between two who both chose to play so.

A tenth of an award that has been ripe for a day, once an award, at most 100 g a day by one taker and from one owner.
The rest of the award is collected for its owner in the same deed, so that nothing is lost by it.
"""

from uuid import UUID, uuid5

from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Tier
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import PostHold, Transfer
from bocage.kernel.notifications.actions import notify
from bocage.services.forest import accounts, limits
from bocage.services.forest.actions.earning import collecting_id
from bocage.services.forest.actions.friends import PURPOSE, are_friends
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.models import Award, Preference, Taking

_TAKE_SPACE = UUID("c7d2a9f4-92c1-5b53-8f6e-0f6a4c9f6d27")


def take(person_id: UUID, owner_id: UUID) -> int:
    """Take from the friend's oldest award that may be taken from; how many grams.

    Raises `Refusal` where one of the two does not play, nothing is there to take, or the day's most is reached.
    """
    take_turns(person_id, owner_id)
    with acting_as(Actor.for_service("forest")):
        open_to_friends = is_granted(owner_id, PURPOSE)
        if not open_to_friends or not are_friends(person_id, owner_id) or _players(person_id, owner_id) < 2:
            raise not_found(_("Only friends who both play at taking can take from each other."), field="friend_id")
        award = _takable(owner_id)
        if award is None:
            raise Refusal("nothing_to_take", _("There is nothing to take here now."), field="friend_id")
        today = clock.now().date()
        room = min(
            limits.TAKEN_A_DAY_GRAMS_MAX - _taken(day=today, taker_id=person_id),
            limits.TAKEN_A_DAY_GRAMS_MAX - _taken(day=today, owner_id=owner_id),
        )
        grams = min(award.grams // limits.TAKEN_SHARE_DIVISOR, room)
        if grams < 1:
            raise Refusal("enough_for_today", _("Enough was taken today. Water a friend's tree instead."))
        ledger.post_linked_or_refuse(
            [
                PostHold(collecting_id(award.id), award.hold_id),
                Transfer(
                    uuid5(_TAKE_SPACE, str(award.id)),
                    accounts.grams_id(owner_id),
                    accounts.grams_of(person_id),
                    grams,
                    accounts.GRAMS,
                    "forest.taken",
                    str(award.id),
                ),
            ]
        )
        Award.objects.filter(pk=award.id).update(state="collected", resolved_at=clock.now())
        Taking.objects.create(award_id=award.id, taker_id=person_id, owner_id=owner_id, grams=grams, day=today)
    owner, name = identity.person(owner_id), identity.party_name(person_id)
    with translation.override(owner.language):
        notify(owner_id, _("%(name)s took %(grams)s g from you") % {"name": name, "grams": grams}, url="/forest/")
    return grams


def _takable(owner_id: UUID) -> Award | None:
    """The oldest award that has been ripe for a day; from a statement's only where its owner's document was seen."""
    now = clock.now()
    awards = Award.objects.select_for_update().filter(
        person_id=owner_id, state="held", ripe_at__lte=now - limits.TAKING_WAITS, fades_at__gt=now
    )
    if identity.person(owner_id).tier != Tier.DOCUMENT:
        awards = awards.filter(proven=True)
    return awards.order_by("ripe_at", "id").first()


def _players(*person_ids: UUID) -> int:
    return Preference.objects.filter(person_id__in=person_ids, takes=True).count()


def _taken(**who: object) -> int:
    return Taking.objects.filter(**who).aggregate(all=Sum("grams"))["all"] or 0

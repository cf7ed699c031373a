"""Friends: one asks, the other accepts; each has then agreed that the other sees her trees, and nothing else."""

from uuid import UUID

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.notifications.actions import notify
from bocage.services.forest import limits
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.models import Friendship, Preference

PURPOSE = "forest.friends"
_PAGE = "/forest/friends"


def ask(person_id: UUID, handle: str) -> UUID:
    """Ask `@handle` to be friends, or accept where they asked first; the friendship's id.

    Asking agrees to `forest.friends` for who asks. Asking twice asks once. Raises `Refusal` (not_found) for nobody.
    """
    other = identity.person_by_handle(handle) if handle.strip() else None
    if other is None or other.frozen or not other.active:
        raise not_found(_("Nobody is called that. Ask your friend for the name after the @."), field="handle")
    if other.id == person_id:
        raise Refusal("yourself", _("You are your own friend already."), field="handle")
    take_turns(person_id, other.id)
    found = _between(person_id, other.id)
    if found is not None:
        if found.asked_id == person_id and found.accepted_at is None:
            accept(person_id, found.id)
        return found.id
    _check_room(person_id)
    if Friendship.objects.filter(asker_id=person_id, accepted_at=None).count() >= limits.FRIENDS_ASKED_MAX:
        raise Refusal("too_many_asked", _("Wait until some of those you asked have answered."), field="handle")
    consent.grant(person_id, PURPOSE)
    asked = Friendship.objects.create(asker_id=person_id, asked_id=other.id, asked_at=clock.now())
    name = identity.party_name(person_id)
    with translation.override(other.language):
        notify(other.id, _("%(name)s would like to be friends in the forest") % {"name": name}, url=_PAGE)
    return asked.id


def accept(person_id: UUID, friendship_id: UUID) -> None:
    """Say yes to who asked; it agrees to `forest.friends`. Accepting twice changes nothing."""
    found = Friendship.objects.select_for_update().filter(pk=friendship_id, asked_id=person_id).first()
    if found is None:
        raise _gone()
    if found.accepted_at is not None:
        return
    take_turns(person_id)
    _check_room(person_id)
    consent.grant(person_id, PURPOSE)
    found.accepted_at = clock.now()
    found.save(update_fields=["accepted_at"])
    other, name = identity.person(found.asker_id), identity.party_name(person_id)
    with translation.override(other.language):
        notify(other.id, _("%(name)s is your friend in the forest now") % {"name": name}, url=_PAGE)


def end(person_id: UUID, friendship_id: UUID) -> None:
    """Say no, take one's question back, or part: either side, at any time, without a word to the other."""
    mine = Friendship.objects.filter(Q(asker_id=person_id) | Q(asked_id=person_id), pk=friendship_id)
    if not mine.delete()[0]:
        raise _gone()


def choose_taking(person_id: UUID, *, takes: bool) -> None:
    """Play the game of taking, or not: friends who both play may take a little of each other's ripe grams."""
    Preference.objects.update_or_create(person_id=person_id, defaults={"takes": takes})


def are_friends(person_id: UUID, other_id: UUID) -> bool:
    """Whether both said yes. Runs as either, or as Forest while both agree to it."""
    found = _between(person_id, other_id)
    return found is not None and found.accepted_at is not None


def _between(person_id: UUID, other_id: UUID) -> Friendship | None:
    pair = Q(asker_id=person_id, asked_id=other_id) | Q(asker_id=other_id, asked_id=person_id)
    return Friendship.objects.filter(pair).first()


def _check_room(person_id: UUID) -> None:
    """Refuse one friend too many. Questions of strangers do not count: nobody can fill up another's forest."""
    mine = Friendship.objects.filter(Q(asker_id=person_id) | Q(asked_id=person_id), accepted_at__isnull=False)
    if mine.count() >= limits.FRIENDS_MAX:
        raise Refusal("too_many_friends", _("That are enough friends for one forest."), field="handle")


def _gone() -> Refusal:
    return not_found(_("There is no such friendship among yours."), field="id")

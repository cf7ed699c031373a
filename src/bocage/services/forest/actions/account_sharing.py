"""Accounts of two people: one says how they share it, the other agrees, and each counts her part of its lines.

Each hands its statements in for herself and sees only her own lines. The two parts of a line are the whole, exactly.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.notifications.actions import notify
from bocage.services.forest import limits
from bocage.services.forest.actions.friends import are_friends
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.models import SharedAccount

_PAGE = "/forest/shared"


def propose(person_id: UUID, shared_id: UUID, other_id: UUID, name: str, percent: int) -> SharedAccount:
    """Ask a friend to share an account, `percent` of it one's own; the same id and words again change nothing.

    Raises `Refusal` (not_friends, bad_name, bad_percent, too_many_shared, too_many_asked, id_conflict).
    """
    name = " ".join(name.split())
    if not name or len(name) > limits.SHARED_NAME_CHARACTERS_MAX or not name.isprintable():
        raise Refusal("bad_name", _("Say it in a few plain words."), field="name")
    if not 1 <= percent <= 99:
        raise Refusal("bad_percent", _("Give a share from 1 to 99 percent."), field="percent")
    if other_id == person_id or not are_friends(person_id, other_id):
        raise Refusal("not_friends", _("Choose a friend from the list."), field="other_id")
    take_turns(person_id, other_id)
    taken = conflict("id_conflict", _("This id is another account's."), field="id")
    found = SharedAccount.objects.filter(pk=shared_id).first()
    if found is not None:
        told = (found.asker_id, found.asked_id, found.name, found.asker_percent)
        if told != (person_id, other_id, name, percent):
            raise taken
        return found
    _check_room(person_id)
    today = SharedAccount.objects.filter(asker_id=person_id, asked_at__gt=clock.now() - timedelta(days=1))
    if today.count() >= limits.SHARED_ASKED_A_DAY_MAX:
        raise Refusal("too_many_asked", _("You have asked often today. Ask again tomorrow."), field="name")
    shared = SharedAccount(
        id=shared_id, asker_id=person_id, asked_id=other_id, name=name, asker_percent=percent, asked_at=clock.now()
    )
    # Row-level security hides an account of others with this id: only the insert finds out.
    SharedAccount.objects.bulk_create([shared], ignore_conflicts=True)
    if not SharedAccount.objects.filter(pk=shared_id).exists():
        raise taken
    _tell(other_id, gettext_noop("%(name)s would like to share an account's footprint with you"), person_id)
    return shared


def agree(person_id: UUID, shared_id: UUID) -> None:
    """Say yes to the shares that the other proposed. Agreeing twice changes nothing. Raises `Refusal` (not_found)."""
    found = SharedAccount.objects.select_for_update().filter(pk=shared_id, asked_id=person_id, ended_at=None).first()
    if found is None:
        raise _gone()
    if found.agreed_at is None:
        take_turns(person_id)
        _check_room(person_id)
        found.agreed_at = clock.now()
        found.save(update_fields=["agreed_at"])
        _tell(found.asker_id, gettext_noop("%(name)s agreed to share an account's footprint with you"), person_id)


def end(person_id: UUID, shared_id: UUID) -> None:
    """Say no, or share it no longer: either side, at any time. Lines that were kept stay as both had agreed."""
    mine = Q(asker_id=person_id) | Q(asked_id=person_id)
    found = SharedAccount.objects.select_for_update().filter(mine, pk=shared_id, ended_at=None).first()
    if found is None:
        raise _gone()
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    other_id = found.asked_id if found.asker_id == person_id else found.asker_id
    _tell(other_id, gettext_noop("%(name)s does not share an account's footprint with you"), person_id)


def _check_room(person_id: UUID) -> None:
    """Refuse one account too many; what others only asked for does not count."""
    asked_or_agreed = Q(asker_id=person_id) | Q(asked_id=person_id, agreed_at__isnull=False)
    if SharedAccount.objects.filter(asked_or_agreed, ended_at=None).count() >= limits.SHARED_ACCOUNTS_MAX:
        raise Refusal("too_many_shared", _("End one of the accounts that you share first."), field="name")


def _tell(to_id: UUID, message: str, from_id: UUID) -> None:
    other, name = identity.person(to_id), identity.party_name(from_id)
    with translation.override(other.language):
        notify(other.id, _(message) % {"name": name}, url=_PAGE)


def _gone() -> Refusal:
    return not_found(_("There is no such shared account among yours."), field="id")

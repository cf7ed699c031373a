"""Groups that grow trees together: a street, a school, a company, friends. Whoever is given its code may join."""

import secrets
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent import actions as consent
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.services.forest import limits
from bocage.services.forest.actions.friends import PURPOSE
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.models import Group, Membership

KINDS = ("street", "school", "company", "club", "friends")
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


def found(person_id: UUID, group_id: UUID, kind: str, name: str) -> UUID:
    """Found a group under the caller's id and join it; the same again changes nothing."""
    name = " ".join(name.replace("\0", "").split())
    if kind not in KINDS:
        raise Refusal("bad_kind", _("Choose what sort of group it is."), field="kind")
    if not 0 < len(name) <= limits.GROUP_NAME_CHARACTERS_MAX:
        raise Refusal("bad_name", _("Give it a name of at most 60 characters."), field="name")
    take_turns(person_id)
    with acting_as(Actor.for_service("forest")):
        known = Group.objects.filter(pk=group_id).first()
        if known is not None:
            if (known.kind, known.name) != (kind, name) or not _is_in(person_id, group_id):
                raise conflict("id_conflict", _("This id is another group's."), field="group_id")
            return group_id
        code = "".join(secrets.choice(_ALPHABET) for _letter in range(_CODE_LENGTH))
        Group.objects.create(id=group_id, kind=kind, name=name, code=code, created_at=clock.now())
    _join(person_id, group_id)
    return group_id


def join(person_id: UUID, code: str) -> UUID:
    """Join the group whose code it is; its id. Joining twice joins once."""
    with acting_as(Actor.for_service("forest")):
        known = Group.objects.filter(code="".join(code.upper().split())).first()
    if known is None:
        raise not_found(_("No group has this code. Ask who invited you."), field="code")
    take_turns(person_id, known.id)
    _join(person_id, known.id)
    return known.id


def leave(person_id: UUID, group_id: UUID) -> None:
    """Leave; the grams given stay in the group's trees."""
    if not Membership.objects.filter(person_id=person_id, group_id=group_id).delete()[0]:
        raise not_found(_("There is no such group among yours."), field="id")


def show(person_id: UUID, group_id: UUID, *, shown: bool) -> None:
    """Stand on the group's board with one's name, or no longer."""
    if not Membership.objects.filter(person_id=person_id, group_id=group_id).update(shown=shown):
        raise not_found(_("There is no such group among yours."), field="id")


def _join(person_id: UUID, group_id: UUID) -> None:
    if _is_in(person_id, group_id):
        return
    if Membership.objects.filter(person_id=person_id).count() >= limits.GROUPS_JOINED_MAX:
        raise Refusal("too_many_groups", _("Leave one of your groups first."), field="code")
    with acting_as(Actor.for_service("forest")):
        if Membership.objects.filter(group_id=group_id).count() >= limits.GROUP_MEMBERS_MAX:
            raise Refusal("group_full", _("This group is full."), field="code")
    consent.grant(person_id, PURPOSE)
    Membership.objects.create(group_id=group_id, person_id=person_id, joined_at=clock.now())


def _is_in(person_id: UUID, group_id: UUID) -> bool:
    return Membership.objects.filter(person_id=person_id, group_id=group_id).exists()

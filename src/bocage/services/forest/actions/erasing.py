"""A person's right to be forgotten by Forest."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.services.forest.models import (
    Audit,
    Award,
    Certificate,
    Correction,
    Friendship,
    Gift,
    Line,
    Membership,
    Preference,
    SharedAccount,
    Taking,
    Tree,
    Upload,
)


def erase(person_id: UUID) -> list[str]:
    """Delete all rows of the person; what is kept and why."""
    for model in (Upload, Line, Award, Tree, Correction, Preference, Membership, Audit, Certificate):
        model.objects.filter(person_id=person_id).delete()
    SharedAccount.objects.filter(Q(asker_id=person_id) | Q(asked_id=person_id)).delete()
    Friendship.objects.filter(Q(asker_id=person_id) | Q(asked_id=person_id)).delete()
    Gift.objects.filter(Q(giver_id=person_id) | Q(receiver_id=person_id)).delete()
    Taking.objects.filter(Q(taker_id=person_id) | Q(owner_id=person_id)).delete()
    return [_("The ledger keeps the movements of grams, without any text, because accounts must add up.")]

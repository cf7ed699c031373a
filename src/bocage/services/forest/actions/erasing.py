"""A person's right to be forgotten by Forest."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.services.forest.models import Award, Correction, Line, Tree, Upload


def erase(person_id: UUID) -> list[str]:
    """Delete all rows of the person; what is kept and why."""
    for model in (Upload, Line, Award, Tree, Correction):
        model.objects.filter(person_id=person_id).delete()
    return [_("The ledger keeps the movements of grams, without any text, because accounts must add up.")]

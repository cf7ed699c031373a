"""Forgetting a person: the words go, the figures that the law keeps stay."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.services.pay.models import (
    Code,
    Line,
    PayOut,
    Preference,
    PresentedCode,
    RefundRequest,
    Request,
    Sheet,
    Split,
)
from bocage.services.pay.types import CodeState, RequestState


def erase(person_id: UUID) -> list[str]:
    """Forget the person; what was kept and why, in words."""
    lines = Line.objects.filter(owner_id=person_id)
    kept = lines.exists()
    lines.update(counterpart_name="", memo="", reference="")
    PayOut.objects.filter(owner_id=person_id).update(memo="")
    Request.objects.filter(Q(payee_id=person_id) | Q(payer_id=person_id)).update(memo="")
    Request.objects.filter(Q(payee_id=person_id) | Q(payer_id=person_id), state=RequestState.OPEN).update(
        state=RequestState.CANCELLED
    )
    RefundRequest.objects.filter(payer_id=person_id).update(payer_name="", reason="")
    Split.objects.filter(owner_id=person_id).update(title="")
    Code.objects.filter(payee_id=person_id).update(label="", reference="")
    Code.objects.filter(payee_id=person_id, state=CodeState.OPEN).update(state=CodeState.CANCELLED)
    Sheet.objects.filter(payer_id=person_id).update(memo="", reference="")
    PresentedCode.objects.filter(person_id=person_id).delete()
    Preference.objects.filter(person_id=person_id).delete()
    if not kept:
        return []
    return [
        _("Amounts, dates and numbers of payments stay for ten years, as bookkeeping law asks; names and notes go.")
    ]

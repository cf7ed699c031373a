"""Forgetting a person: the words go, the figures that the law keeps stay."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel.errors import conflict
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.payments import queries as payments
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
    """Forget the person; what was kept and why, in words. Refuses while money is hers: nobody could reach it after."""
    money = {code for code, unit in ledger.units().items() if unit.is_money}
    wallets = [each.id for each in ledger.accounts_of(person_id) if each.unit in money]
    if any(each.posted_minor or each.pending_minor for each in ledger.balances(wallets).values()):
        raise conflict(
            "wallet_not_empty", _("There is still money in your wallet. Pay it out to your bank or send it away first.")
        )
    if payments.is_kept_for(person_id):
        raise conflict(
            "money_kept", _("Money is still kept between you and another. Wait until it is released or given back.")
        )
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

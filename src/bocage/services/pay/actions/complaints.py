"""Complaining about a payment: the payer says what is wrong, the shop gives in, or an operator of the town decides."""

from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments import queries
from bocage.kernel.payments.types import Dispute, DisputeState
from bocage.services.pay import inputs
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.models import Line
from bocage.services.pay.types import ComplaintReason, LineKind

_ENDS: dict[str, str | Promise] = {
    DisputeState.FOR_PAYER: gettext_lazy("Your complaint was right: %(amount)s comes back"),
    DisputeState.FOR_PAYEE: gettext_lazy("Your complaint about %(amount)s was not upheld"),
}


def complain(payer_id: UUID, payment_id: UUID, amount_minor: int, reason: str, *, complaint_id: UUID) -> Dispute:
    """The payer complains about a payment she made. The same `complaint_id` complains once."""
    if reason not in set(ComplaintReason):
        raise Refusal("reason_invalid", _("Choose one of the reasons."), field="reason")
    if not Line.objects.filter(owner_id=payer_id, payment_id=payment_id, kind=LineKind.PAID).exists():
        raise not_found(_("There is no such payment among yours."))
    return payments.open_dispute(complaint_id, payment_id, inputs.bounded(amount_minor), reason)


def withdraw(payer_id: UUID, complaint_id: UUID) -> Dispute:
    """The payer takes her complaint back; what was set aside is the shop's again."""
    known = queries.dispute(complaint_id)
    if known.payer_id != payer_id or known.kept:
        raise not_found(_("There is no such complaint of yours."))
    return payments.end_dispute(complaint_id, DisputeState.WITHDRAWN)


def give_in(payee_id: UUID, complaint_id: UUID) -> Dispute:
    """The shop gives the money back. Its lines follow when the log tells of the refund."""
    known = queries.dispute(complaint_id)
    if known.payee_id != payee_id or known.kept:
        raise not_found(_("There is no such complaint about you."))
    return payments.end_dispute(complaint_id, DisputeState.FOR_PAYER)


def tell_end(ended: Dispute) -> None:
    """Tell the payer how her complaint ended, where it was not she who ended it."""
    title = _ENDS.get(ended.state)
    if title is not None:
        tell(
            ended.payer_id,
            title,
            "",
            page="pay:payment",
            row_id=ended.intent_id,
            amount_minor=ended.amount_minor,
            currency=ended.currency,
        )

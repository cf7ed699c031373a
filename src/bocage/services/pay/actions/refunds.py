"""Giving money back: a shop refunds a payment in full or in part, by itself or because the payer asked."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments.types import Refund
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.telling import tell
from bocage.services.pay.models import Line, RefundRequest
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.types import LineKind, RefundRequestState


def refund(payee_id: UUID, payment_id: UUID, amount_minor: int, *, refund_id: UUID, reason: str = "") -> UUID:
    """Give `amount_minor` of a payment back, at most what is left of it. The same `refund_id` refunds once. Its id."""
    reason = inputs.text(reason, "reason", limits.REASON_CHARACTERS_MAX)
    taken = Line.objects.filter(owner_id=payee_id, payment_id=payment_id, kind=LineKind.TAKEN).first()
    if taken is None:
        raise not_found(_("There is no such payment among those you took."))
    if Line.objects.filter(owner_id=payee_id, refund_id=refund_id).exists():
        return refund_id
    write_back(payments.refund(refund_id, payment_id, inputs.bounded(amount_minor)), reason, taken.reference)
    return refund_id


def write_back(made: Refund, reason: str = "", reference: str = "") -> None:
    """What follows from money given back: both lines, the wish for it answered, the event, the payer told."""
    payee, amount_minor, currency = code_queries.payee(made.payee_id), made.amount_minor, made.currency
    about = About(reason[: limits.MEMO_CHARACTERS_MAX], reference, made.intent_id, made.id)
    write_line(made.payee_id, LineKind.REFUND, -amount_minor, currency, made.transfer_id, about)
    write_line(made.payer_id, LineKind.REFUND, amount_minor, currency, made.transfer_id, about, counterpart=payee)
    wishes = RefundRequest.objects.filter(payment_id=made.intent_id, state=RefundRequestState.OPEN)
    wishes.update(state=RefundRequestState.REFUNDED, ended_at=clock.now())
    emit(
        "pay.refunded",
        subject_id=made.payer_id,
        key=str(made.id),
        data={
            "payment_id": str(made.intent_id),
            "refund_id": str(made.id),
            "amount_minor": amount_minor,
            "currency": currency,
            "refunded_at": clock.now().isoformat(),
            "reason": reason,
            "payee_id": str(made.payee_id),
            "payee_name": payee.name,
        },
    )
    tell(
        made.payer_id,
        gettext_lazy("%(name)s gave you %(amount)s back"),
        "%(memo)s",
        page="pay:payment",
        row_id=made.intent_id,
        amount_minor=amount_minor,
        currency=currency,
        name=payee.name,
        memo=reason,
    )


def ask_refund(payer_id: UUID, payment_id: UUID, amount_minor: int, reason: str) -> UUID:
    """The payer asks for money back of a payment she made; one wish at a time. The wish's id."""
    reason = inputs.text(reason, "reason", limits.REASON_CHARACTERS_MAX, required=True)
    paid = Line.objects.filter(owner_id=payer_id, payment_id=payment_id, kind=LineKind.PAID).first()
    if paid is None or paid.counterpart_id is None:
        raise not_found(_("There is no such payment among yours."))
    left = -paid.amount_minor - refunded(payer_id, payment_id)
    if not 0 < inputs.bounded(amount_minor) <= left:
        raise Refusal("refund_too_large", _("This is more than is left of the payment."), field="amount")
    if RefundRequest.objects.filter(payment_id=payment_id, state=RefundRequestState.OPEN).exists():
        raise conflict("refund_asked", _("You have asked for this already. The shop has yet to answer."))
    row = RefundRequest.objects.create(
        payment_id=payment_id,
        payer_id=payer_id,
        payer_name=code_queries.payee(payer_id).name,
        payee_id=paid.counterpart_id,
        amount_minor=amount_minor,
        currency=paid.currency,
        reason=reason,
    )
    return row.id


def decline_refund(payee_id: UUID, request_id: UUID, answer: str) -> None:
    """The shop says no, and why; the payer reads it on her receipt. Declining twice changes nothing."""
    answer = inputs.text(answer, "answer", limits.REASON_CHARACTERS_MAX, required=True)
    row = RefundRequest.objects.select_for_update().filter(id=request_id, payee_id=payee_id).first()
    if row is None:
        raise not_found(_("There is no such request."))
    if row.state == RefundRequestState.REFUNDED:
        raise conflict("refunded", _("This was refunded already."))
    if row.state == RefundRequestState.DECLINED:
        return
    row.state, row.answer, row.ended_at = RefundRequestState.DECLINED, answer, clock.now()
    row.save(update_fields=["state", "answer", "ended_at"])
    tell(
        row.payer_id,
        gettext_lazy("%(name)s will not refund %(amount)s"),
        "%(memo)s",
        page="pay:payment",
        row_id=row.payment_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        name=code_queries.payee(payee_id).name,
        memo=answer,
    )


def refunded(owner_id: UUID, payment_id: UUID) -> int:
    """How much of a payment has come back, by the owner's own lines."""
    rows = Line.objects.filter(owner_id=owner_id, payment_id=payment_id, kind=LineKind.REFUND)
    return sum(abs(amount) for amount in rows.values_list("amount_minor", flat=True))

"""Payments that were set aside first: the payee takes them later, in full or in part, or gives them up."""

from uuid import UUID

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments.types import Intent, IntentState
from bocage.services.pay.actions.paying import write_payment
from bocage.services.pay.models import Line, Sheet
from bocage.services.pay.queries import codes as code_queries


def capture(payee_id: UUID, payment_id: UUID, amount_minor: int | None = None) -> Intent:
    """Take an authorised payment and write its lines; taking it again answers the same."""
    intent = payments.capture(payment_id, amount_minor)
    if Line.objects.filter(owner_id=payee_id, payment_id=payment_id).exists():
        return intent
    with acting_as(Actor.for_service("pay")):
        sheet = Sheet.objects.filter(id=payment_id).first()
    parties = code_queries.payees([intent.payer_id, intent.payee_id])
    write_payment(
        intent,
        parties[intent.payer_id],
        parties[intent.payee_id],
        sheet.memo if sheet else "",
        sheet.reference if sheet else "",
    )
    return intent


def cancel(party_id: UUID, payment_id: UUID) -> Intent:
    """Give up a payment that was not taken; what was set aside is the payer's again."""
    intent = payments.cancel(payment_id)
    assert intent.state is IntentState.CANCELLED, "a cancelled payment stays so"
    return intent

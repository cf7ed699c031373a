"""The wallet's lines of payments that other services took through the kernel: written when the log tells of them."""

from uuid import UUID

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.payments.types import Intent, Refund
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.paying import write_payment
from bocage.services.pay.models import Line
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.types import LineKind

# How the intents begin that Pay makes itself; their lines are written with them.
OWN = "pay:"


def write_capture(intent: Intent) -> None:
    """The lines of a captured payment, once."""
    if intent.transfer_id is None or _has_line(intent.payer_id, intent.transfer_id):
        return
    parties = code_queries.payees([intent.payer_id, intent.payee_id])
    with acting_as(Actor.for_person(intent.payer_id)):
        write_payment(intent, parties[intent.payer_id], parties[intent.payee_id], "", "")


def write_refund(made: Refund) -> None:
    """The lines of a refund, once."""
    if _has_line(made.payer_id, made.transfer_id):
        return
    payee = code_queries.payee(made.payee_id)
    about = About(payment_id=made.intent_id, refund_id=made.id)
    with acting_as(Actor.for_person(made.payer_id)):
        write_line(made.payee_id, LineKind.REFUND, -made.amount_minor, made.currency, made.transfer_id, about)
        write_line(
            made.payer_id,
            LineKind.REFUND,
            made.amount_minor,
            made.currency,
            made.transfer_id,
            about,
            counterpart=payee,
        )


def _has_line(owner_id: UUID, transfer_id: UUID) -> bool:
    with acting_as(Actor.for_service("pay")):
        return Line.objects.filter(owner_id=owner_id, transfer_id=transfer_id).exists()

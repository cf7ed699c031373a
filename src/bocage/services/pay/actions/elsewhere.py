"""The wallet's lines of what happened elsewhere, written when the log tells of it: payments that other services took
through the kernel, and money that a complaint gave back."""

from typing import Any
from uuid import UUID

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.types import Intent, Refund
from bocage.services.pay.actions.lines import About, write_line
from bocage.services.pay.actions.paying import write_payment
from bocage.services.pay.actions.refunds import write_back
from bocage.services.pay.models import Line
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.types import LineKind, Payee

# How the intents begin that Pay makes itself; their lines are written with them.
OWN = "pay:"


def write_capture(intent: Intent) -> None:
    """The lines of a captured payment, once. Of one that was kept in Pay, the payer has hers since it was set aside;
    what is not taken of it comes back to her."""
    kept = _kept(intent.payer_id, intent.id)
    if intent.transfer_id is None or has_line(intent.payee_id if kept else intent.payer_id, intent.transfer_id):
        return
    parties = code_queries.payees([intent.payer_id, intent.payee_id])
    payer, payee, memo = parties[intent.payer_id], parties[intent.payee_id], kept.memo if kept else ""
    with acting_as(Actor.for_person(intent.payer_id)):
        write_payment(intent, payer, payee, memo, "", left_before=kept is not None)
        rest_minor = intent.amount_minor - intent.captured_minor
        if kept and rest_minor:
            write_return(intent, payments.transfer_of(intent.id, "rest"), rest_minor, payee)


def write_keeping(intent: Intent) -> None:
    """The payer's line of money that another service set aside for her, once; what Pay keeps has its own.

    Heard again, of what was taken before there was such a line, the payer's line is that of the taking.
    """
    transfer_id = payments.transfer_of(intent.id, "keep")
    with acting_as(Actor.for_service("pay")):
        if Line.objects.filter(owner_id=intent.payer_id, payment_id=intent.id).exists():
            return
    payee = code_queries.payee(intent.payee_id)
    with acting_as(Actor.for_person(intent.payer_id)):
        about = About(payment_id=intent.id)
        minor = -intent.amount_minor
        write_line(intent.payer_id, LineKind.PAID, minor, intent.currency, transfer_id, about, counterpart=payee)


def write_given_back(intent: Intent, amount_minor: int) -> None:
    """The payer's line of kept money that came back, once, where she has a line of its going."""
    transfer_id = payments.transfer_of(intent.id, "return")
    if _kept(intent.payer_id, intent.id) is None or has_line(intent.payer_id, transfer_id):
        return
    payee = code_queries.payee(intent.payee_id)
    with acting_as(Actor.for_person(intent.payer_id)):
        write_return(intent, transfer_id, amount_minor, payee)


def write_return(intent: Intent, transfer_id: UUID, amount_minor: int, payee: Payee) -> None:
    """The payer's line of what came back of money that was kept."""
    about = About(payment_id=intent.id, refund_id=transfer_id)
    write_line(intent.payer_id, LineKind.REFUND, amount_minor, intent.currency, transfer_id, about, counterpart=payee)


def write_refund(made: Refund) -> None:
    """What follows where another than Pay gave money back, once: its lines, the event that takes the grams back."""
    if has_line(made.payer_id, made.transfer_id):
        return
    with acting_as(Actor.for_person(made.payer_id)):
        write_back(made)


def write_share(party_id: UUID, data: dict[str, Any]) -> None:
    """The lines of what one party got of a payment among many, once."""
    transfer_id, payment_id = UUID(data["transfer_id"]), UUID(data["payment_id"])
    if has_line(party_id, transfer_id):
        return
    with acting_as(Actor.for_person(party_id)):
        payer_id = next(each.payer_id for each in payments.shares(payment_id) if each.party_id == party_id)
    party, about = code_queries.payee(party_id), About(payment_id=payment_id)
    minor, fee_minor, currency = data["amount_minor"], data["fee_minor"], data["currency"]
    kept = _kept(payer_id, payment_id)
    with acting_as(Actor.for_person(payer_id)):
        if kept is None:
            write_line(payer_id, LineKind.PAID, -minor, currency, transfer_id, about, counterpart=party)
        write_line(party_id, LineKind.TAKEN, minor - fee_minor, currency, transfer_id, about, fee_minor=fee_minor)


def write_share_back(party_id: UUID, data: dict[str, Any]) -> None:
    """The lines of what one party gave back of its share, once."""
    transfer_id, payment_id = UUID(data["transfer_id"]), UUID(data["payment_id"])
    if has_line(party_id, transfer_id):
        return
    with acting_as(Actor.for_person(party_id)):
        payer_id = next(each.payer_id for each in payments.shares(payment_id) if each.party_id == party_id)
    party, about = code_queries.payee(party_id), About(payment_id=payment_id)
    minor, currency = data["amount_minor"], data["currency"]
    with acting_as(Actor.for_person(payer_id)):
        write_line(party_id, LineKind.REFUND, -minor, currency, transfer_id, about)
        write_line(payer_id, LineKind.REFUND, minor, currency, transfer_id, about, counterpart=party)


def _kept(payer_id: UUID, payment_id: UUID) -> Line | None:
    """The payer's line of the money that was set aside for this payment, where she has one."""
    with acting_as(Actor.for_service("pay")):
        keep = payments.transfer_of(payment_id, "keep")
        return Line.objects.filter(owner_id=payer_id, transfer_id=keep).first()


def has_line(owner_id: UUID, transfer_id: UUID) -> bool:
    """Whether the wallet has its line of this movement already."""
    with acting_as(Actor.for_service("pay")):
        return Line.objects.filter(owner_id=owner_id, transfer_id=transfer_id).exists()

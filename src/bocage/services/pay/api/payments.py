"""Payments: pay, look, capture, cancel, refund; and charging a code that a customer shows."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router

from bocage.kernel.errors import Refusal
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Intent
from bocage.kernel.payments.types import Refund as KernelRefund
from bocage.services.pay.actions import capturing, paying
from bocage.services.pay.actions import refunds as refund_actions
from bocage.services.pay.api.asking import LIMIT_DEFAULT, READ, TAKE, WRITE, Cursor, Limit, currency, subject
from bocage.services.pay.api.schemas import (
    WRITES,
    CaptureIn,
    ChargeIn,
    PayIn,
    PaymentOut,
    PaymentPage,
    RefundIn,
    RefundOut,
    TransferIn,
)
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import sheets
from bocage.services.pay.types import Sheet
from bocage.shell.api_site import idempotent, scoped

router = Router()


@router.post("/payments", response={201: PaymentOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def pay(request: HttpRequest, payload: PayIn) -> Any:
    """Pay a shop or a person, by handle or by code. Above the payer's limit the answer asks for her confirmation."""
    payer_id = subject(WRITE)
    code = code_queries.scanned(payload.code) if payload.code else None
    if (code is None) == (payload.to is None):
        raise Refusal("to_or_code", _("Say whom to pay: either to or code."), field="to")
    amount_minor = payload.amount_minor or (code.amount_minor if code else None)
    if amount_minor is None:
        raise Refusal("amount_missing", _("This code has no amount: say how much."), field="amount_minor")
    payee_id = code.payee_id if code else code_queries.payee_by_handle(payload.to or "").id
    reference = payload.reference or (code.reference or code.label if code else "")
    sheet_id = paying.lay_sheet(
        payer_id,
        payee_id,
        amount_minor,
        currency(),
        memo=payload.memo,
        reference=reference[:25],
        code=code,
        capture_later=payload.capture == "later",
    )
    return 201, _confirm(payer_id, sheet_id, amount_minor)


@router.post("/transfers", response={201: PaymentOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def send(request: HttpRequest, payload: TransferIn) -> Any:
    """Send money to a person. Above the sender's limit the answer asks for her confirmation."""
    payer_id = subject(WRITE)
    payee = code_queries.payee_by_handle(payload.to)
    if not payee.is_person:
        raise Refusal("not_a_person", _("%(name)s is not a person.") % {"name": payee.name}, field="to")
    sheet_id = paying.lay_sheet(payer_id, payee.id, payload.amount_minor, currency(), memo=payload.memo)
    return 201, _confirm(payer_id, sheet_id, payload.amount_minor)


@router.post("/charges", response={201: PaymentOut}, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def charge(request: HttpRequest, payload: ChargeIn) -> Any:
    """Charge the code that a customer shows. Above her limit she confirms on her own screen."""
    payee_id, payment_id = subject(TAKE), uuid7()
    done = paying.charge(
        payee_id,
        payload.code,
        payload.amount_minor,
        currency(),
        payment_id=payment_id,
        reference=payload.reference,
    )
    if done.done:
        return 201, payment_out(kernel.intent(payment_id))
    return 201, waiting_out(sheets.sheet_for_payee(payee_id, payment_id), shows_url=False)


@router.get("/payments", response=PaymentPage, auth=scoped(READ))
def payments(request: HttpRequest, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT) -> Any:
    """Payments made and taken, the newest first."""
    found = kernel.intents(subject(READ), before=cursor or None, limit=limit)
    return {"items": [payment_out(each) for each in found.intents], "next_cursor": found.next_cursor}


@router.get("/payments/{payment_id}", response=PaymentOut, auth=scoped(READ))
def payment(request: HttpRequest, payment_id: UUID) -> Any:
    """One payment with its refunds; one that still waits for its payer's confirmation too."""
    party_id = subject(READ)
    waiting = sheets.waiting(party_id, payment_id)
    if waiting is not None:
        return waiting_out(waiting, shows_url=waiting.payer_id == party_id)
    return payment_out(kernel.intent(payment_id), kernel.refunds(payment_id))


@router.post("/payments/{payment_id}/capture", response=PaymentOut, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def capture(request: HttpRequest, payment_id: UUID, payload: CaptureIn) -> Any:
    """Take what a payer set aside, in full or in part; the rest is released."""
    return payment_out(capturing.capture(subject(TAKE), payment_id, payload.amount_minor))


@router.post("/payments/{payment_id}/cancel", response=PaymentOut, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def cancel(request: HttpRequest, payment_id: UUID) -> Any:
    """Give up a payment that was not taken yet; what was set aside is the payer's again."""
    return payment_out(capturing.cancel(subject(TAKE), payment_id))


@router.post("/payments/{payment_id}/refunds", response={201: PaymentOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def refund(request: HttpRequest, payment_id: UUID, payload: RefundIn) -> Any:
    """Give money of a taken payment back, whole or in part; all refunds together never pass it."""
    refund_actions.refund(subject(WRITE), payment_id, payload.amount_minor, refund_id=uuid7(), reason=payload.reason)
    return 201, payment_out(kernel.intent(payment_id), kernel.refunds(payment_id))


def payment_out(intent: Intent, refunds: tuple[KernelRefund, ...] = ()) -> PaymentOut:
    """An intent as the API shows it."""
    return PaymentOut(
        id=intent.id,
        state=intent.state.value,
        kind=intent.kind.value,
        payee_id=intent.payee_id,
        amount_minor=intent.amount_minor,
        captured_minor=intent.captured_minor,
        fee_minor=intent.fee_minor,
        refunded_minor=intent.refunded_minor,
        currency=intent.currency,
        created_at=intent.created_at,
        refunds=[RefundOut.from_orm(each) for each in refunds],
    )


def waiting_out(sheet: Sheet, *, shows_url: bool) -> PaymentOut:
    """A payment that waits for its payer's word; only she is told where to give it."""
    url = settings.PUBLIC_URL + reverse("pay:sheet", args=[sheet.id]) if shows_url else None
    return PaymentOut(
        id=sheet.id,
        state="expired" if sheet.expired else "needs_confirmation",
        kind="payment",
        payee_id=sheet.payee_id,
        amount_minor=sheet.amount_minor,
        captured_minor=0,
        fee_minor=0,
        refunded_minor=0,
        currency=sheet.currency,
        created_at=sheet.created_at,
        confirm_url=url,
    )


def _confirm(payer_id: UUID, sheet_id: UUID, amount_minor: int) -> PaymentOut:
    if paying.needs_fresh(payer_id, amount_minor):
        return waiting_out(sheets.sheet(payer_id, sheet_id), shows_url=True)
    paying.confirm(payer_id, sheet_id, fresh=False)
    return payment_out(kernel.intent(sheet_id))

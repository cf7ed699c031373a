"""Escrow and split settlement: money kept until its payer has received, for one or for many."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.ids import uuid7
from bocage.kernel.payments import limits as kernel_limits
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import SharePart
from bocage.services.pay.actions import keeping as actions
from bocage.services.pay.api.asking import READ, TAKE, WRITE, currency, subject
from bocage.services.pay.api.payments import payment_out
from bocage.services.pay.api.schemas import WRITES, Amount, Handle, Memo, PaymentOut
from bocage.services.pay.queries import codes
from bocage.shell.api_site import idempotent, scoped

router = Router()


class ShareIn(Schema):
    """One party's part: `amount_minor` exactly, or `parts` of what the exact ones leave."""

    to: Handle
    amount_minor: Amount | None = None
    parts: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class EscrowIn(Schema):
    """What to set aside, and for whom. With `shares` it is paid out to those, and `to` answers for the whole."""

    to: Handle
    amount_minor: Amount
    memo: Memo = ""
    shares: Annotated[list[ShareIn], Field(max_length=kernel_limits.SHARES_MAX)] = []


class ReleaseIn(Schema):
    """How much of what many share: all that is kept when it is left out."""

    amount_minor: Amount | None = None


class ShareOut(Schema):
    """What one party gets in all, has got so far, and the fee on that."""

    party_id: UUID
    total_minor: int
    released_minor: int
    fee_minor: int
    refunded_minor: int


class EscrowOut(Schema):
    """Money that is kept (`authorised`), was paid out (`captured`) or came back (`cancelled`)."""

    payment: PaymentOut
    shares: list[ShareOut]


@router.post("/escrows", response={201: EscrowOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def keep(request: HttpRequest, payload: EscrowIn) -> Any:
    """Set money aside until you have received, up to your own limit; for one seller, or shared among many."""
    payer_id, escrow_id = subject(WRITE), uuid7()
    shares = [
        SharePart(codes.payee_by_handle(each.to).id, each.parts or 0, each.amount_minor or 0) for each in payload.shares
    ]
    payee = codes.payee_by_handle(payload.to)
    actions.keep(
        payer_id,
        payee.id,
        payload.amount_minor,
        currency(),
        shares,
        memo=payload.memo,
        fresh=False,
        escrow_id=escrow_id,
    )
    return 201, _out(escrow_id)


@router.get("/escrows/{escrow_id}", response=EscrowOut, auth=scoped(READ))
def escrow(request: HttpRequest, escrow_id: UUID) -> Any:
    """What is kept, what was paid out of it, and who shares it."""
    subject(READ)
    return _out(escrow_id)


@router.post("/escrows/{escrow_id}/release", response=EscrowOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def release(request: HttpRequest, escrow_id: UUID, payload: ReleaseIn) -> Any:
    """You have received: pay out all that is kept; or to many who share it this much, and the rest stays kept."""
    subject(WRITE)
    actions.release(escrow_id, payload.amount_minor, uuid7())
    return _out(escrow_id)


@router.post("/escrows/{escrow_id}/return", response=EscrowOut, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def give_back(request: HttpRequest, escrow_id: UUID) -> Any:
    """The seller gives up: what is still kept is the payer's again."""
    subject(TAKE)
    actions.give_back(escrow_id)
    return _out(escrow_id)


def _out(escrow_id: UUID) -> EscrowOut:
    payment = payment_out(kernel.intent(escrow_id), kernel.refunds(escrow_id))
    shares = [
        ShareOut(**{name: getattr(each, name) for name in ShareOut.model_fields}) for each in kernel.shares(escrow_id)
    ]
    return EscrowOut(payment=payment, shares=shares)

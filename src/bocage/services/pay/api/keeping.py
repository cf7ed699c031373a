"""Escrow and split settlement: money kept until its payer has received, for one or for many."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.errors import not_found
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
    ask_from: Annotated[
        date | None, Field(description="From this day either side may ask; in 30 days unless said.")
    ] = None


class ReleaseIn(Schema):
    """How much of what many share: all that is kept when it is left out."""

    amount_minor: Amount | None = None


class WhyIn(Schema):
    """Why: `not_received`, `not_as_described`, `wrong_amount`, `called_off` or `no_answer` by who pays; `delivered`,
    `under_way` or `no_answer` by who is paid."""

    reason: Annotated[str, Field(min_length=1, max_length=kernel_limits.REASON_CHARACTERS_MAX)]


class ShareOut(Schema):
    """What one party gets in all, has got so far, and the fee on that."""

    party_id: UUID
    total_minor: int
    released_minor: int
    fee_minor: int
    refunded_minor: int


class EscrowOut(Schema):
    """Money that is kept (`authorised`), was paid out (`captured`) or came back (`cancelled`).

    From `ask_from` on either side may ask for it; then it is the asker's at `lapses_at`, unless the other side objects:
    `objection` is how that stands (`open`, `withdrawn`, `for_payer`, `for_payee`), and `lapses_at` is null.
    """

    payment: PaymentOut
    shares: list[ShareOut]
    ask_from: datetime | None
    asked_by: Literal["payer", "payee"] | None
    asked_reason: str
    lapses_at: datetime | None
    objection: str | None
    objection_reason: str


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
        ask_from=payload.ask_from,
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


@router.post("/escrows/{escrow_id}/ask", response=EscrowOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def ask(request: HttpRequest, escrow_id: UUID, payload: WhyIn) -> Any:
    """From the day agreed on: who is paid asks for it, or who pays asks for it back. Unless objected to, it lapses."""
    subject(WRITE)
    actions.ask(escrow_id, payload.reason)
    return _out(escrow_id)


@router.post("/escrows/{escrow_id}/object", response=EscrowOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def contest(request: HttpRequest, escrow_id: UUID, payload: WhyIn) -> Any:
    """Object to what the other side asked for: it stays kept until two people of the town decide, or one gives in."""
    subject(WRITE)
    actions.contest(escrow_id, payload.reason, uuid7())
    return _out(escrow_id)


def _out(escrow_id: UUID) -> EscrowOut:
    intent = kernel.intent(escrow_id)
    kept = intent.kept
    if kept is None:
        raise not_found(_("There is no such payment."))
    payment = payment_out(intent, kernel.refunds(escrow_id))
    objection = kernel.dispute_about(escrow_id)
    contested = objection is not None and objection.kept
    shares = [
        ShareOut(**{name: getattr(each, name) for name in ShareOut.model_fields}) for each in kernel.shares(escrow_id)
    ]
    return EscrowOut(
        payment=payment,
        shares=shares,
        ask_from=kept.ask_from,
        asked_by=None if kept.asked_by is None else "payee" if kept.asked_by == intent.payee_id else "payer",
        asked_reason=kept.asked_reason,
        lapses_at=kept.lapses_at,
        objection=objection.state.value if objection is not None and contested else None,
        objection_reason=objection.reason if objection is not None and contested else "",
    )

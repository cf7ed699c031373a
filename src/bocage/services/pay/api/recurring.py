"""Recurring payments: a payer agrees within limits, the payee takes what is due, either side ends it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.ids import uuid7
from bocage.kernel.payments.types import Charge, ChargeState, MandateTerms, Period
from bocage.services.pay import limits
from bocage.services.pay.actions import recurring as actions
from bocage.services.pay.api.asking import READ, TAKE, WRITE, currency, subject
from bocage.services.pay.api.schemas import WRITES, Amount, Handle
from bocage.services.pay.queries import codes
from bocage.services.pay.queries import recurring as queries
from bocage.services.pay.queries.recurring import Agreement
from bocage.shell.api_site import idempotent, scoped

router = Router()


class MandateIn(Schema):
    """What the payer agrees to. With `scheduled_minor` that much is paid by itself at the begin of each period."""

    to: Handle
    memo: Annotated[str, Field(min_length=1, max_length=limits.RECURRING_MEMO_CHARACTERS_MAX, examples=["Rent"])]
    period: Period
    payment_minor: Annotated[Amount, Field(description="At most, at once.")]
    period_minor: Annotated[Amount, Field(description="At most in one period, counted from `starts_on`.")]
    total_minor: Annotated[int | None, Field(ge=1, le=10**15, description="At most in all; null: no limit.")] = None
    scheduled_minor: Amount | None = None
    starts_on: date
    ends_on: date


class MandateOut(Schema):
    """An agreement as its caller sees it. `state`: running, paused, over (past its last day) or ended."""

    id: UUID
    state: str
    pays: Annotated[bool, Field(description="True where the caller is who pays.")]
    other_name: str
    memo: str
    currency: str
    period: Period
    payment_minor: int
    period_minor: int
    total_minor: int | None
    scheduled_minor: int | None
    starts_on: date
    ends_on: date
    next_due_on: date | None
    taken_minor: int
    created_at: datetime
    ended_at: datetime | None
    paused_at: datetime | None


class ChargeIn(Schema):
    """What to take today."""

    amount_minor: Amount


class ChargeOut(Schema):
    """A payment under an agreement; `refusal` is the code of what stood against it, "" when paid."""

    id: UUID
    due_on: date
    amount_minor: int
    state: ChargeState
    refusal: str
    payment_id: UUID | None
    at: datetime


class MandateList(Schema):
    """Those that run first."""

    items: list[MandateOut]


class ChargeList(Schema):
    """The newest first."""

    items: list[ChargeOut]


@router.post("/mandates", response={201: MandateOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def agree(request: HttpRequest, payload: MandateIn) -> Any:
    """Agree to pay somebody again and again, up to the payer's own limit at once; above it, agree in the app."""
    payer_id = subject(WRITE)
    terms = MandateTerms(
        currency=currency(),
        period=payload.period,
        payment_minor=payload.payment_minor,
        period_minor=payload.period_minor,
        starts_on=payload.starts_on,
        ends_on=payload.ends_on,
        total_minor=payload.total_minor,
        scheduled_minor=payload.scheduled_minor,
    )
    payee = codes.payee_by_handle(payload.to)
    made = actions.agree(payer_id, payee.id, terms, payload.memo, fresh=False, mandate_id=uuid7())
    return 201, _out(queries.agreement(payer_id, made.id)[0])


@router.get("/mandates", response=MandateList, auth=scoped(READ))
def mandates(request: HttpRequest) -> Any:
    """The caller's agreements, on either side."""
    return MandateList(items=[_out(each) for each in queries.agreements(subject(READ))])


@router.get("/mandates/{mandate_id}", response=MandateOut, auth=scoped(READ))
def mandate(request: HttpRequest, mandate_id: UUID) -> Any:
    """One agreement."""
    return _out(queries.agreement(subject(READ), mandate_id)[0])


@router.get("/mandates/{mandate_id}/charges", response=ChargeList, auth=scoped(READ))
def charges(request: HttpRequest, mandate_id: UUID) -> Any:
    """What was paid or tried under it, at most thirty."""
    return ChargeList(items=[_charge(each) for each in queries.agreement(subject(READ), mandate_id)[1]])


@router.post("/mandates/{mandate_id}/charges", response={201: ChargeOut}, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def charge(request: HttpRequest, mandate_id: UUID, payload: ChargeIn) -> Any:
    """Take money today within what was agreed. Refused, it leaves nothing behind."""
    subject(TAKE)
    return 201, _charge(actions.charge(mandate_id, payload.amount_minor, uuid7()))


@router.post("/mandates/{mandate_id}/end", response=MandateOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def end(request: HttpRequest, mandate_id: UUID) -> Any:
    """End it, by either side; ending twice changes nothing."""
    party_id = subject(WRITE)
    actions.end(mandate_id)
    return _out(queries.agreement(party_id, mandate_id)[0])


@router.post("/mandates/{mandate_id}/pause", response=MandateOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def pause(request: HttpRequest, mandate_id: UUID) -> Any:
    """Pause it, by who pays: nothing is taken until it is resumed."""
    party_id = subject(WRITE)
    actions.pause(mandate_id)
    return _out(queries.agreement(party_id, mandate_id)[0])


@router.post("/mandates/{mandate_id}/resume", response=MandateOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def resume(request: HttpRequest, mandate_id: UUID) -> Any:
    """Go on with it, by who pays; what fell due meanwhile is not paid."""
    party_id = subject(WRITE)
    actions.resume(mandate_id)
    return _out(queries.agreement(party_id, mandate_id)[0])


def _out(found: Agreement) -> MandateOut:
    mandate = found.mandate
    return MandateOut(
        **vars(mandate.terms),
        id=mandate.id,
        state=found.state,
        pays=found.pays,
        other_name=found.other_name,
        memo=mandate.memo,
        next_due_on=mandate.next_due_on,
        taken_minor=mandate.taken_minor,
        created_at=mandate.created_at,
        ended_at=mandate.revoked_at,
        paused_at=mandate.paused_at,
    )


def _charge(found: Charge) -> ChargeOut:
    return ChargeOut(**{name: value for name, value in vars(found).items() if name != "mandate_id"})

"""Top-ups and pay-outs."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from bocage.kernel.ids import uuid7
from bocage.services.pay.actions import bank as actions
from bocage.services.pay.actions import exchange
from bocage.services.pay.api.asking import LIMIT_DEFAULT, READ, WRITE, Cursor, Limit, currency, page_of, subject
from bocage.services.pay.api.schemas import WRITES, PayOutIn, PayOutOut, PayOutPage, TopUpIn, TopUpOut
from bocage.services.pay.queries import bank as queries
from bocage.services.pay.types import TopUp
from bocage.shell.api_site import decode_cursor, idempotent, scoped

router = Router()


@router.post("/top-ups", response={201: TopUpOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def top_up(request: HttpRequest, payload: TopUpIn) -> Any:
    """Announce money from a bank; whoever sends it writes the reference."""
    owner_id = subject(WRITE)
    account = exchange.own_account()
    top_up_id = actions.announce_top_up(owner_id, payload.amount_minor, currency())
    return 201, _top_up(queries.top_up(owner_id, top_up_id), account.iban)


@router.get("/top-ups/{top_up_id}", response=TopUpOut, auth=scoped(READ))
def one_top_up(request: HttpRequest, top_up_id: UUID) -> Any:
    """An announced top-up, and whether it has come."""
    return _top_up(queries.top_up(subject(READ), top_up_id), exchange.own_account().iban)


@router.post("/top-ups/{top_up_id}/cancel", response=TopUpOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def cancel_top_up(request: HttpRequest, top_up_id: UUID) -> Any:
    """Forget an announcement; money that still comes under its reference is credited all the same."""
    owner_id = subject(WRITE)
    actions.cancel_top_up(owner_id, top_up_id)
    return _top_up(queries.top_up(owner_id, top_up_id), exchange.own_account().iban)


@router.post("/pay-outs", response={201: PayOutOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def pay_out(request: HttpRequest, payload: PayOutIn) -> Any:
    """Send money to a bank account, up to the person's own limit; above it, order it in the app."""
    owner_id = subject(WRITE)
    pay_out_id = actions.order_pay_out(
        owner_id,
        payload.amount_minor,
        currency(),
        payload.iban,
        payload.holder_name,
        memo=payload.memo,
        fresh=False,
        pay_out_id=uuid7(),
    )
    return 201, PayOutOut.from_orm(queries.pay_out(owner_id, pay_out_id))


@router.get("/pay-outs", response=PayOutPage, auth=scoped(READ))
def pay_outs(request: HttpRequest, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT) -> Any:
    """The caller's pay-outs, the newest first."""
    return page_of(queries.pay_outs(subject(READ), before=decode_cursor(cursor), limit=limit), PayOutOut.from_orm)


@router.get("/pay-outs/{pay_out_id}", response=PayOutOut, auth=scoped(READ))
def one_pay_out(request: HttpRequest, pay_out_id: UUID) -> Any:
    """One pay-out and how far it is."""
    return queries.pay_out(subject(READ), pay_out_id)


@router.post("/pay-outs/{pay_out_id}/cancel", response=PayOutOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def cancel_pay_out(request: HttpRequest, pay_out_id: UUID) -> Any:
    """Take a pay-out back before the bank has it."""
    owner_id = subject(WRITE)
    actions.cancel_pay_out(owner_id, pay_out_id)
    return PayOutOut.from_orm(queries.pay_out(owner_id, pay_out_id))


def _top_up(found: TopUp, iban: str) -> TopUpOut:
    return TopUpOut(**vars(found), iban=iban)

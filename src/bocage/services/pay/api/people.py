"""Requests for money and shared bills."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from bocage.kernel.errors import Refusal
from bocage.kernel.payments import queries as kernel
from bocage.services.pay.actions import paying
from bocage.services.pay.actions import requests as actions
from bocage.services.pay.api.asking import LIMIT_DEFAULT, READ, WRITE, Cursor, Limit, currency, page_of, subject
from bocage.services.pay.api.payments import payment_out, waiting_out
from bocage.services.pay.api.schemas import (
    WRITES,
    AskIn,
    PaymentOut,
    RequestOut,
    RequestPage,
    SplitIn,
    SplitOut,
    SplitPage,
)
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import requests as queries
from bocage.services.pay.queries import sheets
from bocage.shell.api_site import decode_cursor, idempotent, scoped

router = Router()


@router.post("/requests", response={201: RequestOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def ask(request: HttpRequest, payload: AskIn) -> Any:
    """Ask a person for money; she may pay or decline within two weeks."""
    payee_id = subject(WRITE)
    payer_id = _person(payload.to)
    request_id = actions.ask(payee_id, payer_id, payload.amount_minor, currency(), payload.memo)
    return 201, RequestOut.from_orm(queries.request(payee_id, request_id))


@router.get("/requests", response=RequestPage, auth=scoped(READ))
def list_requests(request: HttpRequest, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT) -> Any:
    """Requests made by the caller and to the caller, the newest first."""
    return page_of(queries.mine(subject(READ), before=decode_cursor(cursor), limit=limit), RequestOut.from_orm)


@router.get("/requests/{request_id}", response=RequestOut, auth=scoped(READ))
def one_request(request: HttpRequest, request_id: UUID) -> Any:
    """One request."""
    return queries.request(subject(READ), request_id)


@router.post("/requests/{request_id}/pay", response={201: PaymentOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def pay_request(request: HttpRequest, request_id: UUID) -> Any:
    """Pay what one was asked for. Above the payer's limit the answer asks for her confirmation."""
    payer_id = subject(WRITE)
    found = queries.request(payer_id, request_id)
    sheet_id = paying.lay_sheet(
        payer_id, found.payee_id, found.amount_minor, found.currency, memo=found.memo, request=found
    )
    if paying.needs_fresh(payer_id, found.amount_minor):
        return 201, waiting_out(sheets.sheet(payer_id, sheet_id), shows_url=True)
    paying.confirm(payer_id, sheet_id, fresh=False)
    return 201, payment_out(kernel.intent(sheet_id))


@router.post("/requests/{request_id}/decline", response=RequestOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def decline(request: HttpRequest, request_id: UUID) -> Any:
    """Say no to a request."""
    payer_id = subject(WRITE)
    actions.decline(payer_id, request_id)
    return RequestOut.from_orm(queries.request(payer_id, request_id))


@router.post("/requests/{request_id}/cancel", response=RequestOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def cancel(request: HttpRequest, request_id: UUID) -> Any:
    """Take an own request back."""
    payee_id = subject(WRITE)
    actions.cancel_request(payee_id, request_id)
    return RequestOut.from_orm(queries.request(payee_id, request_id))


@router.post("/splits", response={201: SplitOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def split(request: HttpRequest, payload: SplitIn) -> Any:
    """Share a bill: equally where no part has an amount (parts differ by a cent at most), else as the parts say."""
    owner_id = subject(WRITE)
    parts = {_person(each.to): each.amount_minor for each in payload.parts}
    if len(parts) != len(payload.parts):
        raise Refusal("split_twice", _("Somebody is there twice."), field="parts")
    given = [part for part in parts.values() if part is not None]
    if given and len(given) != len(parts):
        raise Refusal("split_mixed", _("Give an amount to each person, or to nobody for equal parts."), field="parts")
    if not given:
        split_id = actions.split_equally(
            owner_id,
            payload.title,
            payload.total_minor,
            currency(),
            list(parts),
            owner_shares=payload.owner_shares,
        )
    else:
        own = payload.total_minor - sum(given) if payload.owner_shares else 0
        whole = {owner_id: own, **{person: part for person, part in parts.items() if part is not None}}
        split_id = actions.split_by_amount(owner_id, payload.title, payload.total_minor, currency(), whole)
    return 201, SplitOut.from_orm(queries.split(owner_id, split_id))


@router.get("/splits", response=SplitPage, auth=scoped(READ))
def list_splits(request: HttpRequest, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT) -> Any:
    """The caller's shared bills, the newest first."""
    return page_of(queries.splits(subject(READ), before=decode_cursor(cursor), limit=limit), SplitOut.from_orm)


@router.get("/splits/{split_id}", response=SplitOut, auth=scoped(READ))
def one_split(request: HttpRequest, split_id: UUID) -> Any:
    """One shared bill and how far it was paid back."""
    return queries.split(subject(READ), split_id)


def _person(handle: str) -> UUID:
    payee = code_queries.payee_by_handle(handle)
    if not payee.is_person:
        raise Refusal("not_a_person", _("%(name)s is not a person.") % {"name": payee.name}, field="to")
    return payee.id

"""Codes: posters and orders, what a scanned one says, and the one that a person shows at a till."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, forbidden
from bocage.services.pay.actions import codes as code_actions
from bocage.services.pay.actions import presented
from bocage.services.pay.api.asking import LIMIT_DEFAULT, READ, TAKE, WRITE, Cursor, Limit, currency, page_of, subject
from bocage.services.pay.api.schemas import WRITES, CodeIn, CodeOut, CodePage, PresentedOut, ScanIn, ScanOut
from bocage.services.pay.queries import codes as queries
from bocage.services.pay.types import CodeKind
from bocage.shell.api_site import decode_cursor, idempotent, scoped

router = Router()


@router.post("/codes", response={201: CodeOut}, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def make_code(request: HttpRequest, payload: CodeIn) -> Any:
    """A code to be paid by: a poster, or an order of a fixed amount that is paid once."""
    payee_id = subject(TAKE)
    if payload.kind == "poster":
        code_id = code_actions.make_poster(payee_id, currency(), label=payload.label, amount_minor=payload.amount_minor)
    else:
        if payload.amount_minor is None:
            raise Refusal("amount_missing", _("An order has an amount: say how much."), field="amount_minor")
        code_id = code_actions.make_order(
            payee_id,
            currency(),
            payload.amount_minor,
            reference=payload.reference,
            label=payload.label,
            life=timedelta(seconds=payload.life_seconds),
        )
    return 201, CodeOut.from_orm(queries.own_code(payee_id, code_id))


@router.get("/codes", response=CodePage, auth=scoped(READ))
def list_codes(
    request: HttpRequest,
    kind: Annotated[CodeKind, Query(description="Posters or orders.")] = CodeKind.ORDER,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Any:
    """The caller's codes, the newest first."""
    found = queries.codes(subject(READ), kind, before=decode_cursor(cursor), limit=limit)
    return page_of(found, CodeOut.from_orm)


@router.post("/codes/read", response=ScanOut, auth=scoped(READ))
def read_code(request: HttpRequest, payload: ScanIn) -> Any:
    """What a scanned code says; nothing is paid. Damaged, foreign, unknown and changed codes are refused."""
    subject(READ)
    code = queries.scanned(payload.code)
    payee = queries.payee(code.payee_id)
    return ScanOut(
        payee_id=payee.id,
        payee_name=payee.name,
        payee_handle=payee.handle,
        verified=payee.verified,
        mcc=payee.mcc,
        category=payee.category,
        amount_minor=code.amount_minor,
        currency=code.currency,
        reference=code.reference,
    )


@router.get("/codes/{code_id}", response=CodeOut, auth=scoped(READ))
def one_code(request: HttpRequest, code_id: UUID) -> Any:
    """One of the caller's codes and whether it was paid."""
    return queries.own_code(subject(READ), code_id)


@router.post("/codes/{code_id}/cancel", response=CodeOut, auth=scoped(TAKE), openapi_extra=WRITES)
@idempotent
def cancel_code(request: HttpRequest, code_id: UUID) -> Any:
    """Take a code back: nobody can pay by it from now on."""
    payee_id = subject(TAKE)
    code_actions.cancel_code(payee_id, code_id)
    return CodeOut.from_orm(queries.own_code(payee_id, code_id))


@router.post("/presented-codes", response={201: PresentedOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def show_code(request: HttpRequest) -> Any:
    """The caller's next code to show at a till: a minute, once; it ends the one before."""
    person_id = subject(WRITE)
    if person_id != current_actor().person_id:
        raise forbidden(_("A code to pay with is a person's own."))
    return 201, PresentedOut.from_orm(presented.show(person_id))

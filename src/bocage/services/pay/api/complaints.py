"""Complaints about payments: by who paid, and for the shop that took the money."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as kernel
from bocage.services.pay.actions import complaints as actions
from bocage.services.pay.api.asking import READ, WRITE, subject
from bocage.services.pay.api.schemas import WRITES, ComplaintIn, ComplaintOut
from bocage.shell.api_site import idempotent, scoped

router = Router()


@router.post(
    "/payments/{payment_id}/complaints", response={201: ComplaintOut}, auth=scoped(WRITE), openapi_extra=WRITES
)
@idempotent
def complain(request: HttpRequest, payment_id: UUID, payload: ComplaintIn) -> Any:
    """Complain about a payment to a shop; as much is set aside of the shop's money until it ends."""
    made = actions.complain(subject(WRITE), payment_id, payload.amount_minor, payload.reason, complaint_id=uuid7())
    return 201, ComplaintOut.from_orm(made)


@router.get("/complaints", response=list[ComplaintOut], auth=scoped(READ))
def complaints(request: HttpRequest) -> Any:
    """Complaints of the caller and about what the caller took, open ones first, at most a hundred."""
    return list(kernel.disputes_of(subject(READ)))


@router.post("/complaints/{complaint_id}/withdraw", response=ComplaintOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def withdraw(request: HttpRequest, complaint_id: UUID) -> Any:
    """Take an own complaint back."""
    return ComplaintOut.from_orm(actions.withdraw(subject(WRITE), complaint_id))


@router.post("/complaints/{complaint_id}/give-in", response=ComplaintOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def give_in(request: HttpRequest, complaint_id: UUID) -> Any:
    """Give the money of a complaint back."""
    return ComplaintOut.from_orm(actions.give_in(subject(WRITE), complaint_id))

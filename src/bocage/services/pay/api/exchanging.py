"""Exchange of currencies and units, at the rates of the town: first a quote that holds a while, then the exchange."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as kernel
from bocage.kernel.payments.types import Quote
from bocage.services.pay.actions import exchanging as actions
from bocage.services.pay.api.asking import READ, WRITE, subject
from bocage.services.pay.api.schemas import WRITES, Amount
from bocage.services.pay.queries import exchanging as queries
from bocage.shell.api_site import idempotent, scoped

router = Router()
Unit = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,12}$", examples=["points"])]


class QuoteIn(Schema):
    """How much of which unit to give for which other one."""

    sell_unit: Unit
    buy_unit: Unit
    sell_minor: Amount


class QuoteOut(Schema):
    """An offer: `sell_minor` * `numerator` = `buy_minor` * `denominator` + `remainder`, exactly. `held_minor`: what the
    caller has of the unit that is bought."""

    id: UUID
    sell_unit: str
    sell_minor: int
    buy_unit: str
    buy_minor: int
    numerator: int
    denominator: int
    remainder: int
    expires_at: datetime
    exchanged_at: datetime | None
    held_minor: int


@router.post("/quotes", response={201: QuoteOut}, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def quote(request: HttpRequest, payload: QuoteIn) -> Any:
    """Ask what an amount buys in another unit; the offer holds until it expires."""
    owner_id = subject(WRITE)
    return 201, _out(
        owner_id, actions.quote(owner_id, payload.sell_unit, payload.buy_unit, payload.sell_minor, uuid7())
    )


@router.get("/quotes/{quote_id}", response=QuoteOut, auth=scoped(READ))
def one(request: HttpRequest, quote_id: UUID) -> Any:
    """One of the caller's offers, and whether it was exchanged."""
    return _out(subject(READ), kernel.quote(quote_id))


@router.post("/quotes/{quote_id}/exchange", response=QuoteOut, auth=scoped(WRITE), openapi_extra=WRITES)
@idempotent
def exchange(request: HttpRequest, quote_id: UUID) -> Any:
    """Exchange as offered, once, up to your own limit; refused where the town has not enough of the other unit."""
    owner_id = subject(WRITE)
    return _out(owner_id, actions.exchange(owner_id, quote_id, fresh=False))


def _out(owner_id: UUID, found: Quote) -> QuoteOut:
    shown = {name: value for name, value in vars(found).items() if name != "owner_id"}
    return QuoteOut(**shown, held_minor=queries.held_minor(owner_id, found.buy_unit))

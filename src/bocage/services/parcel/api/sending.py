"""Quotes and parcels, for senders' programs."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as payments
from bocage.services.parcel import limits
from bocage.services.parcel.actions import claims, on_delivery, shipping
from bocage.services.parcel.queries import quotes, shipments
from bocage.services.parcel.queries.arrival import arrival
from bocage.services.parcel.types import Address, ClaimReason, Shipment, Speed
from bocage.services.parcel.words import line_title, step_title
from bocage.shell.api_site import idempotent, scoped

READ, WRITE = "parcel:read", "parcel:write"
router = Router()
KEYED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "description": "New for each new request; the same key with the same request answers the same, once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]{1,64}$"},
            "example": "5d8d2c1e-6f0e-4b0a-9f55-3a0a7b6d6f10",
        }
    ]
}
Postcode = Annotated[str, Field(min_length=1, max_length=limits.POSTCODE_CHARACTERS_MAX)]
Grams = Annotated[int, Field(ge=1, le=limits.WEIGHT_GRAMS_MAX)]


class LineOut(Schema):
    """One step of a price's sum."""

    title: str
    amount_minor: int


class QuoteOut(Schema):
    """What a carrier asks, and how that came about."""

    carrier_id: UUID
    carrier: str
    speed: str
    zone: str
    amount_minor: int
    currency: str
    due_on: date
    lines: list[LineOut]


class QuotesOut(Schema):
    """The cheapest first."""

    items: list[QuoteOut]


class AddressIn(Schema):
    """Somebody's door."""

    name: Annotated[str, Field(min_length=1, max_length=limits.NAME_CHARACTERS_MAX)]
    street: Annotated[str, Field(min_length=1, max_length=limits.STREET_CHARACTERS_MAX)]
    postcode: Postcode
    city: Annotated[str, Field(min_length=1, max_length=limits.CITY_CHARACTERS_MAX)]


class ShipmentIn(Schema):
    """A parcel to send; `amount_minor` is the price of the quote that is agreed to."""

    sender: AddressIn
    receiver: AddressIn
    to: Annotated[str, Field(max_length=31, description="The receiver's name here, such as @ana.")] = ""
    note: Annotated[str, Field(max_length=limits.NOTE_CHARACTERS_MAX)] = ""
    weight_grams: Grams
    carrier_id: UUID
    speed: Speed
    amount_minor: Annotated[int, Field(ge=1)]
    on_delivery_minor: Annotated[int, Field(ge=0, le=limits.ON_DELIVERY_MINOR_MAX)] = 0
    needs_identity: bool = False
    is_cool: bool = False


class OnDeliveryIn(Schema):
    """What the receiver was shown, and agrees to."""

    amount_minor: Annotated[int, Field(ge=1, le=limits.ON_DELIVERY_MINOR_MAX)]


class ClaimIn(Schema):
    """What is wrong."""

    reason: ClaimReason


class ClaimOut(Schema):
    """How a claim stands (open, withdrawn, for_payer, for_payee), and how much was set aside."""

    state: str
    amount_minor: int
    secured_minor: int


class MomentOut(Schema):
    """A scan."""

    at: datetime
    status: str | None
    says: str
    place: str


class ShipmentOut(Schema):
    """A parcel: coarse `status`, the finer `sub_status`, and its story, the latest first.

    With a courier, four of five come between `arrives_from` and `arrives_until`.
    """

    id: UUID
    status: str
    sub_status: str
    sscc: str
    s10: str
    carrier: str
    speed: str
    weight_grams: int
    amount_minor: int
    currency: str
    on_delivery_minor: int
    is_on_delivery_paid: bool
    due_on: date | None
    moved_at: datetime | None
    arrives_from: datetime | None
    arrives_until: datetime | None
    story: list[MomentOut]


@router.get("/quotes", response=QuotesOut, auth=scoped(READ))
def ask_quotes(request: HttpRequest, from_postcode: Postcode, to_postcode: Postcode, weight_grams: Grams) -> Any:
    """What each carrier asks for a parcel at each speed, the cheapest first, with the steps of the sum."""
    identity.require_scope(READ)
    found = quotes.quotes(from_postcode, to_postcode, weight_grams)
    return {
        "items": [
            QuoteOut(
                carrier_id=each.carrier_id,
                carrier=each.carrier_name,
                speed=each.speed,
                zone=each.zone,
                amount_minor=each.amount_minor,
                currency=each.currency,
                due_on=each.due_on,
                lines=[LineOut(title=line_title(line), amount_minor=line.amount_minor) for line in each.lines],
            )
            for each in found
        ]
    }


@router.post("/shipments", response={201: ShipmentOut}, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def send(request: HttpRequest, payload: ShipmentIn) -> Any:
    """Send a parcel: it is paid from the wallet, and has its numbers and label at once."""
    sender_id, shipment_id = identity.require_scope(WRITE), uuid7()
    sender, receiver = Address(**payload.sender.dict()), Address(**payload.receiver.dict())
    shipping.draft(
        sender_id,
        shipment_id,
        sender,
        receiver,
        payload.weight_grams,
        receiver_handle=payload.to,
        note=payload.note,
        on_delivery_minor=payload.on_delivery_minor,
        needs_identity=payload.needs_identity,
        is_cool=payload.is_cool,
    )
    shipping.choose(sender_id, shipment_id, payload.carrier_id, payload.speed)
    shipping.pay(sender_id, shipment_id, payload.amount_minor)
    return 201, shipment_out(shipments.shipment(shipment_id))


@router.get("/shipments/{shipment_id}", response=ShipmentOut, auth=scoped(READ))
def shipment(request: HttpRequest, shipment_id: UUID) -> Any:
    """A parcel that one sent, receives or carries, and its story."""
    identity.require_scope(READ)
    return shipment_out(shipments.shipment(shipment_id))


@router.post("/shipments/{shipment_id}/cancel", response=ShipmentOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def cancel(request: HttpRequest, shipment_id: UUID) -> Any:
    """Take a parcel back before it is handed over; what was set aside is the sender's again."""
    sender_id = identity.require_scope(WRITE)
    found = shipments.shipment(shipment_id)
    if found.sender_id != sender_id:
        raise Refusal("not_sender", "Only who sent a parcel can cancel it.", status=403)
    shipping.cancel(sender_id, shipment_id)
    return shipment_out(shipments.shipment(shipment_id))


@router.post("/shipments/{shipment_id}/pay", response=ShipmentOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def pay_on_delivery(request: HttpRequest, shipment_id: UUID, payload: OnDeliveryIn) -> Any:
    """As its receiver, pay what the sender asks: kept until the parcel is delivered, given back if it is not."""
    on_delivery.pay_on_delivery(identity.require_scope(WRITE), shipment_id, payload.amount_minor)
    return shipment_out(shipments.shipment(shipment_id))


@router.post("/shipments/{shipment_id}/waive", response=ShipmentOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def waive_on_delivery(request: HttpRequest, shipment_id: UUID) -> Any:
    """As its sender, ask the receiver for nothing after all: what was paid on delivery is the receiver's again."""
    on_delivery.waive(identity.require_scope(WRITE), shipment_id)
    return shipment_out(shipments.shipment(shipment_id))


@router.post("/shipments/{shipment_id}/claim", response=ClaimOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def claim(request: HttpRequest, shipment_id: UUID, payload: ClaimIn) -> Any:
    """As its sender, claim the price back: it is set aside until the carrier gives in or the town decides."""
    claims.claim(identity.require_scope(WRITE), shipment_id, payload.reason)
    held = payments.dispute(claims.claim_of(shipment_id))
    return ClaimOut(state=held.state, amount_minor=held.amount_minor, secured_minor=held.secured_minor)


@router.post("/shipments/{shipment_id}/code", response=ShipmentOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def renew_code(request: HttpRequest, shipment_id: UUID) -> Any:
    """A new delivery code, once the old one was said wrongly too often. It is shown to its owner on the page alone."""
    shipping.renew_code(identity.require_scope(WRITE), shipment_id)
    return shipment_out(shipments.shipment(shipment_id))


def shipment_out(found: Shipment) -> ShipmentOut:
    """A parcel as the API shows it; the delivery code is not among it."""
    expected = arrival(found)
    return ShipmentOut(
        id=found.id,
        status=found.status.name.lower(),
        sub_status=found.step,
        sscc=found.sscc,
        s10=found.s10,
        carrier=found.carrier_name,
        speed=found.speed,
        weight_grams=found.weight_grams,
        amount_minor=found.amount_minor,
        currency=found.currency,
        on_delivery_minor=found.on_delivery_minor,
        is_on_delivery_paid=found.is_on_delivery_paid,
        due_on=found.due_on,
        moved_at=found.moved_at,
        arrives_from=expected.earliest if expected else None,
        arrives_until=expected.latest if expected else None,
        story=[
            MomentOut(
                at=each.at,
                status=each.status.name.lower() if each.status is not None else None,
                says=step_title(each.step, each.disposition),
                place=each.place,
            )
            for each in shipments.story(found)
        ],
    )

"""Lockers: for receivers' programs, and for the lockers themselves."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.identity import queries as identity
from bocage.services.parcel.actions import collecting
from bocage.services.parcel.actions import lockers as actions
from bocage.services.parcel.api.sending import KEYED, READ, WRITE
from bocage.services.parcel.queries import lockers, shipments
from bocage.services.parcel.types import Locker
from bocage.shell.api_site import idempotent, scoped

CARRY = "parcel:take"
router = Router()


class LockerOut(Schema):
    """A locker, and how many of its compartments are free by size (`small`, `medium`, `large`)."""

    id: UUID
    name: str
    street: str
    postcode: str
    city: str
    is_open: bool
    free: dict[str, int]


class LockersOut(Schema):
    """By name."""

    items: list[LockerOut]


class ChoiceIn(Schema):
    """The locker to bring it to; null: to the door after all."""

    locker_id: UUID | None


class ChoiceOut(Schema):
    """The compartment that is kept; none where it goes to the door."""

    locker_id: UUID | None
    compartment: int | None


class CollectIn(Schema):
    """What somebody says at a locker. `id` is made by the locker, so that a question sent again is known."""

    id: UUID
    number: Annotated[str, Field(min_length=1, max_length=600, description="SSCC, S10 or what the QR code says.")]
    code: Annotated[str, Field(min_length=1, max_length=12)]


class CollectOut(Schema):
    """Whether a compartment opens, which one, and else why not."""

    opens: bool
    compartment: int | None
    code: str
    says: str


@router.get("/lockers", response=LockersOut, auth=scoped(CARRY))
def own(request: HttpRequest) -> Any:
    """A carrier's own lockers."""
    return {"items": [_out(each) for each in lockers.lockers(identity.require_scope(CARRY))]}


@router.get("/shipments/{shipment_id}/lockers", response=LockersOut, auth=scoped(READ))
def choices(request: HttpRequest, shipment_id: UUID) -> Any:
    """The lockers that have room for a parcel."""
    identity.require_scope(READ)
    return {"items": [_out(each) for each in lockers.choices(shipments.shipment(shipment_id))]}


@router.post("/shipments/{shipment_id}/locker", response=ChoiceOut, auth=scoped(WRITE), openapi_extra=KEYED)
@idempotent
def choose(request: HttpRequest, shipment_id: UUID, payload: ChoiceIn) -> Any:
    """Have a parcel brought to a locker, until a courier has it; who has its delivery code chooses."""
    actions.choose(identity.require_scope(WRITE), shipment_id, payload.locker_id)
    kept = lockers.compartments([shipment_id]).get(shipment_id)
    return ChoiceOut(locker_id=kept.locker.id if kept else None, compartment=kept.number if kept else None)


@router.post("/lockers/{locker_id}/collect", response=CollectOut, auth=scoped(CARRY))
def collect(request: HttpRequest, locker_id: UUID, payload: CollectIn) -> Any:
    """A locker's question: does this code open a compartment? The same id again gets the same answer."""
    carrier_id = identity.require_scope(CARRY)
    number, verdict = collecting.collect(carrier_id, locker_id, payload.id, payload.number, payload.code)
    return CollectOut(opens=verdict.done, compartment=number or None, code=verdict.code, says=verdict.says)


def _out(each: Locker) -> LockerOut:
    free = {size.name.lower(): count for size, count in each.free.items()}
    return LockerOut(
        id=each.id,
        name=each.name,
        street=each.street,
        postcode=each.postcode,
        city=each.city,
        is_open=each.is_open,
        free=free,
    )

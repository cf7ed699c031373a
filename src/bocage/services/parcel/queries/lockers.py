"""Lockers and their compartments. A compartment is Parcel's own book: who may see a parcel sees where it lies."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q

from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel import limits
from bocage.services.parcel.models import CompartmentRow, LockerRow
from bocage.services.parcel.types import Compartment, Locker, Shipment, Size


def size_of(weight_grams: int) -> Size:
    """The smallest compartment that takes a parcel of this weight."""
    if weight_grams <= limits.SMALL_GRAMS_MAX:
        return Size.SMALL
    return Size.MEDIUM if weight_grams <= limits.MEDIUM_GRAMS_MAX else Size.LARGE


def lockers(carrier_id: UUID) -> list[Locker]:
    """A carrier's lockers by name, with what is free in them."""
    with acting_as(Actor.for_service("parcel")):
        return _as_lockers(LockerRow.objects.filter(carrier_id=carrier_id).order_by("name", "id"))


def choices(found: Shipment) -> list[Locker]:
    """The open lockers of its carrier that have room for a parcel, and may take it."""
    if found.needs_identity or found.is_cool:
        return []
    return [each for each in lockers(found.carrier_id) if each.has_room(size_of(found.weight_grams))]


def compartments(shipment_ids: Iterable[UUID]) -> dict[UUID, Compartment]:
    """Where parcels lie or will lie; the caller has seen that it is hers to know."""
    with acting_as(Actor.for_service("parcel")):
        rows = list(CompartmentRow.objects.select_related("locker").filter(shipment_id__in=list(shipment_ids)))
        found = {each.id: each for each in _as_lockers({row.locker_id: row.locker for row in rows}.values())}
        return {
            row.shipment_id: Compartment(found[row.locker_id], row.number, row.until, row.filled_at is not None)
            for row in rows
            if row.shipment_id is not None and row.until is not None
        }


def _as_lockers(rows: Iterable[LockerRow]) -> list[Locker]:
    listed = list(rows)
    counted = (
        CompartmentRow.objects.filter(locker__in=listed)
        .values_list("locker_id", "size")
        .annotate(total=Count("id"), free=Count("id", filter=Q(shipment_id=None)))
    )
    counts = {(locker_id, Size(size)): (total, free) for locker_id, size, total, free in counted}
    return [
        Locker(
            row.id,
            row.name,
            row.street,
            row.postcode,
            row.city,
            row.is_open,
            {size: counts.get((row.id, size), (0, 0))[1] for size in Size},
            {size: counts.get((row.id, size), (0, 0))[0] for size in Size},
        )
        for row in listed
    ]

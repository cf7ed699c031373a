"""Lockers: put up by a carrier, chosen by a receiver, filled by a courier's scan, opened once by number and code.

Whoever locks a compartment has its parcel locked before, so that a scan and a choice never deadlock.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import F
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.services.parcel import limits
from bocage.services.parcel.actions.capturing import Rows, insert, require_carrier, tell_soon
from bocage.services.parcel.actions.telling import say_lapsed
from bocage.services.parcel.models import CompartmentRow, DeliveryCode, LockerRow, ShipmentRow
from bocage.services.parcel.queries.lockers import size_of
from bocage.services.parcel.types import Address, Size, Status

# From here on a parcel is at somebody's door, or was: no locker is chosen any more.
CHOOSABLE = (Status.ANNOUNCED, Status.ACCEPTED, Status.IN_TRANSIT, Status.EXCEPTION, Status.ATTEMPT_FAILED)


def put_up(carrier_id: UUID, locker_id: UUID, where: Address, counts: Mapping[Size, int]) -> None:
    """Put up a locker with so many compartments of each size. The same id again changes nothing."""
    require_carrier(carrier_id)
    if not (any(counts.values()) and all(0 <= each <= limits.COMPARTMENTS_OF_A_SIZE_MAX for each in counts.values())):
        most = _("A locker has 1 to %(most)d compartments of a size.") % {"most": limits.COMPARTMENTS_OF_A_SIZE_MAX}
        raise Refusal("compartments_wrong", most, field="small")
    with acting_as(Actor.for_service("parcel")):
        known = LockerRow.objects.filter(id=locker_id).values_list("carrier_id", flat=True).first()
        if known is not None and known != carrier_id:
            raise conflict("locker_known", _("A locker with this id stands already. Take another id."))
        if known is not None:
            return
        if LockerRow.objects.filter(carrier_id=carrier_id).count() >= limits.LOCKERS_A_CARRIER_MAX:
            raise conflict("too_many_lockers", _("You have as many lockers as one carrier may have."))
        row = LockerRow.objects.create(
            id=locker_id,
            carrier_id=carrier_id,
            name=where.name,
            street=where.street,
            postcode=where.postcode,
            city=where.city,
        )
        sizes = [size for size in Size for _compartment in range(counts.get(size, 0))]
        CompartmentRow.objects.bulk_create(
            CompartmentRow(locker=row, number=number, size=size) for number, size in enumerate(sizes, start=1)
        )


def set_open(carrier_id: UUID, locker_id: UUID, is_open: bool) -> None:
    """Let a locker take parcels, or no more of them."""
    with acting_as(Actor.for_service("parcel")):
        if not LockerRow.objects.filter(id=locker_id, carrier_id=carrier_id).update(is_open=is_open):
            raise not_found(_("There is no such locker."))


def choose(owner_id: UUID, shipment_id: UUID, locker_id: UUID | None) -> None:
    """Have a parcel brought to a locker of its carrier, or (None) to the door after all. Who has its code chooses."""
    with acting_as(Actor.for_service("parcel")):
        row = ShipmentRow.objects.select_for_update().filter(id=shipment_id).first()
        if row is None or not DeliveryCode.objects.filter(shipment_id=shipment_id, owner_id=owner_id).exists():
            raise not_found(_("There is no such parcel."))
        if row.status not in CHOOSABLE:
            raise conflict("too_late", _("The parcel is at its goal, or the courier has it already."))
        if locker_id is not None and (row.needs_identity or row.is_cool):
            raise conflict("not_for_lockers", _("This parcel is handed over in person: no locker may take it."))
        held = CompartmentRow.objects.filter(shipment_id=shipment_id).first()
        if held is not None and (held.locker_id == locker_id or held.filled_at is not None):
            return
        empty({shipment_id: (None, clock.now())})
        if locker_id is not None:
            _keep(row, locker_id)


def _keep(row: ShipmentRow, locker_id: UUID) -> None:
    free = CompartmentRow.objects.filter(
        locker_id=locker_id,
        locker__carrier_id=row.carrier_id,
        locker__is_open=True,
        shipment_id=None,
        size__gte=size_of(row.weight_grams),
    )
    # Two who choose at once get two compartments: neither waits for the one that the other is about to take.
    taken = free.order_by("size", "number").select_for_update(skip_locked=True, of=("self",)).first()
    if taken is None:
        raise conflict("locker_full", _("No compartment of this locker is free. Choose another one."), field="locker")
    taken.shipment_id, taken.until = row.id, clock.now() + limits.LOCKER_RESERVED
    taken.save(update_fields=["shipment_id", "until"])


def kept_for(shipment_ids: set[UUID]) -> set[UUID]:
    """For which of these parcels a compartment is kept. Runs as Parcel, with the parcels locked."""
    if not shipment_ids:
        return set()
    held = CompartmentRow.objects.filter(shipment_id__in=shipment_ids)
    return {each for each in held.values_list("shipment_id", flat=True) if each is not None}


def fill(filled: Mapping[UUID, datetime]) -> None:
    """Couriers put parcels into the compartments kept for them, at these times. Runs as Parcel, parcels locked."""
    rows = list(CompartmentRow.objects.filter(shipment_id__in=filled).select_for_update().order_by("id"))
    for row in rows:
        assert row.shipment_id is not None, "it was asked for by its parcel"
        row.filled_at = filled[row.shipment_id]
        row.until = filled[row.shipment_id] + limits.LOCKER_KEPT
        # A question that opened it for the parcel before must not open it for this one.
        row.opened_by = None
    CompartmentRow.objects.bulk_update(rows, ["filled_at", "until", "opened_by"])


def empty(opened: Mapping[UUID, tuple[UUID | None, datetime]]) -> None:
    """Free the compartments of parcels, each by the scan or question that opened it and at its time.

    A scan that comes late does not open what was filled after it. Runs as Parcel, parcels locked.
    """
    rows = list(CompartmentRow.objects.filter(shipment_id__in=opened).select_for_update().order_by("id"))
    for row in rows:
        assert row.shipment_id is not None, "it was asked for by its parcel"
        opened_by, at = opened[row.shipment_id]
        if row.filled_at is not None and row.filled_at > at:
            continue
        row.opened_by = opened_by
        row.shipment_id = row.until = row.filled_at = None
    CompartmentRow.objects.bulk_update(rows, ["opened_by", "shipment_id", "until", "filled_at"])


def expire() -> int:
    """What was not fetched in time is held up, for its carrier to take back; what is kept for nothing becomes free."""
    now = clock.now()
    due = CompartmentRow.objects.filter(until__lt=now).order_by("until").values_list("shipment_id", flat=True)
    with acting_as(Actor.for_service("parcel")):
        rows = ShipmentRow.objects.filter(id__in=list(due[: limits.TOLD_A_RUN_MAX])).order_by("id").select_for_update()
        parcels = {row.id: row for row in rows}
        held = CompartmentRow.objects.filter(shipment_id__in=parcels, until__lt=now)
        emptied: list[ShipmentRow] = []
        scans: defaultdict[UUID, Rows] = defaultdict(Rows)
        for compartment in held.order_by("id").select_for_update():
            assert compartment.shipment_id is not None, "it was asked for by its parcel"
            row = parcels[compartment.shipment_id]
            if compartment.filled_at is None or not row.is_running:
                emptied.append(row)
            elif row.status == Status.AVAILABLE_FOR_PICKUP and row.sscc is not None:
                event_id = uuid5(row.id, f"expired:{compartment.until}")
                scans[row.carrier_id].add_scan(row.sscc, now, event_id, "holding", "expired")
        empty({row.id: (None, now) for row in emptied})
        for carrier_id in sorted(scans):
            insert(carrier_id, scans[carrier_id])
        say_lapsed(row for row in emptied if row.is_running)
        # A parcel that lies there until its carrier comes is looked at every few days, not every hour.
        held.update(until=F("until") + limits.LOCKER_KEPT)
        if parcels:
            tell_soon()
    return len(parcels)

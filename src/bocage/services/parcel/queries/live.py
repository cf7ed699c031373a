"""Where a parcel is just now: to its receiver alone, on the day, while the courier has it with her and agrees to it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent.queries import is_granted
from bocage.services.parcel import limits
from bocage.services.parcel.actions.positions import SHOW
from bocage.services.parcel.models import PositionRow
from bocage.services.parcel.queries.shipments import before_on_tour
from bocage.services.parcel.types import Live, Shipment, Status


def can_follow(found: Shipment, subject_id: UUID) -> bool:
    """Whether a parcel is on today's tour of a courier, and the subject is who receives it."""
    if found.receiver_id != subject_id or found.status is not Status.OUT_FOR_DELIVERY or found.loaded_at is None:
        return False
    zone = settings.TOWN["time_zone"]
    return found.loaded_at.astimezone(ZoneInfo(zone)).date() == clock.today(zone)


def live(found: Shipment, subject_id: UUID) -> Live | None:
    """Where its courier is; None where the subject may not know, or nobody does."""
    if not can_follow(found, subject_id) or found.courier_id is None:
        return None
    with acting_as(Actor.for_service("parcel")):
        rows = PositionRow.objects.filter(courier_id=found.courier_id, carrier_id=found.carrier_id)
        row = rows.filter(at__gt=clock.now() - limits.POSITION_FRESH).first()
        if row is None or not is_granted(found.courier_id, SHOW):
            return None
        return Live(row.latitude, row.longitude, row.at, before_on_tour(found)[0])

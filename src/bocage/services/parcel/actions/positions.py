"""Where couriers are: said by the phone of one who agreed to it, shown to the receivers of her tour, kept nowhere.

One place a courier, overwritten by the next and deleted with the tour; a receipt tells her of each tour that was shown.
"""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_noop

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.consent.actions import record_read
from bocage.kernel.consent.purposes import consent_needed
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.events.touched import nudge
from bocage.services.parcel import limits
from bocage.services.parcel.actions.capturing import require_carrier
from bocage.services.parcel.models import PositionRow, ShipmentRow
from bocage.services.parcel.types import Status

SHOW = "parcel.position"
WHAT = gettext_noop("where you are on your tour, for its receivers")


def say(carrier_id: UUID, courier_id: UUID, latitude: float, longitude: float) -> int:
    """Say where a courier is now, in degrees; how many receivers may see it.

    Raises `Refusal` (403 consent_needed) where the courier has not agreed to `parcel.position`.
    """
    require_carrier(carrier_id)
    if not is_granted(courier_id, SHOW):
        raise consent_needed(SHOW)
    with acting_as(Actor.for_service("parcel")):
        receivers = _receivers(carrier_id, courier_id)
        if not receivers:
            PositionRow.objects.filter(courier_id=courier_id).delete()
            return 0
        # Each place has the open pages of all receivers look again: one that comes at once after another waits.
        if PositionRow.objects.filter(courier_id=courier_id, at__gt=clock.now() - limits.POSITION_EVERY).exists():
            return len(receivers)
        _row, is_new = PositionRow.objects.update_or_create(
            courier_id=courier_id,
            defaults={
                "carrier_id": carrier_id,
                "latitude": round(latitude, limits.POSITION_DECIMALS),
                "longitude": round(longitude, limits.POSITION_DECIMALS),
                "at": clock.now(),
            },
        )
        if is_new:
            record_read(courier_id, "parcel", SHOW, WHAT, len(receivers))
        nudge(receivers)
    return len(receivers)


def forget_old() -> int:
    """Delete the places of tours that are over; how many. Runs as Parcel."""
    return int(PositionRow.objects.filter(at__lt=clock.now() - limits.POSITION_KEPT).delete()[0])


def _receivers(carrier_id: UUID, courier_id: UUID) -> list[UUID]:
    """Whose parcels the courier has with her that she loaded today: of an older one nobody sees where she is."""
    zone = settings.TOWN["time_zone"]
    rows = ShipmentRow.objects.filter(
        carrier_id=carrier_id,
        courier_id=courier_id,
        is_running=True,
        status=Status.OUT_FOR_DELIVERY,
        loaded_at__gte=datetime.combine(clock.today(zone), time(), ZoneInfo(zone)),
        receiver_id__isnull=False,
    )
    found = rows.order_by("receiver_id").values_list("receiver_id", flat=True).distinct()[: limits.SCANS_A_SYNC_MAX]
    return [each for each in found if each is not None]

"""When a parcel on a courier's tour comes: an interval that four of five arrivals keep to."""

from collections.abc import Sequence
from datetime import timedelta

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel import limits
from bocage.services.parcel.models import CourierTimeRow
from bocage.services.parcel.types import Arrival, Shipment, Status

# One arrival of so many is earlier than the interval says, and one later: four of five lie within.
TAIL_ONE_OF = 10


def arrival(found: Shipment) -> Arrival | None:
    """Between when and when a parcel comes that a courier has with her; None where nothing can be said."""
    if found.status is not Status.OUT_FOR_DELIVERY or found.loaded_at is None:
        return None
    with acting_as(Actor.for_service("parcel")):
        rows = CourierTimeRow.objects.filter(carrier_id=found.carrier_id).order_by("-at")
        taken = list(rows.values_list("seconds", flat=True)[: limits.COURIER_TIMES_MAX])
    said = interval(taken, (clock.now() - found.loaded_at).total_seconds())
    if said is None:
        return None
    return Arrival(found.loaded_at + timedelta(seconds=said[0]), found.loaded_at + timedelta(seconds=said[1]))


def interval(taken: Sequence[float], elapsed: float) -> tuple[float, float] | None:
    """Between how many seconds after loading one more parcel is handed over that is not yet, `elapsed` after loading.

    The two order statistics that split conformal prediction takes (Lei et al. 2018, section 2.2, with the residual
    being the time itself), among those past times that were longer than `elapsed`. Where the time asked for is
    exchangeable with those n, it lies within in at least .8 of cases and in at most 2 / (n + 1) more.
    """
    longer = sorted(each for each in taken if each > elapsed)
    count = len(longer)
    if count < limits.COURIER_TIMES_MIN:
        return None
    first = (count + 1) // TAIL_ONE_OF
    return longer[first - 1], longer[count - first]

"""When a parcel on a courier's tour comes: an interval that four of five arrivals keep to.

By what the carrier's finished tours taught (`engines.arrivals`: trees for both ends, moved until they hold on later
days) where there is a forecaster; by plain quantiles of the times from loading to handing over otherwise.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from bocage.engines.arrivals import Arrivals, ArrivalsError
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.services.parcel import limits
from bocage.services.parcel.actions.learning import forecaster_of
from bocage.services.parcel.models import CourierTimeRow, TourRow
from bocage.services.parcel.queries.shipments import before_on_tour
from bocage.services.parcel.tours import ahead
from bocage.services.parcel.types import Arrival, Shipment, Status

logger = logging.getLogger(__name__)

# One arrival of so many is earlier than the interval says, and one later: four of five lie within.
TAIL_ONE_OF = 10


def arrival(found: Shipment) -> Arrival | None:
    """Between when and when a parcel comes that a courier has with her; None where nothing can be said."""
    if found.status is not Status.OUT_FOR_DELIVERY or found.loaded_at is None:
        return None
    return _by_tour(found) or _by_times(found)


def _by_tour(found: Shipment) -> Arrival | None:
    """What the forecaster said when the courier was last seen at a door; None where there is none, or it was wrong."""
    model = _forecaster(forecaster_of(found.carrier_id))
    if model is None or found.courier_id is None:
        return None
    with acting_as(Actor.for_service("parcel")):
        tour = TourRow.objects.filter(courier_id=found.courier_id, carrier_id=found.carrier_id).first()
        doors, parcels = before_on_tour(found)
    if tour is None or found.loaded_at is None or found.loaded_at - tour.begun_at > limits.TOUR_LONGEST:
        return None
    zone, now = ZoneInfo(settings.TOWN["time_zone"]), clock.now()
    moment = max(tour.last_at, found.loaded_at)
    known = ahead(tour.begun_at, moment.astimezone(zone), tour.handed_over, doors, parcels)
    try:
        (said,) = model.at([known])
    except ArrivalsError as error:
        logger.warning("carrier %s: its forecaster cannot be asked: %s", found.carrier_id, error)
        return None
    latest = moment + timedelta(seconds=said.late_seconds)
    # Later than the forecaster said, what is known is how long other parcels were under way that were so late.
    return Arrival(max(moment + timedelta(seconds=said.early_seconds), now), latest) if latest > now else None


def _forecaster(path: Path) -> Arrivals | None:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except ArrivalsError as error:
        logger.warning("%s", error)
        return None


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> Arrivals:
    return Arrivals.load(path)


def _by_times(found: Shipment) -> Arrival | None:
    if found.loaded_at is None:
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

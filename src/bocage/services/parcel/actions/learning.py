"""Each night: what yesterday's tours teach, and a forecaster for each carrier that has enough of them.

A forecaster is one file a carrier in the installation's home, made anew each night from the days that are kept. Without
the extra `parcel` (LightGBM) there is none, and `queries.arrival` goes by plain quantiles.
"""

import logging
import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from itertools import batched
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection

from bocage.engines.arrivals import FEATURES, Arrivals, ArrivalsError, Table
from bocage.kernel import clock
from bocage.services.parcel import limits, steps
from bocage.services.parcel.models import TourRow, TourTimeRow
from bocage.services.parcel.tours import Handed, taught

logger = logging.getLogger(__name__)

ROWS_A_TRAINING = 200_000
_HANDED_SQL = """
select s.carrier_id, s.courier_id, s.receiver_postcode, s.receiver_street, s.loaded_at, c.at
from parcel_scan c join parcel_shipment s on s.sscc = c.sscc and s.carrier_id = c.organisation_id
where c.at >= %s and c.at < %s and c.step = %s and s.courier_id is not null and s.loaded_at >= %s and s.loaded_at < c.at
limit %s
"""


def learn(day: date) -> int:
    """Write down what the tours of a day of the town teach, whole or again; rows. Runs as Parcel."""
    zone = ZoneInfo(settings.TOWN["time_zone"])
    begins, ends = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    tours: defaultdict[tuple[UUID, UUID], list[Handed]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _HANDED_SQL, [begins, ends, steps.STEP_NUMBERS[steps.DELIVERED], begins, limits.PARCELS_A_DAY_MAX]
        )
        for carrier_id, courier_id, postcode, street, loaded_at, handed_at in cursor.fetchall():
            handed = Handed((postcode, street), loaded_at.astimezone(zone), handed_at.astimezone(zone))
            tours[carrier_id, courier_id].append(handed)
    chance = random.Random(day.toordinal())  # noqa: S311 - a sample, not a secret
    by_carrier: defaultdict[UUID, list[list[Handed]]] = defaultdict(list)
    for (carrier_id, _courier_id), tour in sorted(tours.items()):
        by_carrier[carrier_id].append(tour)
    rows = [
        TourTimeRow(carrier_id=carrier_id, day=day, known=[getattr(known, name) for name in FEATURES], seconds=seconds)
        for carrier_id, listed in by_carrier.items()
        for tour in chance.sample(listed, min(len(listed), limits.TOURS_A_DAY_MAX))
        for known, seconds in taught(tour)
    ]
    TourTimeRow.objects.filter(day=day).delete()
    for batch in batched(rows, limits.ROWS_A_STATEMENT):
        TourTimeRow.objects.bulk_create(batch)
    TourTimeRow.objects.filter(day__lt=day - limits.COURIER_TIMES_KEPT).delete()
    TourRow.objects.filter(last_at__lt=clock.now() - timedelta(days=1)).delete()
    return len(rows)


def train_all() -> int:
    """Make the forecasters of all carriers anew; how many there are. Runs as Parcel."""
    trained = 0
    carriers = list(TourTimeRow.objects.values_list("carrier_id", flat=True).distinct().order_by("carrier_id"))
    # Of a carrier whose last tours are past their time nothing is known any more.
    for path in set(_folder().glob("arrivals-*.json")) - set(map(forecaster_of, carriers)):
        path.unlink()
    for carrier_id in carriers:
        path = forecaster_of(carrier_id)
        latest = TourTimeRow.objects.filter(carrier_id=carrier_id).order_by("-day", "id")
        rows = list(latest.values_list("day", "known", "seconds")[:ROWS_A_TRAINING])
        if len({day for day, _known, _seconds in rows}) < limits.TOUR_DAYS_MIN:
            path.unlink(missing_ok=True)
            continue
        try:
            found = Arrivals.train(_table(rows))
        except ArrivalsError as error:  # too little happened, or LightGBM is not there
            logger.info("carrier %s: no forecaster of arrivals: %s", carrier_id, error)
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        found.save(draft)
        draft.replace(path)
        trained += 1
    return trained


def forecaster_of(carrier_id: UUID) -> Path:
    """Where a carrier's forecaster lies."""
    return _folder() / f"arrivals-{carrier_id}.json"


def _folder() -> Path:
    return Path(settings.HOME) / "parcel"


def _table(rows: list[tuple[date, list[float], float]]) -> Table:
    return Table(
        np.asarray([day.toordinal() for day, _known, _seconds in rows], dtype=np.int64),
        np.asarray([known for _day, known, _seconds in rows], dtype=np.float64),
        np.asarray([seconds for _day, _known, seconds in rows], dtype=np.float64),
    )

"""What each detector will read: said before it is known, and kept, so that anybody can hold it against what came."""

import math
from collections.abc import Mapping
from datetime import datetime

import numpy as np

from bocage.engines.forecast import ForecastError, Table, forecast_soon
from bocage.kernel import clock
from bocage.services.city import limits
from bocage.services.city.models import Forecast
from bocage.services.city.reading import STEP, STEP_MINUTES, speaking, speeds, step_before

MINUTES = (15, 30, 60)


def foresee() -> int:
    """Forecast every detector that speaks; how many forecasts. Within the same five minutes nothing changes.

    Nothing is said before there is a day of readings.
    """
    until = step_before(clock.now())
    names = speaking(until, limits.FORECAST_DETECTORS_MAX)
    if not names:
        return 0
    found = speeds(until - limits.FORECAST_HISTORY, until, names)
    first = min(min(found[name]) for name in names)
    try:
        said = forecast_soon(_table(found, names, first, until), MINUTES)
    except ForecastError:
        return 0  # The stream is less than a day old.
    rows = [
        Forecast(
            source=each.detector,
            minutes=each.minutes,
            for_at=until + each.minutes // STEP_MINUTES * STEP,
            speed_kmh=each.value,
            low_kmh=each.low,
            high_kmh=each.high,
        )
        for each in said
    ]
    Forecast.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _table(found: Mapping[str, Mapping[datetime, float]], names: list[str], first: datetime, until: datetime) -> Table:
    ends = [first + number * STEP for number in range((until - first) // STEP + 1)]
    rows = [[found[name].get(end, math.nan) for name in names] for end in ends]
    return Table(np.asarray(rows, np.float32), tuple(names), STEP_MINUTES)

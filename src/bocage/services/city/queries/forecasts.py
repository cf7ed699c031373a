"""Forecasts beside what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bocage.kernel import clock
from bocage.services.city import limits
from bocage.services.city.models import Forecast
from bocage.services.city.queries.live import flows
from bocage.services.city.reading import STEP, speeds, step_before

SHOWN = timedelta(hours=6)
JUDGED = timedelta(hours=24)


@dataclass(frozen=True)
class Beside:
    """Five minutes up to `at`: what was read and what had been forecast, in km/h; None where there is neither."""

    at: datetime
    read_kmh: float | None
    said_kmh: float | None
    low_kmh: float | None
    high_kmh: float | None


@dataclass(frozen=True)
class Verdict:
    """Of a day's forecasts whose truth has come: how many, mean absolute errors in km/h of them and of taking it to
    stay as it was, and the share whose interval held the truth."""

    count: int
    error_kmh: float
    unchanged_error_kmh: float
    held_share: float


def detectors() -> list[tuple[str, str]]:
    """Those that speak now, with their streets."""
    found = {each.id: each.street for each in flows(clock.now()) if each.speed_kmh is not None}
    return sorted(found.items())[: limits.FORECAST_DETECTORS_MAX]


def beside(source: str, minutes: int) -> tuple[Sequence[Beside], Verdict | None]:
    """The last hours of a detector, with what was forecast `minutes` before and is still to come; the day's verdict."""
    now = step_before(clock.now())
    rows = Forecast.objects.filter(source=source, minutes=minutes, for_at__gt=now - JUDGED)
    said = {row.for_at: row for row in rows}
    read = speeds(now - JUDGED - timedelta(minutes=minutes), now, [source]).get(source, {})
    shown = []
    for number in range((SHOWN + timedelta(minutes=minutes)) // STEP + 1):
        at = now - SHOWN + number * STEP
        row = said.get(at)
        forecast = (row.speed_kmh, row.low_kmh, row.high_kmh) if row else (None, None, None)
        shown.append(Beside(at, read.get(at), *forecast))
    return shown, _verdict(said, read, timedelta(minutes=minutes))


def _verdict(said: Mapping[datetime, Forecast], read: Mapping[datetime, float], ahead: timedelta) -> Verdict | None:
    known = [row for at, row in said.items() if at in read and at - ahead in read]
    if not known:
        return None
    count = len(known)
    return Verdict(
        count,
        sum(abs(row.speed_kmh - read[row.for_at]) for row in known) / count,
        sum(abs(read[row.for_at - ahead] - read[row.for_at]) for row in known) / count,
        sum(row.low_kmh <= read[row.for_at] <= row.high_kmh for row in known) / count,
    )

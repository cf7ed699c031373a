"""Lights: what they show and why, at any instant that the log holds, and what they cost those who wait."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import not_found
from bocage.services.city import limits
from bocage.services.city.models import PhaseChange, Signal

WAITS_HOURS = 24
_WAITS_SQL = """
select source, avg(walk), sum(drive * crossed) filter (where drive is not null)
    / nullif(sum(crossed) filter (where drive is not null), 0), avg(crossed)
from city_observation, lateral (select (said->>'walk_wait_seconds')::float8 as walk,
    (said->>'drive_wait_seconds')::float8 as drive, (said->>'crossed_veh_h')::float8 as crossed) as each
where day >= %s and at >= %s and stream = 'signal' and source = any(%s) group by source
"""
_SHARES_SQL = """
select signal, chosen_by, count(*) from city_phase_change
where day >= %s and at >= %s and signal = any(%s) group by 1, 2
"""
_GAPS_SQL = """
select count(*), count(*) filter (where number <> before + 1) from (
    select number, lag(number) over (order by at) as before from city_phase_change
    where signal = %s and day between %s and %s and at >= %s and at < %s) as numbered
"""


@dataclass(frozen=True)
class Change:
    """A green that a light began. `seconds`: how long it lasted, None while it does."""

    at: datetime
    number: int
    phase: int
    chosen_by: str
    reason: str
    seconds: int | None


@dataclass(frozen=True)
class Light:
    """A light as it was last described. `heard`: whether it has spoken lately."""

    id: str
    on: str
    x_m: float
    y_m: float
    phases: Sequence[dict[str, Any]]
    plan: Sequence[tuple[int, int]]
    fixed_walk_seconds: float | None
    max_red_seconds: int
    heard: bool
    heard_at: datetime | None


@dataclass(frozen=True)
class Waits:
    """A light's mean waits over a day, in seconds; None where nothing was said. `planned_share`: of its changes."""

    light: Light
    walk_seconds: float | None
    drive_seconds: float | None
    vehicles_h: float | None
    planned_share: float | None
    changes: int


def heard_since(at: datetime) -> bool:
    """Whether any light has spoken since then."""
    return Signal.objects.filter(heard_at__gte=at).exists()


def lights() -> list[Light]:
    """The lights, by place."""
    return [_light(row) for row in Signal.objects.order_by("on", "id")[: limits.SIGNALS_SHOWN]]


def left_out(shown: int) -> int:
    """How many lights there are beyond those that are shown."""
    return Signal.objects.count() - shown if shown >= limits.SIGNALS_SHOWN else 0


def light(signal_id: str) -> Light:
    """One light. Raises a `Refusal` (404)."""
    row = Signal.objects.filter(id=signal_id).first()
    if row is None:
        raise not_found(_("There is no such light."))
    return _light(row)


def changes_until(signal_id: str, at: datetime, most: int = limits.CHANGES_SHOWN) -> list[Change]:
    """The changes up to and with an instant, the latest first: the first of them is what the light showed then."""
    rows = _in_days(signal_id, at).filter(at__lte=at).order_by("-at")[:most]
    found = [_change(row) for row in rows]
    after = _in_days(signal_id, at).filter(at__gt=at).order_by("at").first() if found else None
    ends = [after.lasted_seconds if after else None, *(each.lasted_seconds for each in rows)]
    return [replace(each, seconds=end) for each, end in zip(found, ends, strict=False)]


def wholeness(signal_id: str, day: date) -> tuple[int, int]:
    """How many changes the log has of a light on a day of the town, and how many do not follow the one before."""
    zone = ZoneInfo(settings.TOWN["time_zone"])
    begins, ends = (datetime.combine(day + timedelta(days=each), time(), zone).astimezone(UTC) for each in (0, 1))
    with connection.cursor() as cursor:
        cursor.execute(_GAPS_SQL, [signal_id, begins.date(), ends.date(), begins, ends])
        count, gaps = cursor.fetchone()
    return int(count), int(gaps)


def waits() -> list[Waits]:
    """What each light cost those who waited, over a day until this minute."""
    found = lights()
    means, chosen = _of_a_day(clock.now().replace(second=0, microsecond=0), tuple(each.id for each in found))
    answer = []
    for each in found:
        walk, drive, vehicles = means.get(each.id, (None, None, None))
        by = chosen.get(each.id, {})
        total = sum(by.values())
        share = by.get("planned", 0) / total if total else None
        answer.append(Waits(each, walk, drive, vehicles, share, total))
    return answer


def forget_waits() -> None:
    """Add up a day anew at the next question."""
    _of_a_day.cache_clear()


@lru_cache(maxsize=2)
def _of_a_day(
    minute: datetime, names: tuple[str, ...]
) -> tuple[dict[str, tuple[float | None, ...]], dict[str, dict[str, int]]]:
    """Mean waits of each light, and how many of its changes who chose. Everybody may ask, so that it is added up once a
    minute, and not once a visitor."""
    since = minute - timedelta(hours=WAITS_HOURS)
    day = since.astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute(_WAITS_SQL, [day, since, list(names)])
        means = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_SHARES_SQL, [day, since, list(names)])
        chosen: dict[str, dict[str, int]] = {}
        for signal, by, count in cursor.fetchall():
            chosen.setdefault(signal, {})[by] = count
    return means, chosen


def _in_days(signal_id: str, at: datetime) -> Any:
    """The light's rows of that UTC day and those beside it, so that other days' partitions are not read."""
    day = at.astimezone(UTC).date()
    return PhaseChange.objects.filter(signal=signal_id, day__range=(day - timedelta(days=1), day + timedelta(days=1)))


def _light(row: Signal) -> Light:
    heard = row.heard_at is not None and clock.now() - row.heard_at < limits.SIGNAL_SILENT
    return Light(
        row.id,
        row.on,
        row.x_m,
        row.y_m,
        row.phases,
        [(phase, seconds) for phase, seconds in row.plan],
        row.fixed_walk_seconds,
        row.max_red_seconds,
        heard,
        row.heard_at,
    )


def _change(row: PhaseChange) -> Change:
    return Change(row.at, row.number, row.phase, row.chosen_by, row.reason, None)

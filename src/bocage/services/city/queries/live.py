"""The town at an instant, as its sensors say: flows, buses, what is wrong and where."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from bocage.kernel import clock
from bocage.services.city import limits
from bocage.services.city.models import Alert, PhaseChange

FLOW_AGE = timedelta(minutes=5)
BUS_AGE = timedelta(minutes=1)
# The latest record of each source within an age; the days' partitions are read by their index of time and source.
_LATEST_SQL = """
select distinct on (source) source, place, x_m, y_m, at, said::text from city_observation
where day = any(%s) and at > %s and at <= %s and stream = %s order by source, at desc limit %s
"""


@dataclass(frozen=True)
class Flow:
    """What a detector said last of its street; None where it said nothing of it."""

    id: str
    street: str
    at: datetime
    speed_kmh: float | None
    flow_veh_h: float | None
    occupancy_pct: float | None


@dataclass(frozen=True)
class BusAt:
    """Where a bus was last, and how late."""

    id: str
    line: str
    x_m: float
    y_m: float
    late_seconds: float | None


@dataclass(frozen=True)
class Trouble:
    """An alert at a place, as the map marks it."""

    id: str
    kind: str
    severity: str
    on: str
    x_m: float
    y_m: float


@dataclass(frozen=True)
class Moment:
    """Everything the map shows at an instant. `greens`: the phase of each light then, and why."""

    at: datetime
    flows: Sequence[Flow]
    buses: Sequence[BusAt]
    troubles: Sequence[Trouble]
    greens: dict[str, PhaseChange]


def moment(at: datetime) -> Moment:
    """The town at an instant that the stream still holds."""
    return Moment(at, flows(at), _buses(at), _troubles(at), _greens(at))


def flows(at: datetime) -> list[Flow]:
    """What each detector said last."""
    return [
        Flow(source, place, when, said.get("speed_kmh"), said.get("flow_veh_h"), said.get("occupancy_pct"))
        for source, place, _x, _y, when, said in _latest("detector", at, FLOW_AGE)
    ]


def _buses(at: datetime) -> list[BusAt]:
    return [
        BusAt(source, place, x_m, y_m, said.get("late_seconds"))
        for source, place, x_m, y_m, _at, said in _latest("bus", at, BUS_AGE)
        if x_m is not None and y_m is not None
    ]


def _troubles(at: datetime) -> list[Trouble]:
    then = (
        Q(raised_at__lte=at) & (Q(cleared_at=None) | Q(cleared_at__gt=at)) & (Q(closed_at=None) | Q(closed_at__gt=at))
    )
    rows = Alert.objects.filter(then, suppressed_by="", x_m__isnull=False, y_m__isnull=False).order_by("-raised_at")
    return [
        Trouble(row.id, row.kind, row.severity, row.on, row.x_m or 0.0, row.y_m or 0.0)
        for row in rows.defer("evidence")[: limits.NEAR_ROWS]
    ]


def _greens(at: datetime) -> dict[str, PhaseChange]:
    day = at.astimezone(UTC).date()
    rows = PhaseChange.objects.filter(day__in=(day - timedelta(days=1), day), at__lte=at)
    return {row.signal: row for row in rows.order_by("signal", "-at").distinct("signal")[: limits.SIGNALS_SHOWN]}


def _latest(stream: str, at: datetime, age: timedelta) -> list[tuple[Any, ...]]:
    at = min(at, clock.now() + limits.AHEAD_MAX)
    days = sorted({(at - age).astimezone(UTC).date(), at.astimezone(UTC).date()})
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_SQL, [days, at - age, at, stream, limits.SIGNALS_SHOWN])
        return [(*row[:5], json.loads(row[5])) for row in cursor.fetchall()]

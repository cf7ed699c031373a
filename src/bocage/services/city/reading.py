"""Observations read back: in the order of their arrival, as the engine takes them, and speeds by five minutes."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from bocage.engines.alerts import Record

_ROWS_SQL = """
select seq, (extract(epoch from at) * 1000)::bigint, stream, source, place, x_m, y_m, said::text
from city_observation where seq > %s {where} order by seq limit %s
"""
STEP_MINUTES = 5
STEP = timedelta(minutes=STEP_MINUTES)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPEEDS_SQL = """
select source, date_bin('5 minutes', at, timestamptz '1970-01-01 00:00+00') + interval '5 minutes',
    avg((said->>'speed_kmh')::float8)
from city_observation
where day between %s and %s and at >= %s and at < %s and stream = 'detector' and said->>'speed_kmh' is not null
    and source = any(%s)
group by 1, 2
"""
_SPEAKING_SQL = """
select distinct source from city_observation
where day between %s and %s and at >= %s and at < %s and stream = 'detector' and said->>'speed_kmh' is not null
order by 1 limit %s
"""
_NAN = float("nan")


def after(seq: int, limit: int, until: int | None = None) -> tuple[int, list[Record]]:
    """The next `limit` records behind `seq`, up to and with `until`: the last one's number (`seq` if none) and they."""
    where, given = ("and seq <= %s", [until]) if until is not None else ("", [])
    return _read(_ROWS_SQL.format(where=where), [seq, *given, limit], seq)


def of_day(day: date, streams: Collection[str], turn: int) -> Iterator[list[Record]]:
    """The records of some streams on a UTC day, `turn` at a time."""
    seq = 0
    query = _ROWS_SQL.format(where="and day = %s and stream = any(%s)")
    while True:
        seq, records = _read(query, [seq, day, list(streams), turn], seq)
        if not records:
            return
        yield records


def first_of(day: date) -> int:
    """The number just before the first record of that UTC day or a later one; 0 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("select min(seq) - 1 from city_observation where day >= %s", [day])
        found = cursor.fetchone()[0]
    return int(found or 0)


def days() -> tuple[date, ...]:
    """The UTC days of which records are kept, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " where i.inhparent = 'city_observation'::regclass order by 1 desc"
        )
        return tuple(day for (day,) in cursor.fetchall())


def step_before(at: datetime) -> datetime:
    """The end of the last five minutes that are over at an instant."""
    return _EPOCH + (at - _EPOCH) // STEP * STEP


def speaking(until: datetime, most: int) -> list[str]:
    """The first detectors by name, so many at most, that said a speed in the five minutes up to `until`."""
    since = until - STEP
    with connection.cursor() as cursor:
        cursor.execute(_SPEAKING_SQL, [*_days(since, until), since, until, most])
        return [source for (source,) in cursor.fetchall()]


def speeds(since: datetime, until: datetime, sources: Collection[str]) -> Mapping[str, Mapping[datetime, float]]:
    """km/h of each of these detectors by the end of each five minutes between two such ends."""
    with connection.cursor() as cursor:
        cursor.execute(_SPEEDS_SQL, [*_days(since, until), since, until, list(sources)])
        found: dict[str, dict[datetime, float]] = {}
        for name, end, speed in cursor.fetchall():
            found.setdefault(name, {})[end] = speed
    return found


def _days(since: datetime, until: datetime) -> list[date]:
    return [each.astimezone(UTC).date() for each in (since, until)]


def _read(query: str, given: list[Any], seq: int) -> tuple[int, list[Record]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        rows = cursor.fetchall()
    records = [
        Record(
            at_ms, stream, source, json.loads(said), place, _NAN if x_m is None else x_m, _NAN if y_m is None else y_m
        )
        for _seq, at_ms, stream, source, place, x_m, y_m, said in rows
    ]
    return (rows[-1][0] if rows else seq), records

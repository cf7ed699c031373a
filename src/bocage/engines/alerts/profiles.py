"""What is usual: mean and spread of a field at each source, by kind of day and hour of the town's clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from bocage.engines.alerts.types import AlertsError, Floats, Integers, Record, Rule

HOUR_MS = 3_600_000
BINS = 48
SAMPLES_MIN = 4


@dataclass(frozen=True, slots=True)
class Profile:
    """`usual[stream, field, source]` holds mean and standard deviation, shape (48, 2): 24 hours of working days,
    then of Saturday and Sunday; NaN where fewer than four records are known. `spread_min` keeps a quiet source
    from shouting: the deviation is taken as at least this share of the mean.
    """

    usual: Mapping[tuple[str, str, str], Floats]
    spread_min: float = 0.05

    def lookup(self, stream: str, field: str, source: str) -> Floats | None:
        """The table of one source, None when it is not known."""
        return self.usual.get((stream, field, source))


def local_hours(at_ms: Integers, zone: str) -> tuple[Integers, Integers]:
    """Hour of the day (0-23) and day of the week (Monday 0) on the town's clock; offsets are whole quarter hours."""
    quarter = HOUR_MS // 4
    quarters, index = np.unique(at_ms // quarter, return_inverse=True)
    town = ZoneInfo(zone)
    local = [datetime.fromtimestamp(int(each) * quarter / 1000, UTC).astimezone(town) for each in quarters.tolist()]
    hours = np.array([each.hour for each in local], np.int64)
    days = np.array([each.weekday() for each in local], np.int64)
    return hours[index], days[index]


def bins(at_ms: Integers, zone: str) -> Integers:
    """The row of a profile's table that each instant belongs to."""
    hours, days = local_hours(at_ms, zone)
    result: Integers = hours + np.where(days >= 5, 24, 0)
    return result


def table(values: Floats, which: Integers) -> Floats:
    """Learn one source's table from its values and their bins: shape (48, 2)."""
    known = ~np.isnan(values)
    values, which = values[known], which[known]
    count = np.bincount(which, minlength=BINS)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(which, values, BINS) / count
        spread = np.sqrt(np.bincount(which, (values - mean[which]) ** 2, BINS) / (count - 1))
    learned: Floats = np.stack([mean, spread], axis=1)
    learned[count < SAMPLES_MIN] = np.nan
    return learned


def learn(records: Iterable[Record], rules: Iterable[Rule], zone: str) -> Profile:
    """What is usual for every field that a rule compares with the usual, from a recorded stream."""
    wanted = {(rule.stream, rule.text("field")) for rule in rules if rule.operator == "zscore"}
    fields = {stream: [field for each, field in wanted if each == stream] for stream, _ in wanted}
    seen: dict[tuple[str, str, str], tuple[list[int], list[float]]] = {}
    for record in records:
        for field in fields.get(record.stream, ()):
            value = record.values.get(field)
            if isinstance(value, float):
                times, values = seen.setdefault((record.stream, field, record.id), ([], []))
                times.append(record.at_ms)
                values.append(value)
    return Profile(
        {key: table(np.array(values), bins(np.array(times, np.int64), zone)) for key, (times, values) in seen.items()}
    )


def zone_named(name: str) -> str:
    """The name of a time zone that exists. Raises AlertsError."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise AlertsError("", "zone", f"there is no time zone {name!r:.40}") from None

"""What is known of a stop ahead, what is said about it, and tables of what happened. Times are seconds."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

COVERAGE = 0.8
ROWS_LIMIT = 5_000_000
FILE_LIMIT_BYTES = 500_000_000
SECONDS_MOST = 86_400.0


class ArrivalsError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stop ahead as it is known now.

    `planned_seconds`: from now until service begins, by the route's plan. `stops_before`, `parcels_before`: what is
    still to be done before. `delay_seconds`: how late the tour is by its plan (early: below nothing). `pace`: time
    taken today for time planned (1 when nothing is done yet). `hour`: the town's, 0 to 24. `weekday`: 0 is Monday.
    """

    planned_seconds: float
    stops_before: float
    parcels_before: float
    delay_seconds: float
    pace: float
    hour: float
    weekday: float


FEATURES = tuple(one.name for one in fields(Ahead))


@dataclass(frozen=True, slots=True)
class Arrival:
    """When service will begin, in seconds from now: expected, and the ends of the 80 % interval.

    `reasons`: what moves the expectation away from the plan, by feature, in seconds, the largest first.
    """

    expected_seconds: float
    early_seconds: float
    late_seconds: float
    reasons: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Table:
    """What was known at a moment of a tour, and what came: a row a moment and stop ahead.

    `day`: (rows), whole numbers in the order of days. `known`: (rows, features), in the order of `FEATURES`.
    `actual_seconds`: (rows), from the moment until service began.
    """

    day: Indices
    known: Floats
    actual_seconds: Floats

    def of(self, chosen: NDArray[np.bool_]) -> "Table":
        """Some of its rows."""
        return Table(self.day[chosen], self.known[chosen], self.actual_seconds[chosen])

    def split(self, share: float) -> tuple["Table", "Table"]:
        """Earlier and later days: the first `share` of the days, and the rest.

        Raises:
            ArrivalsError: there are fewer than two days.
        """
        days = np.unique(self.day)
        if len(days) < 2:
            raise ArrivalsError("two days at least are needed, to learn on some and judge on others")
        first = days[: min(max(1, round(share * len(days))), len(days) - 1)]
        early = np.isin(self.day, first)
        return self.of(early), self.of(~early)


def row_of(ahead: Ahead) -> list[float]:
    """A stop ahead as numbers, in the order of `FEATURES`."""
    return [float(getattr(ahead, name)) for name in FEATURES]
